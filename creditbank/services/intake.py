"""Intake: from what arrived to works for the journal, each fault named at its place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NoReturn

from pydantic import ValidationError

from creditbank.domain.attest_forms import ATTEST_IN
from creditbank.domain.registers.faults import faults_of
from creditbank.domain.submissions import OUTCOME, OUTCOME_TYPES
from creditbank.errors import CreditBankError
from creditbank.errors.recording import BatchTooLarge, SubmissionInvalid
from creditbank.services.actors import Notice, Poster
from creditbank.services.batching import PostBatch
from creditbank.services.identifying import new_id
from creditbank.services.posting import PostOutcome
from creditbank.services.revoking import Revocation
from creditbank.storage.keyring import Keyring

# pydantic puts the chosen branch of a union into the path; a JSON pointer has no such step.
_BRANCHES = frozenset(OUTCOME_TYPES) | {"study", "training", "assessment", "certification"}
_OPERATORS = ("operator", "reviewer")


class Intake:
    """Prepares postings for one bank."""

    def __init__(self, keyring: Keyring, notice: Notice, *, batch_items_max: int) -> None:
        self._keyring = keyring
        self._notice = notice
        self._items_max = batch_items_max

    def outcome(
        self,
        document: object,
        poster: Poster,
        *,
        corrects: Revocation | None = None,
        batch: dict[str, Any] | None = None,
    ) -> PostOutcome:
        """Return the posting of one outcome; raise `SubmissionInvalid` or an identifier's error.

        Its member `attest`, if it has one, is the institution's signature.
        """
        document, attest = take_attest(document)
        return PostOutcome(
            validate_outcome(document),
            poster,
            self._keyring,
            self._notice,
            corrects=corrects,
            batch=batch,
            attest=attest,
        )

    def correction(
        self, document: object, poster: Poster, *, index: int, reason: str
    ) -> PostOutcome:
        """Return the posting of an outcome that takes the place of entry `index`."""
        document, attest = take_attest(document)
        outcome = validate_outcome(document)
        source = self._keyring.source("bank:correction", f"{poster.org}/{outcome['source_id']}")
        revocation = Revocation(index, reason, source)
        return PostOutcome(
            outcome, poster, self._keyring, self._notice, corrects=revocation, attest=attest
        )

    def batch(
        self,
        documents: Sequence[object],
        poster: Poster,
        *,
        atomic: bool = False,
        dry_run: bool = False,
        file_digest: str | None = None,
    ) -> PostBatch:
        """Return the posting of a batch; a bad item becomes its error, in its place.

        Refuses with `BatchTooLarge`.
        """
        if len(documents) > self._items_max:
            raise BatchTooLarge(items=len(documents), items_max=self._items_max)
        batch_id = new_id()
        postings = [
            self._item(document, poster, {"id": batch_id, "row": row})
            for row, document in enumerate(documents, start=1)
        ]
        return PostBatch(poster, postings, batch_id, atomic, dry_run, file_digest)

    def _item(
        self, document: object, poster: Poster, batch: dict[str, Any]
    ) -> PostOutcome | CreditBankError:
        try:
            return self.outcome(document, poster, batch=batch)
        except CreditBankError as error:
            return error


def validate_outcome(document: object) -> dict[str, Any]:
    """Return a submission as validated; raise `SubmissionInvalid` naming every fault."""
    try:
        outcome: dict[str, Any] = OUTCOME.validate_python(document)
    except ValidationError as error:
        _refuse(error)
    return outcome


def take_attest(document: object) -> tuple[object, dict[str, Any] | None]:
    """Return a submission without its member `attest`, and that as validated.

    Raises `SubmissionInvalid` naming every fault of it.
    """
    if not isinstance(document, dict) or "attest" not in document:
        return document, None
    outcome = {name: value for name, value in document.items() if name != "attest"}
    try:
        attest: dict[str, Any] = ATTEST_IN.validate_python(document["attest"])
    except ValidationError as error:
        _refuse(error, "/attest")
    return outcome, attest


def _refuse(error: ValidationError, place: str = "") -> NoReturn:
    faults = [fault.below(place).members() for fault in faults_of(error)]
    for fault in faults:
        fault["where"] = _without_branches(fault["where"])
    raise SubmissionInvalid(where=faults[0]["where"], errors=faults) from None


def _without_branches(pointer: str) -> str:
    steps = pointer.split("/")[1:]
    kept = [
        step
        for number, step in enumerate(steps)
        if not (step in _BRANCHES and (number == 0 or steps[number - 1].isdigit()))
    ]
    return "".join("/" + step for step in kept)


def content_digest(data: bytes) -> str:
    """Return the digest (64 hex digits) by which a batch names the file it came from."""
    return hashlib.sha256(data).hexdigest()
