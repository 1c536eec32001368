"""What decisions say, to those whose business they are: lists, one whole, and its derivation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import Principal, Scope
from creditbank.domain.decisions import Decision, Status, first_day_after
from creditbank.domain.units import amount_text
from creditbank.errors.access import Forbidden
from creditbank.errors.decisions import ConversionUnknown
from creditbank.errors.recording import AccountRestricted
from creditbank.errors.storage import Erased
from creditbank.ledger.times import format_time
from creditbank.services.applying import TRIES, conversion_source, procedure_of
from creditbank.services.enquiring import NoteAccess
from creditbank.services.extracts import extract_for
from creditbank.services.parties import is_party_to, version_of
from creditbank.services.permitting import Ground
from creditbank.services.sentences import spoken
from creditbank.storage import decision_reading, loading, reading
from creditbank.storage.decision_reading import Listing
from creditbank.storage.sealing import StoredEntry, learner_parts

if TYPE_CHECKING:
    from creditbank.domain.catalogue import Catalogue
    from creditbank.domain.rules.rulebook import ProcedureStep
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection

_SHOWN: Final = ("id", "type", "title", "achieved_on", "verification", "issuer", "level", "entry")
"""What is shown of an outcome that a decision rests on."""

OUTCOME_ENDED: Final = "outcome_ended"
EVIDENCE_CHANGED: Final = "evidence_changed"


def ground_of(principal: Principal) -> Ground:
    """Return why somebody reads decisions; raise `Forbidden` where they may not read any."""
    if principal.account is not None and principal.may(Scope.OWN):
        return Ground.OWN
    for scope, ground in (
        (Scope.AUDIT, Ground.AUDIT),
        (Scope.SERVE_LEARNER, Ground.DESK),
        (Scope.DECIDE, Ground.DECIDES),
    ):
        if principal.may(scope):
            return ground
    raise Forbidden(scope=f"{Scope.OWN} / {Scope.DECIDE} / {Scope.SERVE_LEARNER} / {Scope.AUDIT}")


async def list_decisions(
    bank: Bank, principal: Principal, listing: Listing
) -> list[dict[str, Any]]:
    """Return a page of decisions in short: a learner's own, an organisation's, an auditor's all.

    An organisation sees those that it decides on and those that rest on what it posted or issued.
    Each learner's access log says that they were listed. Raises `Erased` or `AccountRestricted`
    where that befalls one of them each time that the page is read.
    """
    ground = ground_of(principal)
    account = principal.account if ground is Ground.OWN else listing.account
    org = principal.org if ground is Ground.DECIDES else None
    narrowed = Listing(account, org, listing.status, listing.flagged, listing.after, listing.limit)

    def read(connection: Connection) -> list[dict[str, Any]]:
        now = loading.read_head(connection).now
        catalogue = bank.recorder.catalogue_of(connection)
        found = decision_reading.listed(connection, narrowed, now)
        return [_listed(connection, principal, catalogue, one, now) for one in found]

    for turn in range(TRIES):
        page = await bank.database.read(read)
        accounts = {one["account"] for one in page}
        try:
            if accounts:
                await bank.journal.submit(NoteAccess(principal, accounts, "conversions", ground))
            break
        except (Erased, AccountRestricted):  # one of them, in the moment between
            if turn == TRIES - 1:
                raise
    return page


def _listed(
    connection: Connection, principal: Principal, catalogue: Catalogue, decision: Decision, now: int
) -> dict[str, Any]:
    """Return what a list says of a decision to somebody."""
    document = _short(connection, catalogue, decision, now)
    extract = extract_for(connection, catalogue, now, principal, decision)
    return document if extract is None else extract.short(document)


def _short(
    connection: Connection, catalogue: Catalogue, decision: Decision, now: int
) -> dict[str, Any]:
    """Return what a list says of a decision."""
    status = decision.status_at(now)
    document: dict[str, Any] = {
        "conversion": decision.id,
        "account": decision.account,
        "decides": decision.kind,
        "owner": decision.owner,
        "rulebook": decision.rulebook,
        "version": decision.version,
        "status": status.value,
        "index": decision.entry_index,
        "at": format_time(decision.applied_at),
        "expires_at": format_time(decision.expires_at),
        "targets": [_target(one) for one in decision.targets],
        "flagged": _flags(connection, decision, status),
    }
    steps = procedure_of(version_of(catalogue, decision)).steps
    if status is Status.PENDING:
        step = steps[decision.steps]
        earliest = first_day_after(decision.last_at, step.public_days)
        document["next"] = {
            "step": step.id,
            "title": step.title.model_dump(exclude_none=True),
            "by": step.by,
            "from": earliest.isoformat(),
        }
    return document


def _flags(connection: Connection, decision: Decision, status: Status) -> list[dict[str, Any]]:
    if status not in {Status.PENDING, Status.REGISTERED}:
        return []
    ended = decision_reading.ended_outcomes(connection, decision)
    flags = [{"reason": OUTCOME_ENDED, "outcome": one, "index": index} for one, index in ended]
    if status is Status.PENDING:
        flags += [
            {"reason": EVIDENCE_CHANGED, "evidence": one["id"], "index": one["changed"]}
            for one in decision.evidence
            if "changed" in one
        ]
    return flags


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    granted = {"granted": amount_text(target["granted"])} if "granted" in target else {}
    return dict(target) | granted


@dataclass(frozen=True, slots=True)
class Opened:
    """A decision with the entries that it is made of, opened."""

    decision: Decision
    row: StoredEntry
    act: dict[str, Any]
    person: dict[str, Any]
    catalogue: Catalogue
    now: int


def open_decision(
    connection: Connection, bank: Bank, principal: Principal, conversion: str
) -> Opened:
    """Return a decision.

    Raises `Erased` if its learner was erased, and `ConversionUnknown` where it is none of the
    reader's business.
    """
    decision = decision_reading.decision(connection, conversion)
    if decision is None:
        source = conversion_source(bank.keyring, conversion)
        if loading.entries_by_source(connection, {source})[source] is not None:
            raise Erased
        raise ConversionUnknown(conversion=conversion)
    catalogue = bank.recorder.catalogue_of(connection)
    now = loading.read_head(connection).now
    if not principal.may(Scope.AUDIT) and not is_party_to(catalogue, now, principal, decision):
        raise ConversionUnknown(conversion=conversion)
    row = loading.entry_at(connection, decision.entry_index)
    assert row is not None  # noqa: S101  # the view names entries of its own log
    key = reading.learner_key(connection, bank.keyring, row)
    person = learner_parts(row, key)["person"].value
    return Opened(decision, row, row.act, person, catalogue, now)


async def show_decision(bank: Bank, principal: Principal, conversion: str) -> dict[str, Any]:
    """Return a whole decision: rulebooks, what is granted and taken, reasons, steps, flags.

    An evaluator is shown an extract.
    """
    ground = ground_of(principal)

    def read(connection: Connection) -> dict[str, Any]:
        opened = open_decision(connection, bank, principal, conversion)
        return decision_document(connection, bank, principal, opened)

    document = await bank.database.read(read)
    note = NoteAccess(principal, [document["account"]], "conversion", ground)
    await bank.journal.submit(note)
    return document


def decision_document(
    connection: Connection, bank: Bank, principal: Principal, opened: Opened
) -> dict[str, Any]:
    """Return a decision as JSON values: the whole of it, or what somebody is shown."""
    document = _whole(connection, bank, opened)
    extract = extract_for(connection, opened.catalogue, opened.now, principal, opened.decision)
    return document if extract is None else extract.whole(document)


def _whole(connection: Connection, bank: Bank, opened: Opened) -> dict[str, Any]:
    decision, person, act = opened.decision, opened.person, opened.act
    used = {use["outcome"] for use in person["uses"]}
    document = _short(connection, opened.catalogue, decision, opened.now)
    document |= {
        "leaf_hash": opened.row.leaf_hash.hex(),
        "on": person["on"],
        "engine": act["engine"],
        "rulebooks": act["rulebooks"],
        "consent": person["consent"],
        "requested": person["requested"],
        "uses": person["uses"],
        "outcomes": [
            {name: one[name] for name in _SHOWN if name in one}
            for one in person["case"]["outcomes"]
            if one["id"] in used
        ],
        "evidence": person["case"]["evidence"],
        "results": _granted(person),
        "steps": _steps(connection, bank, opened),
    }
    end = _end(connection, bank, opened)
    return document | ({} if end is None else {"end": end})


def _granted(person: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the results of what is granted, with their reasons."""
    granted = {(one["rule"], one["target"]) for one in person["targets"]}
    results = person["evaluation"]["results"]
    return spoken(one for one in results if (one["rule"], one["target"]) in granted)


