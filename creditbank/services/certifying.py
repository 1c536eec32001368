"""Issuing certificates 证书: an entry fixes what a certificate says, where its status stands, and
which key signs it. Making and signing it is left until somebody opens it.

Issuing the same again finds the same certificate, as long as that one stands. For a statement, the
certificates of the single outcomes in it are issued too, where there are none yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID, uuid4

from creditbank.credentials import badges, contexts, did, transcripts
from creditbank.domain.access import BANK
from creditbank.domain.certified import Certified, StatementPart, subject_uri
from creditbank.domain.certifying import Form, HolderFacts, IssuerFacts, LogEntry, Names
from creditbank.domain.civil_time import civil_date
from creditbank.domain.credential_kinds import FACTS_SCHEMA
from creditbank.domain.outcomes import Outcome
from creditbank.errors.certifying import NotCertifiable, NothingToCertify, OutcomeUnknown
from creditbank.errors.keys import KeyMissing
from creditbank.errors.recording import AccountRestricted
from creditbank.ledger import canonical, suite
from creditbank.ledger.times import format_time
from creditbank.services import reissuing
from creditbank.services.actors import Poster, check_token
from creditbank.services.certified_facts import AchievementReader
from creditbank.services.credential_keys import keys_in
from creditbank.services.decision_certifying import DecisionReader, find_decision
from creditbank.services.learners import live_account
from creditbank.storage import credentials, reading
from creditbank.storage.book import Book, Needs
from creditbank.storage.keyring import CREDENTIAL_KEY_FILE
from creditbank.storage.loading import Account
from creditbank.storage.sealing import Draft, StoredEntry

STATEMENT_OUTCOMES_MAX: Final = 20
"""Outcomes in one certificate of a statement: verifiers take no more than 256 KiB."""
STATEMENT: Final = Names("学习成果对账单", "Statement of learning outcomes")
_HOLDER_KEY_MEMBERS: Final = ("crv", "kty", "x", "y")


@dataclass(frozen=True, slots=True)
class Issuing:
    """In whose name certificates are issued: the bank's address, and what it is called."""

    site: str
    name: Names

    @property
    def did(self) -> str:
        """The issuer's DID."""
        return did.web_did(self.site)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the form, what it is about, and what of the holder it says.

    It is about an `outcome`, or about a `decision`; about neither means all that can be certified
    (a statement). `subject` and `key` bind it to a wallet: the URI of its key, and the public JWK.
    `target` is the one of a decision that is meant, where it is not all of them.
    """

    form: Form
    outcome: str | None = None
    named: bool = True
    subject: str | None = None
    key: Mapping[str, str] | None = None
    decision: str | None = None
    target: str | None = None

    def choice(self) -> dict[str, Any]:
        """Return what distinguishes two certificates of the same outcomes."""
        choice: dict[str, Any] = {"form": self.form.value, "named": self.named}
        if self.subject is not None:
            choice["subject"] = self.subject
        if self.key is not None:
            choice["key"] = {name: self.key[name] for name in sorted(self.key)}
        return choice


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as issued, now or before. `parts` are the others of a long statement."""

    credential: str
    form: str
    account: str
    index: int
    at: int
    leaf_hash: bytes
    replayed: bool
    parts: tuple[Issued, ...] = ()


