"""A history with everything in it: every kind of entry, every kind of outcome, every way back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from creditbank.credentials.signing import Key
from creditbank.domain.access import Role
from creditbank.domain.certifying import Form, Names
from creditbank.services.certifying import Asked, IssueCredential, Issued, Issuing
from creditbank.services.countersigning import AddProof
from creditbank.services.credential_changes import ChangeCredential
from creditbank.services.granting import EndGrant, GrantAccess
from creditbank.services.identifying import Claim
from creditbank.services.learners import (
    ChangeIdentity,
    Erase,
    IdentityChange,
    OpenAccount,
    PublishErasures,
    Restrict,
)
from creditbank.services.sharing import PutShare, Share
from creditbank.storage import reading
from tests import decision_scene as scene
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, NOTICE, Stock, TestBank
from tests.factories import (
    achievement,
    assessment,
    certificate,
    completion,
    course,
    study,
    training,
)

PASSPORT = {"kind": "passport", "number": "E99887766", "country": "KAZ"}
NAMES = {"renamed": "改名之后"}
PHONE = "13800138000"
FAR = "2199-12-31"
ISSUING = Issuing("https://bank.test", Names("技能学分银行", "Skills credit bank"))


@dataclass(slots=True)
class History:
    """Where what is: accounts and entry indexes by what they stand for."""

    accounts: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A bank with the history, and where in it what is."""

    bank: TestBank
    history: History


@pytest.fixture(scope="module", params=("sqlite", "postgres"))
def shared_told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """A bank with a rich history for a module's tests in turn; each leaves it as it was."""
    stock: Stock = request.getfixturevalue(f"{request.param}_stock")
    made = stock.after("history", make_history)
    with stock.copied(made, tmp_path_factory.mktemp("shared")) as bank:
        yield Told(bank, made.history)


@pytest.fixture
def told(stock: Stock, tmp_path: Path) -> Iterator[Told]:
    """A bank of the test's own with a rich history, on each engine in turn."""
    made = stock.after("history", make_history)
    with stock.copied(made, tmp_path) as bank:
        yield Told(bank, made.history)


def make_history(bank: TestBank) -> History:
    """Record a rich history and return where what is."""
    history = History()
    _post_modules(bank, history)
    _post_others(bank, history)
    _post_batch(bank, history)
    _correct(bank, history)
    _serve(bank, history)
    _certify(bank, history)
    _decide(bank, history)
    _erase(bank, history)
    return history


def _note(history: History, name: str, posted: Any) -> None:
    history.indexes[name] = posted.index
    history.accounts[name] = posted.account


def _post_modules(bank: TestBank, history: History) -> None:
    _note(history, "whole", bank.post(completion("s-1", 1)))
    _note(history, "study", bank.post(completion("s-2", 2, study())))
    _note(history, "training", bank.post(completion("s-3", 2, training())))
    failed = assessment(passed=False, score="41.00", event="春季")
    _note(history, "failed", bank.post(completion("a-1", 2, failed), ASSESSOR))
    absent = assessment(passed=False, sitting="absent", parts=[])
    _note(history, "absent", bank.post(completion("a-2", 2, absent), ASSESSOR))
    resit = assessment(sitting="resit", event="春季", evidence="ab" * 32)
    _note(history, "resit", bank.post(completion("a-3", 2, resit), ASSESSOR))
    _note(history, "open", bank.post(completion("s-4", 3, study(), training())))


def _post_others(bank: TestBank, history: History) -> None:
    _note(history, "course", bank.post(course("c-1", 1), COLLEGE))
    failed = course("c-2", 4, type="self_study_exam", passed=False)
    _note(history, "exam", bank.post(failed, COLLEGE))
    _note(history, "online", bank.post(course("c-3", 4, type="online_course"), COLLEGE))
    _note(history, "certificate", bank.post(certificate("z-1", 1)))
    _note(history, "certificate to revoke", bank.post(certificate("z-2", 5)))
    _note(history, "declared", bank.post(achievement("w-1", 5)))


def _post_batch(bank: TestBank, history: History) -> None:
    items = [
        completion("b-1", 11),
        completion("b-2", 12, study("1.00")),
        completion("s-1", 1),
        completion("b-3", 13),
        certificate("b-4", 13),
    ]
    answer = bank.do(bank.intake.batch(items, bank.poster(), file_digest="cd" * 32))
    history.indexes["batch"] = answer.index
    _note(history, "in a batch", answer.results[0])


def _correct(bank: TestBank, history: History) -> None:
    longer = completion("k-1", 11, study("9.00"), training(), assessment())
    _note(history, "corrected", bank.correct(longer, history.indexes["in a batch"]))
    _note(history, "moved", bank.correct(completion("k-2", 6), history.indexes["whole"]))
    revoked = bank.revoke("r-1", history.indexes["resit"], ASSESSOR)
    history.indexes["revocation"] = revoked.recorded.index
    again = completion("a-4", 2, assessment(sitting="resit", event="秋季"))
    _note(history, "passed at last", bank.post(again, ASSESSOR))
    bank.revoke("r-2", history.indexes["certificate to revoke"])
    # the number of a revoked certificate can be recorded for its right holder
    _note(
        history,
        "certificate again",
        bank.post(certificate("z-3", 5, learner=factories.learner(6))),
    )


