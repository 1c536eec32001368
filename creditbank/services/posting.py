"""Posting outcomes: one, or a batch of many.

A posting is prepared outside the lock (identity normalised, ids drawn) and decided under it:
replays answered, learner found or account opened, submission judged, entries recorded. Everything
that can refuse a posting comes before the first entry is recorded.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from creditbank.domain import courses, modules
from creditbank.domain.civil_time import civil_date
from creditbank.domain.identifiers import normalise_document, normalise_name
from creditbank.domain.judging import Case, Judge
from creditbank.domain.outcomes import Addition, Outcome, subject_of
from creditbank.domain.submissions import SUBMISSION_SCHEMA, differing_fields, normal_form
from creditbank.domain.units import amount_text
from creditbank.errors import CreditBankError
from creditbank.errors.access import Unauthenticated
from creditbank.errors.recording import (
    AccountRestricted,
    BatchRefused,
    CertificateAlreadyRecorded,
    LearnerUnknown,
    LearnerUnnamed,
    NameMismatch,
    SourceIdReused,
)
from creditbank.errors.storage import Erased
from creditbank.services.revoking import Revocation, find_target, record_revocation
from creditbank.storage import loading
from creditbank.storage.book import Book, Needs
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import Account
from creditbank.storage.sealing import Draft, StoredEntry

JUDGES: dict[str, Judge] = {
    "module": modules.judge_module,
    "academic_course": courses.judge_course,
    "self_study_exam": courses.judge_course,
    "online_course": courses.judge_course,
    "certificate": courses.judge_certificate,
    "achievement": courses.judge_achievement,
}


def new_account_name() -> str:
    """Return a fresh account name: `la-` and 80 random bits."""
    return "la-" + b32encode(secrets.token_bytes(10)).decode().lower()


def new_id() -> str:
    """Return a fresh id of 128 random bits in hex."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Poster:
    """Who posts: the token and its organisation; the operators 经办 and 复核 that it names."""

    token: str
    org: str
    operator: str | None = None
    reviewer: str | None = None

    @property
    def actor(self) -> dict[str, str]:
        """The `actor` part."""
        named = {"token": self.token, "operator": self.operator, "reviewer": self.reviewer}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Notice:
    """On which basis, and after which notice to the learner, an account is opened (PIPL 13, 17)."""

    version: str
    legal_basis: str = "statutory_duty"