@dataclass(slots=True)
class IssueCredential:
    """The issue of one certificate.

    With `account` the outcome has to be that learner's; with `posted_by` it has to have been posted
    by that institution, in whose name the entry then stands. A certificate for that institution
    says the holder's name only if the institution itself named the learner by document and name:
    who knows no more than an account learns no more from a certificate. `known` are account and
    subject of the outcome if the caller knows them: they are then read in bulk.
    """

    issuing: Issuing
    asked: Asked
    poster: Poster
    account: str | None = None
    posted_by: str | None = None
    known: tuple[str, str] | None = None
    _drawn: dict[str, str] = field(default_factory=dict)
    items: Final[int] = 1

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        accounts = {self.account} if self.account else set()
        subjects = set()
        if self.known is not None:
            accounts, subjects = accounts | {self.known[0]}, {self.known[1]}
        return Needs(accounts=accounts, subjects=subjects, tokens={self.poster.token})

    def decide(self, book: Book) -> Issued:
        """Return the certificate, issued now or before.

        Refuses with `OutcomeUnknown`, `NotCertifiable`, `NothingToCertify`, `LearnerUnknown`,
        `Erased`, `AccountRestricted`, `IssuedTooOften`, and `KeyMissing` where no key was named.
        """
        check_token(book, self.poster.token)
        if self.asked.decision is not None:
            return self._decision(book, self.asked.decision)
        if self.asked.outcome is None:
            return self._statement(book, self._usable(book, self.account or ""))
        outcome = self._outcome(book, self.asked.outcome)
        account = self._usable(book, outcome.account)
        named = self.asked.named and self._may_name(book, outcome)
        return self._single(book, account, outcome, replace(self.asked, named=named))

    # --- what may be certified

    def _usable(self, book: Book, name: str) -> Account:
        account = live_account(book, name)
        until = account.restricted_until
        if until and until >= civil_date(book.now).isoformat():
            raise AccountRestricted(until=until)
        return account

    def _outcome(self, book: Book, outcome_id: str) -> Outcome:
        outcome = book.outcome(outcome_id)
        strange = (
            outcome is None
            or (self.account is not None and outcome.account != self.account)
            or (self.posted_by is not None and outcome.org != self.posted_by)
        )
        if outcome is None or strange:
            raise OutcomeUnknown(outcome=outcome_id, where="/outcome")
        reason = why_not(outcome)
        if reason is not None:
            raise NotCertifiable(reason=reason, where="/outcome")
        return outcome

    def _may_name(self, book: Book, outcome: Outcome) -> bool:
        """Return whether whoever asks knows the learner by name, or is the learner or the desk."""
        if self.posted_by is None:
            return True
        row = book.entry_at(outcome.credited_index or 0)
        if row is None or row.org != self.posted_by:
            return False
        return "named" in book.learner_values(row)["person"]

    # --- one outcome

    def _single(self, book: Book, account: Account, outcome: Outcome, asked: Asked) -> Issued:
        holder = self._holder(book, account, asked)
        about = {"outcome": outcome.id, "index": outcome.credited_index}
        source, before = self._find(book, account, asked, about | _named(holder))
        if before is not None:
            return before
        facts = AchievementReader(book, self.issuing.site, outcome).facts()
        certified = Certified(bank=self.issuing.name, holder=holder, achievement=facts)
        cause = [self._cause(facts.entry, outcome.id)]
        replaces = credentials.replaceable(
            book.connection, account.name, outcome.subject, asked.form.value
        )
        return self._record(book, account, asked, source, certified, cause, replaces)

    # --- a decision

    def _decision(self, book: Book, conversion: str) -> Issued:
        decision = find_decision(book, conversion, self.account, self.posted_by)
        account = self._usable(book, decision.account)
        reader = DecisionReader(book, self.issuing.site, decision)
        holder = self._holder(book, account, self.asked)
        issued = []
        for target in decision.targets:
            if self.asked.target not in {None, target["target"]}:
                continue
            about = {"decision": decision.id, "rule": target["rule"], "target": target["target"]}
            source, before = self._find(book, account, self.asked, about | _named(holder))
            if before is None:
                certified = Certified(self.issuing.name, holder, decision=reader.facts(target))
                cause = reader.causes()
                before = self._record(book, account, self.asked, source, certified, cause, None)
            issued.append(before)
        if not issued:
            raise OutcomeUnknown(outcome=self.asked.target, where="/target")
        return _with_parts(issued)

    # --- a statement

    def _statement(self, book: Book, account: Account) -> Issued:
        outcomes = [
            one
            for one in reading.outcomes_of(book.connection, account.name)
            if why_not(one) is None
        ]
        if not outcomes:
            raise NothingToCertify
        single = Asked(Form.OPEN_BADGE, named=self.asked.named)
        badges_ = [(one, self._single(book, account, one, single)) for one in outcomes]
        groups = [
            badges_[start : start + STATEMENT_OUTCOMES_MAX]
            for start in range(0, len(badges_), STATEMENT_OUTCOMES_MAX)
        ]
        parts = [self._part(book, account, group, len(groups) > 1) for group in groups]
        return _with_parts(parts)

    def _part(
        self,
        book: Book,
        account: Account,
        group: Sequence[tuple[Outcome, Issued]],
        partial: bool,
    ) -> Issued:
        holder = self._holder(book, account, self.asked)
        ids = [issued.credential for _, issued in group]
        about = {"credentials": ids} | _named(holder)
        source, before = self._find(book, account, self.asked, about)
        if before is not None:
            return before
        entries = {}
        for outcome, _ in group:
            row = book.entry_at(outcome.credited_index or 0)
            assert row is not None  # noqa: S101  # the outcome says so
            entries[outcome.id] = LogEntry(book.origin, row.index, row.leaf_hash.hex())
        last = max(entries.values(), key=lambda entry: entry.index)
        certified = Certified(
            bank=self.issuing.name,
            holder=holder,
            statement=StatementPart(STATEMENT, tuple(ids), partial, last, book.size),
        )
        cause = [self._cause(entry, outcome) for outcome, entry in entries.items()]
        return self._record(book, account, self.asked, source, certified, cause, None)

    # --- recording

    def _find(
        self, book: Book, account: Account, asked: Asked, about: dict[str, Any]
    ) -> tuple[bytes, Issued | None]:
        """Return the source id of the next certificate of this, and the one that stands already."""
        what = canonical.encode({"account": account.name, "about": about} | asked.choice())
        source, row = reissuing.find(book, suite.hash_bytes(what).hex())
        return source, None if row is None else _issued(row, account.name, replayed=True)

    def _holder(self, book: Book, account: Account, asked: Asked) -> HolderFacts:
        known = book.identities_of(account)
        name = str(known[0].content["name"]) if asked.named and known else None
        subject = asked.subject or subject_uri(book.keyring.subject(account.name))
        key = asked.key and {
            member: asked.key[member] for member in _HOLDER_KEY_MEMBERS if member in asked.key
        }
        return HolderFacts(subject, name, key)

    def _cause(self, entry: LogEntry, outcome: str) -> dict[str, Any]:
        return {"index": entry.index, "hash": entry.leaf_hash, "outcome": outcome}

    def _contexts(self, asked: Asked) -> list[dict[str, str]]:
        if asked.form is Form.SD_JWT_VC:
            return []
        issuer = IssuerFacts(self.issuing.did, self.issuing.site, self.issuing.name)
        made = transcripts if asked.form is Form.CLR else badges
        pinned = contexts.digests(made.context_urls(issuer))
        return [{"url": url, "digest": digest} for url, digest in pinned.items()]

    def _record(  # noqa: PLR0917  # one argument per part of the entry
        self,
        book: Book,
        account: Account,
        asked: Asked,
        source: bytes,
        certified: Certified,
        cause: list[dict[str, Any]],
        replaces: str | None,
    ) -> Issued:
        keys = keys_in(book)
        if not keys:
            raise KeyMissing(file=CREDENTIAL_KEY_FILE)
        status_list, position = book.places.take()
        act: dict[str, Any] = {
            # The same try again gets the same id.
            "credential": self._drawn.setdefault(source.hex(), str(uuid4())),
            "form": asked.form.value,
            "list": status_list,
            "position": position,
            "created": format_time(book.now),
            "key": f"{self.issuing.did}#{keys[-1].multikey}",
            "site": self.issuing.site,
            "contexts": self._contexts(asked),
            "cause": cause,
        }
        if replaces is not None:
            act["replaces"] = replaces
        person = {
            "account": account.name,
            "schema": FACTS_SCHEMA,
            "facts": certified.document(),
        }
        book.record(
            Draft(
                kind="credential/1",
                org=self.posted_by or BANK,
                source=source,
                act=act,
                account=account.name,
                person=person,
                actor=self.poster.actor,
            )
        )
        recorded = book.entry_by_source(source)
        assert recorded is not None  # noqa: S101  # it was just recorded
        return _issued(recorded, account.name, replayed=False)


def why_not(outcome: Outcome) -> str | None:
    """Return why an outcome cannot be certified, None if it can."""
    if not outcome.is_live:
        return "revoked"
    if not outcome.is_credited:
        return "not_credited"
    return None if outcome.is_verified else "self_declared"


def credential_id(text: str) -> str | None:
    """Return the id of a certificate in its normal form, None if `text` is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _with_parts(issued: Sequence[Issued]) -> Issued:
    return replace(issued[0], parts=tuple(issued[1:]))


def _named(holder: HolderFacts) -> dict[str, str]:
    return {} if holder.name is None else {"name": holder.name}


def _issued(row: StoredEntry, account: str, *, replayed: bool) -> Issued:
    act = row.act
    return Issued(
        act["credential"], act["form"], account, row.index, row.at, row.leaf_hash, replayed
    )
