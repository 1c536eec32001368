"""An issuer and its certificates, as facts; and a verifier that is told what to answer whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from creditbank.credentials import (
    badges,
    contexts,
    decisions,
    did,
    selective,
    signing,
    status,
    transcripts,
    verifying,
)
from creditbank.credentials.did import KeyRecord
from creditbank.credentials.signing import Key, compact_bytes
from creditbank.domain.certifying import (
    AchievementFacts,
    CreditFacts,
    DecisionFacts,
    Form,
    HolderFacts,
    IssueFacts,
    IssuerFacts,
    LevelFacts,
    LogEntry,
    Names,
    OrganisationFacts,
    Purpose,
    ResultFacts,
    SkillFacts,
    StageFacts,
    StatementFacts,
    StatusMessage,
    StatusPlace,
    UsedOutcome,
)
from creditbank.domain.verification import Report
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable

URL: Final = "https://bank.example"
ISSUER: Final = IssuerFacts(
    did="did:web:bank.example", url=URL, name=Names("技能学分银行", "Skills credit bank")
)
KEY: Final = Key(bytes(range(32)), ISSUER.did)
COLLEGE_KEY: Final = Key(bytes(range(1, 33)))
COLLEGE: Final = OrganisationFacts("914400000000000019", "某职业技术学院")
NOW: Final = 1_793_600_000  # 2026-11-02T06:13:20Z
CREATED: Final = NOW - 100_000
POSITION: Final = 94_567
ENTRY: Final = LogEntry("bank.example/2026", 17, "ab" * 32)
HOLDER: Final = HolderFacts("urn:uuid:6f1d2c3b-0000-4000-8000-000000000001", "张三")

ACHIEVEMENT: Final = AchievementFacts(
    id=f"{URL}/v1/registers/module/M-042/versions/3",
    kind="micro",
    code="M-042",
    version="3",
    name=Names("工业视觉检测", "Industrial vision inspection"),
    description=Names("24 学时的微模块。", "A micro module of 24 class-hours."),
    criteria=Names("理论与操作均不低于 60 分。", "60 or more in theory and in practice."),
    institution=COLLEGE,
    entry=ENTRY,
    achieved_on="2026-10-30",
    hours_theory=8_00,
    hours_practice=16_00,
    credits=(CreditFacts("gd-16", 1_50, Names("十六学时一学分")),),
    stages=(
        StageFacts("study", COLLEGE, 24_00, "2026-10-01", "2026-10-29"),
        StageFacts("assessment", COLLEGE, None, "2026-10-30", "2026-10-30"),
    ),
    results=(
        ResultFacts(
            "理论",
            "percent",
            "87.00",
            passed=True,
            pass_mark="60.00",
            least="0.00",
            greatest="100.00",
        ),
        ResultFacts("操作", "grade", "良", passed=True, allowed=("不及格", "及格", "良", "优")),
    ),
    level=LevelFacts("cn-grades", 2, "四级"),
    skills=(
        SkillFacts("使用视觉检测", "ESCO", "S1.2", "http://data.europa.eu/esco/skill/abc"),
        SkillFacts("校准相机"),
    ),
    scene="AI+制造",
    verification="issuer",
)

DECISION: Final = DecisionFacts(
    id=f"{URL}/v1/conversions/9",
    kind="credit_transfer",
    outcome="recognised",
    name=Names("学分转换决定", "Credit transfer decision"),
    description=Names("转换为机器视觉课程 2 学分。", "Two credits of machine vision."),
    institution=COLLEGE,
    target=Names("机器视觉", "Machine vision"),
    target_code="MV101",
    rule="college-transfer",
    rule_version="2",
    rule_digest="cd" * 32,
    entry=LogEntry("bank.example/2026", 40, "ef" * 32),
    decided_on="2026-10-31",
    credits=(CreditFacts("college", 2_00),),
    outcomes=(UsedOutcome(ENTRY, Names("工业视觉检测"), CreditFacts("gd-16", 1_50)),),
)


def issue(name: str = "one", **changes: Any) -> IssueFacts:
    """Return the facts of an issue whose address ends in `name`."""
    facts = IssueFacts(
        id=name,
        url=f"{URL}/credentials/{name}",
        form=Form.OPEN_BADGE,
        created=CREATED,
        valid_from=CREATED,
        key=KEY.id,
        status=tuple(StatusPlace(one, list_url(one), POSITION) for one in Purpose),
        token_status=StatusPlace(Purpose.REVOCATION, f"{URL}/status/token-1", POSITION),
        salt_secret=b"s" * 32,
    )
    return replace(facts, **changes)


def list_url(purpose: Purpose) -> str:
    """Return where the list of a purpose stands."""
    return f"{URL}/status/{purpose}-1"


def badge(name: str = "one", **changes: Any) -> dict[str, Any]:
    """Return an unsigned badge."""
    return badges.open_badge(ACHIEVEMENT, HOLDER, issue(name, **changes), ISSUER)


def signed(document: Mapping[str, Any], key: Key = KEY, *suites: signing.Suite) -> dict[str, Any]:
    """Return a document signed with eddsa-rdfc-2022, or with `suites`."""
    return signing.sign(document, key, CREATED, suites or (signing.RDFC,))


def record(*inside: Mapping[str, Any], name: str = "all", **changes: Any) -> dict[str, Any]:
    """Return an unsigned record of signed badges."""
    statement = StatementFacts(
        name, Names("学习成果证明"), inside, partial=False, entry=ENTRY, size=99
    )
    facts = issue(name, form=Form.CLR, **changes)
    return transcripts.clr(statement, HOLDER, facts, ISSUER)


def decision(name: str = "decision", **changes: Any) -> dict[str, Any]:
    """Return an unsigned decision."""
    facts = replace(DECISION, **changes)
    return decisions.decision_badge(facts, HOLDER, issue(name, form=Form.DECISION), ISSUER)


def sd_jwt(**changes: Any) -> str:
    """Return a signed SD-JWT VC with everything shown."""
    facts = issue("sd", form=Form.SD_JWT_VC, **changes)
    return selective.sd_jwt_vc(ACHIEVEMENT, HOLDER, facts, ISSUER, key=KEY)


@dataclass(slots=True)
class World:
    """What a verifier is answered: keys of the issuer, marks in its lists, hosts that are down."""

    keys: list[KeyRecord] = field(default_factory=lambda: [KeyRecord(KEY.public, CREATED)])
    revoked: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    messages: dict[int, frozenset[StatusMessage]] = field(default_factory=dict)
    list_key: Key = KEY
    list_created: int = CREATED
    down: set[str] = field(default_factory=set)
    known: frozenset[str] = frozenset({ISSUER.did})
    asked: list[str] = field(default_factory=list)
    changed: Callable[[dict[str, Any]], Any] = lambda document: document

    def resolve_did(self, name: str) -> Mapping[str, Any]:
        """Return the issuer's document; nobody else may be asked."""
        self.asked.append(name)
        if name != ISSUER.did:
            raise HostNotAllowed(host=name, reason="not_listed")
        if name in self.down:
            raise HostUnreachable(host=name, reason="timeout")
        return did.document(name, self.keys)

    def fetch_status(self, url: str) -> bytes:
        """Return a status list as it stands in this world."""
        self.asked.append(url)
        if url in self.down or "all lists" in self.down:
            raise HostUnreachable(host="bank.example", reason="connect")
        if url.endswith("/token-1"):
            return self._token(url).encode()
        return compact_bytes(self.changed(self.list_document(url)))

    def list_document(self, url: str) -> dict[str, Any]:
        """Return the signed status list that stands at `url`."""
        purpose = Purpose(url.rpartition("/")[2].partition("-")[0])
        marked: Any = {
            Purpose.REVOCATION: self.revoked,
            Purpose.SUSPENSION: self.suspended,
            Purpose.MESSAGE: self.messages,
        }[purpose]
        return status.list_credential(
            url, purpose, marked, issuer=ISSUER, key=self.list_key, created=self.list_created
        )

    def _token(self, url: str) -> str:
        return status.list_token(
            url,
            self.revoked,
            self.suspended,
            issuer=ISSUER,
            key=self.list_key,
            created=self.list_created,
        )

    def verify(self, data: Any, now: int = NOW) -> Report:
        """Return the report on `data` in this world."""
        return verifying.verify(
            data,
            resolve_did=self.resolve_did,
            fetch_status=self.fetch_status,
            now=now,
            is_known=self.known.__contains__,
            countersigner={COLLEGE_KEY.public: COLLEGE.uscc}.get,
        )

    def documents(self) -> dict[str, Any]:
        """Return by URL what a stranger's verifier would fetch."""
        urls = (contexts.OPEN_BADGES, contexts.CLR, contexts.own_url(URL))
        found: dict[str, Any] = dict(contexts.documents(urls))
        found[ISSUER.did] = did.document(ISSUER.did, self.keys)
        for purpose in Purpose:
            found[list_url(purpose)] = self.list_document(list_url(purpose))
        return found


def answers(report: Report) -> set[str]:
    """Return the answers of a report as they travel."""
    return {answer.value for answer in report.answers}


def copied(document: Any) -> Any:
    """Return a deep copy by way of JSON."""
    return json.loads(json.dumps(document))