@dataclass(frozen=True, slots=True)
class Claim:
    """The learner as a posting names them. `handle` and `document` go together."""

    account: str | None = None
    handle: bytes | None = None
    document: dict[str, str] | None = None
    name: str | None = None

    @classmethod
    def of(cls, learner: dict[str, Any], keyring: Keyring) -> Claim:
        """Return the claim, its document normalised; refuse an impossible one.

        Raises `LearnerUnnamed` and the errors of `creditbank.errors.identifiers`.
        """
        if "account" in learner:
            return cls(account=learner["account"])
        if "document" not in learner or "name" not in learner:
            raise LearnerUnnamed(where="/learner")
        kind = learner["document"]["kind"]
        number = normalise_document(kind, learner["document"]["number"])
        return cls(
            handle=keyring.document_handle(kind, number),
            document={"kind": str(kind), "number": number},
            name=learner["name"],
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a posting. A replay gets the original one, with `replayed`."""

    index: int
    at: int
    leaf_hash: bytes
    account: str
    outcome: str
    awarded: dict[str, Any] | None
    replayed: bool = False
    number_format: str | None = None


def check_token(book: Book, token_id: str) -> None:
    """Refuse with `Unauthenticated` unless the token still stands, under the lock."""
    token = book.token(token_id)
    if token is None or token.revoked_at is not None or token.expires_at <= book.now:
        raise Unauthenticated


def find_learner(book: Book, claim: Claim) -> Account | None:
    """Return the learner's account, None if the document is new.

    Refuses with `LearnerUnknown`, `Erased`, `AccountRestricted` or `NameMismatch`.
    """
    if claim.account is not None:
        account = book.account(claim.account)
        if account is None:
            raise Erased if book.was_erased(claim.account) else LearnerUnknown(where="/learner")
    else:
        assert claim.handle is not None  # noqa: S101  # a claim has one or the other
        found = book.identity(claim.handle)
        if found is None:
            return None
        account = book.account(found[0])
        if account is None:
            raise AssertionError("an identity without an account")
        content = loading.unseal_identity(account.key, claim.handle, found[1])
        if normalise_name(content["name"]) != normalise_name(claim.name or ""):
            raise NameMismatch(where="/learner/name")
    if account.restricted_until and account.restricted_until >= civil_date(book.now).isoformat():
        raise AccountRestricted(where="/learner", until=account.restricted_until)
    return account


def open_account(
    book: Book, claim: Claim, poster: Poster, notice: Notice, phone: str | None = None
) -> Account:
    """Open an account for a document seen for the first time, and record it."""
    if claim.handle is None or claim.document is None:
        raise AssertionError("an account is opened from a document")
    account = book.open_account(new_account_name())
    content = claim.document | {"name": claim.name or ""} | ({"phone": phone} if phone else {})
    book.add_identity(claim.handle, account, content)
    book.record(
        Draft(
            kind="account/1",
            org=poster.org,
            source=book.keyring.source("bank:account", account.name),
            act={},
            account=account.name,
            person={
                "account": account.name,
                "legal_basis": notice.legal_basis,
                "notice": notice.version,
                "document_kind": claim.document["kind"],
            },
            actor=poster.actor,
        )
    )
    return account


class PostOutcome:
    """One outcome, new or correcting an entry. `row` places it in a batch."""

    items = 1

    def __init__(
        self,
        outcome: dict[str, Any],
        poster: Poster,
        keyring: Keyring,
        notice: Notice,
        *,
        corrects: Revocation | None = None,
        batch: dict[str, Any] | None = None,
    ) -> None:
        self.poster = poster
        self.notice = notice
        self.corrects = corrects
        self.batch = batch
        self.claim = Claim.of(outcome["learner"], keyring)
        self.submission = normal_form(outcome)
        if corrects is not None:
            self.submission["corrects"] = {"index": corrects.index, "reason": corrects.reason}
        self.source = keyring.source(poster.org, outcome["source_id"])
        self.subject = subject_of(outcome, poster.org)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(
            sources={self.source},
            handles={self.claim.handle} if self.claim.handle else set(),
            accounts={self.claim.account} if self.claim.account else set(),
            subjects={self.subject},
            tokens={self.poster.token},
        )

    def decide(self, book: Book) -> Posted:
        """Return the answer: recorded now, or recorded before under the same source id."""
        check_token(book, self.poster.token)
        return self.decide_item(book)

    def decide_item(self, book: Book) -> Posted:
        """Decide without looking at the token again."""
        existing = book.entry_by_source(self.source)
        if existing is not None:
            return self._replay(book, existing)
        account = find_learner(book, self.claim)
        target = rest = None
        known = book.outcomes(account.name, self.subject) if account else []
        if self.corrects is not None:
            target = find_target(book, self.corrects, self.poster.org)
            rest = target.rest
            known = [one for one in known if one.id != target.outcome.id]
            if rest and account and (rest.account, rest.subject) == (account.name, self.subject):
                known.append(rest)
        addition = self._judge(book, known)
        if addition.type == "certificate":
            self._check_number(book, target.outcome if target else None)
        # Nothing below refuses: the posting is going to be recorded.
        if target is not None and self.corrects is not None:
            record_revocation(book, self.corrects, target, self.poster.org, self.poster.actor)
        if account is None:
            account = open_account(book, self.claim, self.poster, self.notice)
        return self._record(book, account, addition)

    def _judge(self, book: Book, known: Sequence[Outcome]) -> Addition:
        case = Case(
            submission=self.submission,
            org=self.poster.org,
            subject=self.subject,
            known=known,
            catalogue=book.catalogue,
            today=civil_date(book.now),
        )
        addition: Addition = JUDGES[self.submission["type"]](case)
        return addition

    def _check_number(self, book: Book, corrected: Outcome | None) -> None:
        if corrected is not None and corrected.subject == self.subject:
            return
        if book.certificate_index(self.subject) is not None:
            raise CertificateAlreadyRecorded(where="/certificate/number")

    def _replay(self, book: Book, row: StoredEntry) -> Posted:
        values = book.learner_values(row)
        person = values.get("person")
        if person is None:
            raise SourceIdReused(where="/source_id", index=row.index, differs=("/type",))
        differs = differing_fields(person.get("submission", {}), self.submission)
        account = find_account_name(book, self.claim)
        if account != person["account"]:
            differs = [*differs, "/learner"]
        if differs:
            raise SourceIdReused(where="/source_id", index=row.index, differs=tuple(differs))
        act = row.act
        return Posted(
            index=row.index,
            at=row.at,
            leaf_hash=row.leaf_hash,
            account=person["account"],
            outcome=act["outcome"],
            awarded=act.get("award"),
            replayed=True,
            number_format=act.get("number_format"),
        )

    def _record(self, book: Book, account: Account, addition: Addition) -> Posted:
        outcome_id = addition.begun.id if addition.begun else new_id()
        act = self._act(addition, outcome_id)
        person: dict[str, Any] = {
            "account": account.name,
            "schema": SUBMISSION_SCHEMA,
            "submission": self.submission,
            "subject": addition.subject,
            "title": addition.title,
            "stages": list(addition.stages),
            "attempts": list(addition.attempts),
        }
        if addition.award is not None:
            person["achieved_on"] = addition.award.achieved_on
        recorded = book.record(
            Draft(
                kind="outcome/1",
                org=self.poster.org,
                source=self.source,
                act=act,
                account=account.name,
                person=person,
                actor=self.poster.actor,
            )
        )
        return Posted(
            index=recorded.index,
            at=recorded.at,
            leaf_hash=recorded.leaf_hash,
            account=account.name,
            outcome=outcome_id,
            awarded=act.get("award"),
            number_format=addition.certificate_format,
        )

    def _act(self, addition: Addition, outcome_id: str) -> dict[str, Any]:
        act: dict[str, Any] = {
            "type": addition.type,
            "outcome": outcome_id,
            "verification": addition.verification,
        }
        if addition.module is not None and addition.register_digest is not None:
            act["module"] = {
                "id": addition.module,
                "version": addition.version,
                "digest": addition.register_digest.hex(),
            }
        if addition.scene is not None:
            act["scene"] = addition.scene
        if addition.level is not None:
            scale, rank = addition.level.rsplit(":", 1)
            act["level"] = {"scale": scale, "rank": int(rank)}
        if addition.certificate_format is not None:
            act["number_format"] = addition.certificate_format
        if addition.award is not None:
            act["award"] = {
                "credits": list(addition.award.credits),
                "hours": {
                    "theory": amount_text(addition.award.hours_theory),
                    "practice": amount_text(addition.award.hours_practice),
                },
            }
        if self.batch is not None:
            act["batch"] = self.batch
        return act


def find_account_name(book: Book, claim: Claim) -> str | None:
    """Return the account that a claim names, None if there is none."""
    if claim.account is not None:
        return claim.account
    found = book.identity(claim.handle) if claim.handle else None
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to a batch: one result per item, in order."""

    batch: str | None
    index: int | None
    results: list[Posted | CreditBankError]
    dry_run: bool = False

    def count(self, what: str) -> int:
        """Return how many items were `recorded`, `replayed` or `refused`."""
        return sum(1 for result in self.results if result_state(result) == what)


def result_state(result: Posted | CreditBankError) -> str:
    """Return what became of one item: `recorded`, `replayed` or `refused`."""
    if isinstance(result, CreditBankError):
        return "refused"
    return "replayed" if result.replayed else "recorded"


class RolledBack(CreditBankError):
    """Carries the answer of a batch that must leave nothing behind: a dry run."""

    def __init__(self, answer: BatchAnswer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(slots=True)
class PostBatch:
    """A batch: postings that were prepared, or why one could not be."""

    poster: Poster
    postings: list[PostOutcome | CreditBankError]
    batch: str
    atomic: bool = False
    dry_run: bool = False
    file_digest: str | None = None
    _needs: Needs = field(default_factory=Needs)

    def __post_init__(self) -> None:
        for posting in self.postings:
            if isinstance(posting, PostOutcome):
                self._needs.sources.add(posting.source)
                self._needs.subjects.add(posting.subject)
                if posting.claim.handle:
                    self._needs.handles.add(posting.claim.handle)
                if posting.claim.account:
                    self._needs.accounts.add(posting.claim.account)
        self._needs.tokens.add(self.poster.token)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return self._needs

    @property
    def items(self) -> int:
        """How many items the batch has, at least one."""
        return max(1, len(self.postings))

    def decide(self, book: Book) -> BatchAnswer:
        """Return a result per item; raise `BatchRefused` if it is atomic and one is refused."""
        check_token(book, self.poster.token)
        results = [_decide_item(book, posting) for posting in self.postings]
        answer = BatchAnswer(None, None, results, self.dry_run)
        refused = answer.count("refused")
        if self.atomic and refused:
            raise BatchRefused(items=len(results), refused=refused, results=results)
        if self.dry_run:
            raise RolledBack(answer)
        if answer.count("recorded") == 0:
            return answer
        recorded = book.record(
            Draft(
                kind="batch/1",
                org=self.poster.org,
                source=book.keyring.source("bank:batch", self.batch),
                act={"batch": self._summary(answer)},
                actor=self.poster.actor,
            )
        )
        return BatchAnswer(self.batch, recorded.index, results)

    def _summary(self, answer: BatchAnswer) -> dict[str, Any]:
        summary: dict[str, Any] = {
            "id": self.batch,
            "items": len(answer.results),
            "recorded": answer.count("recorded"),
            "replayed": answer.count("replayed"),
            "refused_rows": [
                row
                for row, result in enumerate(answer.results, start=1)
                if isinstance(result, CreditBankError)
            ],
        }
        if self.file_digest is not None:
            summary["file_digest"] = self.file_digest
        return summary


def _decide_item(book: Book, posting: PostOutcome | CreditBankError) -> Posted | CreditBankError:
    if isinstance(posting, CreditBankError):
        return posting
    try:
        return posting.decide_item(book)
    except CreditBankError as refusal:
        return refusal
