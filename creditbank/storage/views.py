"""Views: how entries fold into what queries need. Live writing and `rebuild` share this code.

A view only adds up what entries say; nothing here decides anything that a later version of the
program could decide otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

import orjson
import sqlalchemy as sa

from creditbank.domain.outcomes import Outcome, level_text, without_entry
from creditbank.domain.particulars import particulars_of
from creditbank.domain.units import hundredths
from creditbank.storage.credential_tables import (
    CredentialCauseRow,
    CredentialChangeRow,
    CredentialProofRow,
    OutcomeEndRow,
    StatusPositionRow,
)
from creditbank.storage.credential_views import (
    fold_credential,
    fold_credential_proof,
    fold_credential_status,
    fold_decision_end,
    fold_outcome_end,
)
from creditbank.storage.database import insert_rows
from creditbank.storage.decision_views import (
    Decisions,
    fold_conversion,
    fold_conversion_end,
    fold_conversion_review,
    fold_conversion_step,
    fold_evidence,
)
from creditbank.storage.tables import (
    AccountEntryRow,
    AccountRow,
    BatchItemRow,
    BatchRow,
    CertificateRow,
    GrantRow,
    OutcomeRow,
    RegisterRow,
    table_of,
)

_OUTCOMES = table_of(OutcomeRow)
_ACCOUNTS = table_of(AccountRow)
_CERTIFICATES = table_of(CertificateRow)
_GRANTS = table_of(GrantRow)
_OUTCOME_COLUMNS = tuple(column.name for column in _OUTCOMES.columns)
JSON_MEMBERS = ("stages", "attempts", "credits", "particulars")
_OUTCOME_VALUES = attrgetter(*_OUTCOME_COLUMNS)
_JSON_PLACES = tuple(_OUTCOME_COLUMNS.index(name) for name in JSON_MEMBERS)


@dataclass(frozen=True, slots=True)
class Folded:
    """An entry as views see it. `person` is None where the entry has none or it was erased."""

    index: int
    at: int
    leaf_hash: bytes
    act: dict[str, Any]
    person: dict[str, Any] | None
    account: str | None
    seq: int | None
    key_id: int | None


@dataclass(slots=True)
class ViewRows:
    """New and changed view rows, written in bulk."""

    new: dict[type[Any], list[tuple[Any, ...]]] = field(default_factory=dict)
    new_outcomes: dict[str, Outcome] = field(default_factory=dict)
    changed_outcomes: dict[str, Outcome] = field(default_factory=dict)
    certificates: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    dropped_certificates: set[str] = field(default_factory=set)
    restrictions: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    ended_grants: dict[str, int] = field(default_factory=dict)

    def add(self, row: type[Any], values: tuple[Any, ...]) -> None:
        """Add a row."""
        self.new.setdefault(row, []).append(values)

    def put_outcome(self, outcome: Outcome, *, new: bool) -> None:
        """Take a new or changed outcome."""
        if new:
            self.new_outcomes[outcome.id] = outcome
        elif outcome.id not in self.new_outcomes:
            self.changed_outcomes[outcome.id] = outcome

    def drop_certificate(self, subject: str) -> None:
        """Take a certificate number out."""
        if self.certificates.pop(subject, None) is None:
            self.dropped_certificates.add(subject)

    def write(self, connection: sa.Connection) -> None:
        """Write everything, in bulk."""
        for row, values in self.new.items():
            insert_rows(connection, row, values)
        insert_rows(
            connection, OutcomeRow, [outcome_row(one) for one in self.new_outcomes.values()]
        )
        for outcome in self.changed_outcomes.values():
            values_ = dict(zip(_OUTCOME_COLUMNS, outcome_row(outcome), strict=True))
            connection.execute(
                _OUTCOMES.update().where(_OUTCOMES.c.id == outcome.id).values(values_)
            )
        for subject in self.dropped_certificates:
            connection.execute(_CERTIFICATES.delete().where(_CERTIFICATES.c.subject == subject))
        insert_rows(connection, CertificateRow, list(self.certificates.values()))
        for account, (until, reason) in self.restrictions.items():
            connection.execute(
                _ACCOUNTS.update()
                .where(_ACCOUNTS.c.account == account)
                .values(restricted_until=until, restricted_reason=reason)
            )
        for grant, index in self.ended_grants.items():
            connection.execute(
                _GRANTS.update().where(_GRANTS.c.id == grant).values(ended_index=index)
            )


def outcome_row(outcome: Outcome) -> tuple[Any, ...]:
    """Return an outcome as its row, in column order."""
    values = list(_OUTCOME_VALUES(outcome))
    for place in _JSON_PLACES:
        values[place] = orjson.dumps(values[place], option=orjson.OPT_SORT_KEYS).decode()
    return tuple(values)


class Shelf(Protocol):
    """What folding reads and changes: the book, or the workspace of a rebuild."""

    views: ViewRows
    decisions: Decisions

    def outcome(self, outcome_id: str) -> Outcome | None:
        """Return an outcome."""

    def put_outcome(self, outcome: Outcome, *, new: bool) -> None:
        """Take a new or changed outcome."""

    def put_certificate(self, subject: str, outcome: Outcome, index: int) -> None:
        """Take a certificate number."""

    def drop_certificate(self, subject: str) -> None:
        """Take a certificate number out."""

    def restrict(self, account: str, until: str | None, reason: str | None) -> None:
        """Take a restriction, or its end."""


def fold(shelf: Shelf, entry: Folded) -> None:
    """Fold one entry into the views. Of an erased entry only what is not personal is left."""
    if entry.account is not None and entry.seq is not None:
        shelf.views.add(AccountEntryRow, (entry.account, entry.seq, entry.index))
    folding = _FOLDS.get(entry.act["kind"])
    if folding is not None:
        folding(shelf, entry)


def _fold_register(shelf: Shelf, entry: Folded) -> None:
    register = entry.act["register"]
    shelf.views.add(
        RegisterRow,
        (
            register["kind"],
            register["id"],
            register["version"],
            entry.index,
            bytes.fromhex(register["digest"]),
            register["valid_from"],
            register.get("valid_to"),
        ),
    )


def _fold_account(shelf: Shelf, entry: Folded) -> None:
    if entry.person is not None:
        shelf.views.add(AccountRow, (entry.account, entry.key_id, entry.index, None, None))


def _fold_batch(shelf: Shelf, entry: Folded) -> None:
    batch = entry.act["batch"]
    shelf.views.add(BatchRow, (batch["id"], entry.act["org"], entry.index, entry.at))


def _fold_outcome(shelf: Shelf, entry: Folded) -> None:
    act, person = entry.act, entry.person
    if "batch" in act:
        shelf.views.add(BatchItemRow, (act["batch"]["id"], act["batch"]["row"], entry.index))
    if person is None or entry.account is None:
        return
    new = "extends" not in act
    outcome = _new_outcome(entry, person) if new else shelf.outcome(act["outcome"])
    if outcome is None:
        raise AssertionError("an entry extends an outcome that its own log does not have")
    marks = {"org": act["org"], "index": entry.index}
    outcome.stages = [*outcome.stages, *(stage | marks for stage in person["stages"])]
    outcome.attempts = [*outcome.attempts, *(attempt | marks for attempt in person["attempts"])]
    said = person.get("particulars")  # an audit keeps no more of the submission
    if said is None:
        said = particulars_of(person["submission"])
    if said:
        outcome.particulars = [*outcome.particulars, said | {"index": entry.index}]
    award = act.get("award")
    if award is not None:
        outcome.credited_index, outcome.credited_at = entry.index, entry.at
        outcome.achieved_on = person["achieved_on"]
        outcome.credits = award["credits"]
        outcome.hours_theory = hundredths(award["hours"]["theory"])
        outcome.hours_practice = hundredths(award["hours"]["practice"])
    outcome.verification = act["verification"]
    shelf.put_outcome(outcome, new=new)
    if act["type"] == "certificate":
        shelf.put_certificate(outcome.subject, outcome, entry.index)


def _new_outcome(entry: Folded, person: dict[str, Any]) -> Outcome:
    act = entry.act
    module = act.get("module", {})
    return Outcome(
        id=act["outcome"],
        account=entry.account or "",
        subject=person["subject"],
        type=act["type"],
        org=act["org"],
        title=person["title"],
        verification=act["verification"],
        opened_index=entry.index,
        module=module.get("id"),
        version=module.get("version"),
        scene=act.get("scene"),
        level=level_text(act["level"]) if "level" in act else None,
    )


def _fold_revocation(shelf: Shelf, entry: Folded) -> None:
    fold_outcome_end(shelf, entry)
    if entry.person is None:
        return
    outcome = shelf.outcome(entry.act["outcome"])
    if outcome is None:
        raise AssertionError("a revocation names an outcome that its own log does not have")
    target = entry.act["target"]["index"]
    stages, attempts = without_entry(outcome, target)
    particulars = [one for one in outcome.particulars if one["index"] != target]
    if entry.act.get("continues") == outcome.id:  # its credit does not rest on the target
        outcome.stages, outcome.attempts = stages, attempts
        outcome.particulars = particulars
        if outcome.opened_index == target:
            outcome.opened_index = entry.index
        shelf.put_outcome(outcome, new=False)
        return
    outcome.revoked_index, outcome.revoked_at = entry.index, entry.at
    shelf.put_outcome(outcome, new=False)
    if outcome.type == "certificate":
        shelf.drop_certificate(outcome.subject)
    if "continues" in entry.act:
        rest = Outcome(
            id=entry.act["continues"],
            account=outcome.account,
            subject=outcome.subject,
            type=outcome.type,
            org=outcome.org,
            title=outcome.title,
            verification=outcome.verification,
            opened_index=entry.index,
            module=outcome.module,
            version=outcome.version,
            stages=stages,
            attempts=attempts,
            particulars=particulars,
            scene=outcome.scene,
            level=outcome.level,
        )
        shelf.put_outcome(rest, new=True)


def _fold_grant(shelf: Shelf, entry: Folded) -> None:
    if entry.person is not None:
        grant = entry.person["grant"]
        shelf.views.add(
            GrantRow,
            (
                entry.act["grant"],
                entry.account,
                grant["org"],
                grant["purpose"],
                grant["until"],
                entry.index,
                entry.at,
                None,
            ),
        )


def _fold_grant_end(shelf: Shelf, entry: Folded) -> None:
    if entry.person is not None:
        shelf.views.ended_grants[entry.act["grant"]] = entry.index


def _fold_restriction(shelf: Shelf, entry: Folded) -> None:
    if entry.person is not None and entry.account is not None:
        shelf.restrict(entry.account, entry.person.get("until"), entry.person.get("reason"))


def _fold_conversion_end(shelf: Shelf, entry: Folded) -> None:
    fold_decision_end(shelf, entry)
    fold_conversion_end(shelf, entry)


_FOLDS: dict[str, Callable[[Shelf, Folded], None]] = {
    "register/1": _fold_register,
    "account/1": _fold_account,
    "batch/1": _fold_batch,
    "outcome/1": _fold_outcome,
    "revocation/1": _fold_revocation,
    "grant/1": _fold_grant,
    "grant_end/1": _fold_grant_end,
    "restriction/1": _fold_restriction,
    "conversion/1": fold_conversion,
    "conversion_step/1": fold_conversion_step,
    "conversion_end/1": _fold_conversion_end,
    "conversion_review/1": fold_conversion_review,
    "evidence/1": fold_evidence,
    "credential/1": fold_credential,
    "credential_status/1": fold_credential_status,
    "credential_proof/1": fold_credential_proof,
}

FROM_ACTS = frozenset(
    {
        BatchRow,
        BatchItemRow,
        RegisterRow,
        OutcomeEndRow,
        StatusPositionRow,
        CredentialCauseRow,
        CredentialChangeRow,
        CredentialProofRow,
    }
)
"""Rows that an entry makes by its act alone, whoever its learner is and whether erased or not."""
