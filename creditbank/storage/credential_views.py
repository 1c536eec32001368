"""How entries about certificates fold into views, most of it from their acts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditbank.storage.credential_tables import (
    CredentialCauseRow,
    CredentialChangeRow,
    CredentialProofRow,
    CredentialRow,
    OutcomeEndRow,
    StatusPositionRow,
)

if TYPE_CHECKING:
    from creditbank.storage.views import Folded, Shelf


def fold_credential(shelf: Shelf, entry: Folded) -> None:
    """Take a certificate's place, what it rests on, and, while they are there, whose it is."""
    act, views = entry.act, shelf.views
    credential, index = act["credential"], entry.index
    place = (act["list"], act["position"])
    views.add(StatusPositionRow, (*place, credential, index, entry.at))
    causes = {cause.get("outcome") or cause.get("decision") for cause in act["cause"]} - {None}
    for cause in sorted(causes):
        views.add(CredentialCauseRow, (cause, credential, index))
    if "replaces" in act:
        views.add(CredentialChangeRow, (index, act["replaces"], "superseded", entry.at))
    if entry.person is not None and entry.account is not None:
        views.add(CredentialRow, (credential, entry.account, act["form"], index))


def fold_credential_status(shelf: Shelf, entry: Folded) -> None:
    """Take a change of a certificate itself."""
    act = entry.act
    shelf.views.add(CredentialChangeRow, (entry.index, act["credential"], act["change"], entry.at))


def fold_credential_proof(shelf: Shelf, entry: Folded) -> None:
    """Take that an institution signed a certificate too."""
    shelf.views.add(CredentialProofRow, (entry.index, entry.act["credential"]))


def fold_outcome_end(shelf: Shelf, entry: Folded) -> None:
    """Take the end of an outcome, unless what is left goes on under its own name."""
    act = entry.act
    if act.get("continues") != act["outcome"]:
        shelf.views.add(OutcomeEndRow, (act["outcome"], entry.index, entry.at))


def fold_decision_end(shelf: Shelf, entry: Folded) -> None:
    """Take the end of a decision: what was certified of it does not stand any more."""
    shelf.views.add(OutcomeEndRow, (entry.act["conversion"], entry.index, entry.at))