def _steps(connection: Connection, bank: Bank, opened: Opened) -> list[dict[str, Any]]:
    """Return the procedure's steps, and of those taken who said what and when."""
    decision = opened.decision
    steps = procedure_of(version_of(opened.catalogue, decision)).steps
    sources = {
        step.id: bank.keyring.source("bank:conversion_step", f"{decision.id}/{step.id}")
        for step in steps
    }
    rows = loading.entries_by_source(connection, set(sources.values()))
    documents = []
    for number, step in enumerate(steps):
        document = _step(step)
        row = rows[sources[step.id]]
        if number < opened.act["taken"]:
            document |= {"result": "passed", **_place(opened.row)}
        elif row is not None:
            document |= {"result": row.act["result"], **_place(row)}
            person = _person(connection, bank, row)
            if "opinion" in person:
                document["opinion"] = person["opinion"]
        documents.append(document)
    return documents


def _step(step: ProcedureStep) -> dict[str, Any]:
    return {
        "step": step.id,
        "title": step.title.model_dump(exclude_none=True),
        "by": step.by,
        "public_days": step.public_days,
    }


def _end(connection: Connection, bank: Bank, opened: Opened) -> dict[str, Any] | None:
    """Return how a decision ended by an entry of its own, None while it has not."""
    decision = opened.decision
    if decision.status not in {Status.WITHDRAWN, Status.EXPIRED, Status.RETURNED}:
        return None
    row = loading.entry_at(connection, decision.last_index)
    assert row is not None  # noqa: S101  # the view names entries of its own log
    person = _person(connection, bank, row)
    said = {"reason": person["reason"]} if "reason" in person else {}
    return {"end": row.act["end"], **_place(row), **said}


def _place(row: StoredEntry) -> dict[str, Any]:
    return {
        "org": row.org,
        "index": row.index,
        "at": format_time(row.at),
        "leaf_hash": row.leaf_hash.hex(),
    }


def _person(connection: Connection, bank: Bank, row: StoredEntry) -> dict[str, Any]:
    key = reading.learner_key(connection, bank.keyring, row)
    person: dict[str, Any] = learner_parts(row, key)["person"].value
    return person
