"""Posting outcomes.

A posting is prepared outside the lock (identity normalised, ids drawn) and decided under it:
replays answered, learner found or account opened, submission judged, entries recorded. Everything
that can refuse a posting comes before the first entry is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.domain import courses, modules
from creditbank.domain.catalogue import Catalogue
from creditbank.domain.civil_time import civil_date
from creditbank.domain.courses import is_number_recognised
from creditbank.domain.judging import Case, Judge
from creditbank.domain.outcomes import Addition, Outcome, certificate_subjects, subject_of
from creditbank.domain.submissions import SUBMISSION_SCHEMA, differing_fields, normal_form
from creditbank.domain.units import amount_text
from creditbank.errors.recording import CertificateAlreadyRecorded, SourceIdReused
from creditbank.services import attesting
from creditbank.services.actors import Notice, Poster, check_token
from creditbank.services.identifying import (
    Claim,
    find_account_name,
    find_learner,
    new_id,
    open_account,
)
from creditbank.services.revoking import (
    Revocation,
    Target,
    check_usable,
    find_target,
    record_revocation,
)
from creditbank.services.superseding import find_superseded, supersede
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


class PostOutcome:
    """One outcome, new or correcting an entry. `batch` places it in one.

    `attest` is the institution's signature, validated.
    """

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
        attest: dict[str, Any] | None = None,
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
        self.subjects = {self.subject}
        if outcome["type"] == "certificate":
            self.subjects.update(certificate_subjects(outcome["certificate"], recognised=False))
        self.attested = attesting.prepare(attest, outcome["learner"], self.submission)

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(
            sources={self.source},
            handles={self.claim.handle} if self.claim.handle else set(),
            accounts={self.claim.account} if self.claim.account else set(),
            subjects=set(self.subjects),
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
        attest = attesting.check(book, self.poster.org, self.attested)
        account = find_learner(book, self.claim)
        subjects = self._subjects_in(book.catalogue)
        self.subject = subjects[0]
        target = self._find_corrected(book)
        superseded = self._find_superseded(book, subjects, target)
        ended = {one.outcome.id for one in (target, superseded) if one is not None}
        known = self._known(book, account, subjects, ended)
        rest = target.rest if target else None
        if rest and account and rest.account == account.name and rest.subject in subjects:
            known.append(rest)
        addition = self._judge(book, known)
        if addition.type == "certificate":
            self._check_number(book, subjects, target, superseded)
        # Nothing below refuses: the posting is going to be recorded.
        if target is not None and self.corrects is not None:
            record_revocation(book, self.corrects, target, self.poster.org, self.poster.actor)
        if superseded is not None:
            supersede(book, superseded, self.poster, self.submission["source_id"])
        if account is None:
            account = open_account(book, self.claim, self.poster, self.notice)
        return self._record(book, account, addition, attest)

    def _subjects_in(self, catalogue: Catalogue) -> tuple[str, ...]:
        """Return what this is about, under all names that it may be known by, its own first."""
        if self.submission["type"] != "certificate":
            return (self.subject,)
        certificate = self.submission["certificate"]
        recognised = is_number_recognised(certificate, catalogue)
        return certificate_subjects(certificate, recognised=recognised)

    def _find_corrected(self, book: Book) -> Target | None:
        if self.corrects is None:
            return None
        target = find_target(book, self.corrects, self.poster.org)
        check_usable(book, target)
        return target

    def _find_superseded(
        self, book: Book, subjects: Sequence[str], corrected: Target | None
    ) -> Target | None:
        if self.submission["type"] != "certificate":
            return None
        found = find_superseded(book, subjects, self.submission["verification"]["level"])
        if found and corrected and found.outcome.id == corrected.outcome.id:
            return None
        return found

    def _known(
        self, book: Book, account: Account | None, subjects: Sequence[str], ended: set[str]
    ) -> list[Outcome]:
        """Return the learner's outcomes of the same thing, but those that this one ends."""
        if account is None:
            return []
        known = (one for subject in subjects for one in book.outcomes(account.name, subject))
        return [one for one in known if one.id not in ended]

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

    def _check_number(self, book: Book, subjects: Sequence[str], *ended: Target | None) -> None:
        places = {None, *(one.outcome.credited_index for one in ended if one is not None)}
        if any(book.certificate_index(subject) not in places for subject in subjects):
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

    def _record(
        self, book: Book, account: Account, addition: Addition, attest: dict[str, Any] | None
    ) -> Posted:
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
        if self.claim.handle is not None and self.claim.name is not None:
            person["named"] = True
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
                attest=attest,
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
        if addition.begun is not None:
            act["extends"] = True
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