def _serve(bank: TestBank, history: History) -> None:
    desk = bank.poster(DESK)
    claim = Claim.of(factories.learner(7), bank.bank.keyring)
    history.accounts["opened"] = bank.do(OpenAccount(claim, desk, NOTICE, PHONE)).account
    change = IdentityChange(
        Claim.by_document(PASSPORT, bank.bank.keyring), name=NAMES["renamed"], phone=PHONE
    )
    bank.do(ChangeIdentity(history.accounts["opened"], change, desk))
    granting = history.accounts["course"]
    token = bank.token("bank", Role.LEARNER, account=granting).id
    until = int(time.time()) + 3600
    bank.do(GrantAccess(granting, COLLEGE, "转入学分", until, token))
    ended = bank.do(GrantAccess(granting, DESK, "咨询", until, token))
    bank.do(EndGrant(granting, ended.grant, token))
    bank.do(Restrict(history.accounts["exam"], FAR, "行政复议期间", desk))
    bank.do(Restrict(history.accounts["open"], FAR, "诉讼期间", desk))
    bank.do(Restrict(history.accounts["open"], None, "诉讼已结", desk))


def _certify(bank: TestBank, history: History) -> None:
    """Issue certificates, let some be suspended, withdrawn, revoked with the outcome, replaced."""
    desk = bank.poster(DESK)
    issued = certify(bank, history.accounts["passed at last"])
    for change in ("suspended", "resumed", "withdrawn"):
        bank.do(ChangeCredential(issued.credential, change, "学员申请", desk))
    posted = bank.post(completion("v-1", 41))
    history.accounts["certified"] = posted.account
    before = certify(bank, posted.account)
    bank.do(ChangeCredential(before.credential, "suspended", "复核", desk))
    bank.correct(completion("v-2", 41, study("9.00"), training(), assessment()), posted.index)
    certify(bank, posted.account)
    for form in (Form.SD_JWT_VC, Form.CLR):
        certify(bank, posted.account, form)
    _countersign(bank, before.credential)
    share = Share("public", frozenset({"name"}), None)
    bank.do(PutShare(certify(bank, posted.account).credential, share, desk))


def _countersign(bank: TestBank, credential: str) -> None:
    key = Key(bytes(range(32)))
    named = {"kid": "2026-1", "alg": "ed25519", "public": key.public.hex()}
    keys = [named | {"valid_from": "2026-01-01"}]
    bank.publish("institution", factories.institution(COLLEGE, "college", version="2", keys=keys))
    proof = {
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-06-30T08:00:00Z",
        "verificationMethod": key.id,
        "proofValue": "z" + "5" * 87,
    }
    bank.do(AddProof(credential, proof, key.public, bank.poster(COLLEGE)))


def certify(bank: TestBank, account: str, form: Form = Form.OPEN_BADGE) -> Issued:
    """Issue a certificate of an account's last outcome, or of all of them."""
    outcomes = bank.database.read_sync(lambda found: reading.outcomes_of(found, account))
    credited = [one.id for one in outcomes if one.is_credited and one.is_verified]
    outcome = None if form is Form.CLR else credited[-1]
    work = IssueCredential(ISSUING, Asked(form, outcome), bank.poster(DESK), account)
    issued: Issued = bank.do(work)
    return issued


def _decide(bank: TestBank, history: History) -> None:
    """Decisions that ended in each way, one of them flagged, and evidence."""
    scene.publish_rulebooks(bank)
    for number, name in enumerate(("pending", "registered", "rejected", "withdrawn"), start=71):
        _note(history, f"{name} decision", bank.post(completion(f"d-{number}", number)))
        account = history.accounts[f"{name} decision"]
        applied = scene.apply(bank, scene.question(account), source_id=f"d-{number}")
        history.indexes[f"{name} application"] = applied.recorded.index
        if name == "registered":
            scene.register(bank, applied.conversion)
            bank.revoke("r-71", history.indexes[f"{name} decision"])
            scene.review(bank, applied.conversion, scene.principal(bank, COLLEGE))
            scene.end(bank, applied.conversion, scene.principal(bank, COLLEGE), "学生退学")
        elif name == "rejected":
            owner = scene.principal(bank, COLLEGE)
            scene.step(bank, applied.conversion, "faculty", owner, "rejected", "内容不同")
        elif name == "withdrawn":
            scene.end(bank, applied.conversion, scene.learner(bank, account), "改选")
    scene.supply(bank, history.accounts["pending decision"], "enrolment", {"major": "510209"})


def _erase(bank: TestBank, history: History) -> None:
    """Erase two learners; the first one's erasure is published, the second one's is pending."""
    token = bank.tokens[DESK].id
    _note(history, "erased", bank.post(completion("e-1", 21)))
    bank.post(certificate("e-2", 21))
    bank.do(bank.intake.batch([achievement("e-3", 21)], bank.poster()))
    certificate_ = certify(bank, history.accounts["erased"])
    desk = bank.poster(DESK)
    bank.do(ChangeCredential(certificate_.credential, "suspended", "复核", desk))
    bank.do(PutShare(certificate_.credential, Share("public", frozenset(), None), desk))
    learner = bank.token("bank", Role.LEARNER, account=history.accounts["erased"]).id
    bank.do(
        GrantAccess(history.accounts["erased"], COLLEGE, "转", int(time.time()) + 3600, learner)
    )
    scene.apply(bank, scene.question(history.accounts["erased"]), source_id="e-d")
    scene.supply(bank, history.accounts["erased"], "enrolment", {"major": "510209"})
    bank.do(Erase(history.accounts["erased"], learner))
    history.indexes["erasure"] = bank.do(PublishErasures(through_today=True)).index
    _note(history, "erased unpublished", bank.post(completion("e-4", 22)))
    bank.do(Erase(history.accounts["erased unpublished"], token))
    _note(history, "last", bank.post(completion("l-1", 31)))
