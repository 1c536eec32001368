"""Entries as they are shown: which parts to whom, by the table of the entry format.

The poster of an entry sees what it posted; the learner everything about themselves, and so does
the desk that serves them; an organisation with a grant the statement; an auditor what happened, to
which account and by whom. `act` of the kinds that concern nobody in particular is for everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.access import Principal, Scope
from creditbank.domain.kinds import PARTS, PUBLIC_KINDS
from creditbank.errors.access import Unauthenticated
from creditbank.errors.recording import EntryUnknown
from creditbank.ledger import suite
from creditbank.ledger.keys import KeyType
from creditbank.ledger.times import format_time
from creditbank.services.enquiring import (
    ACCESS_LOG_MAX,
    Enquiry,
    NoteAccess,
    access_document,
    grant_document,
    identity_document,
    outcome_document,
)
from creditbank.services.log_keys import read_periods
from creditbank.services.permitting import OWNER_OR_DESK, Ground
from creditbank.services.restricting import is_restricted
from creditbank.services.sharing import exported_share
from creditbank.storage import credentials, loading, reading
from creditbank.storage.sealing import Key, Part, actor_parts, clear_parts, learner_parts

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection
    from creditbank.storage.sealing import StoredEntry

PUBLIC: Final = frozenset({"act"})
POSTER: Final = frozenset({"act", "actor", "attest", "org_link", "person"})
LEARNER: Final = frozenset({"act", "attest", "learner_link", "person"})
AUDITOR: Final = frozenset({"act", "actor", "org_link", "person"})
LEARNERS: Final = frozenset({"attest", "learner_link", "person"})

# What a grant is for: outcomes. Whom else the learner granted something, and what else happened to
# the account, is no business of the one who reads under it.
_PERSON_UNDER_GRANT: Final = frozenset({"outcome/1", "revocation/1"})

# A certificate names its holder, and who audits the ledger has no need to know who that is. Nor
# has an institution in whose name it was issued: what it may see of it is the certificate itself.
_WITH_NAMES: Final = frozenset({"credential/1"})

# A decision's first entry holds the learner's whole record of that day. The college that applied
# for it read that under a grant, which ends; what it goes on to need is the decision itself.
_NOT_FOR_POSTERS: Final = _WITH_NAMES | {"conversion/1"}

_ALGORITHMS: Final = {KeyType.ED25519: "ed25519", KeyType.MLDSA44: "ml-dsa-44"}

EXPORT_ENTRIES_MAX: Final = 1_000_000

_BY_GROUND: Final = {
    Ground.OWN: LEARNER,
    Ground.DESK: LEARNER,
    Ground.GRANT: LEARNER,
    Ground.AUDIT: AUDITOR,
}


def person_kinds(ground: Ground) -> frozenset[str] | None:
    """Return the kinds whose `person` part may be read on this ground, None for all of them."""
    if ground is Ground.AUDIT:
        return frozenset(PARTS) - _WITH_NAMES
    return _PERSON_UNDER_GRANT if ground is Ground.GRANT else None


def visible_of(
    visible: frozenset[str], kind: str, person_of: frozenset[str] | None
) -> frozenset[str]:
    """Return the `visible` parts of an entry of `kind`, where `person` is for some kinds only."""
    return visible if person_of is None or kind in person_of else visible - {"person"}


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry with the parts that a reader may see, and whether some were erased."""

    row: StoredEntry
    parts: dict[str, Part]
    erased: bool
    restricted: bool = False

    @property
    def account(self) -> str | None:
        """Whose data is shown, None if nobody's is."""
        person = self.parts.get("person")
        return None if person is None else person.value["account"]

    def without_person(self, accounts: set[str]) -> Opened:
        """Return the entry; of one of these accounts, without what is about the learner."""
        if self.account not in accounts:
            return self
        parts = {name: one for name, one in self.parts.items() if name not in LEARNERS}
        return Opened(self.row, parts, self.erased, restricted=True)

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON values, its parts without salts."""
        document: dict[str, Any] = {
            "index": self.row.index,
            "at": format_time(self.row.at),
            "leaf_hash": self.row.leaf_hash.hex(),
            "kind": self.row.act["kind"],
        }
        document |= {name: part.value for name, part in self.parts.items()}
        if self.erased:
            document["erased"] = True
        if self.restricted:
            document["restricted"] = True
        return document


def visible_to(principal: Principal | None, row: StoredEntry, kind: str) -> frozenset[str]:
    """Return the names of the parts that `principal` may see of an entry of `kind`."""
    visible = PUBLIC if kind in PUBLIC_KINDS else frozenset()
    if principal is None:
        return visible
    if principal.may(Scope.AUDIT):
        return visible | _of_auditor(kind)
    may_see_own_org = any(map(principal.may, (Scope.READ_POSTED, Scope.PUBLISH, Scope.REVOKE)))
    return visible | _of_poster(kind) if may_see_own_org and principal.org == row.org else visible


def _of_auditor(kind: str) -> frozenset[str]:
    return visible_of(AUDITOR, kind, person_kinds(Ground.AUDIT))


def _of_poster(kind: str) -> frozenset[str]:
    return POSTER - {"person"} if kind in _NOT_FOR_POSTERS else POSTER


def open_entry(
    connection: Connection, bank: Bank, row: StoredEntry, visible: frozenset[str]
) -> Opened:
    """Return an entry with its `visible` parts, each sealed one opened under its own key."""
    parts, erased = clear_parts(row), False
    for reference, names, opening in (
        (row.sealed_ref, LEARNER, learner_parts),
        (row.actor_ref, {"actor"}, actor_parts),
    ):
        if reference is None or not visible & (names - {"act"}):
            continue
        key = loading.key(connection, bank.keyring, bank.keyring.mask(reference, row.index))
        erased = erased or key is None
        parts |= {} if key is None else opening(row, key)
    return Opened(row, {name: part for name, part in parts.items() if name in visible}, erased)


async def read_entry(bank: Bank, principal: Principal | None, index: int) -> dict[str, Any]:
    """Return one entry with leaf, digests and the parts that the reader may see, salts included.

    Refuses with `EntryUnknown` where the reader may see nothing of it, with `Unauthenticated`
    where nobody asks and it is not public.
    """
    unknown = Unauthenticated() if principal is None else EntryUnknown(index=index)

    def show(connection: Connection) -> reading.ShownEntry | None:
        row = loading.entry_at(connection, index)
        if row is None:
            return None
        visible = visible_to(principal, row, row.act["kind"])
        if principal is not None and principal.may(Scope.OWN) and not visible:
            visible = _own_part(connection, principal.account or "", index)
        return reading.show_entry(connection, bank.keyring, row, visible) if visible else None

    shown = await bank.database.read(show)
    if shown is None:
        raise unknown
    person = shown.parts.get("person")
    if principal is not None and person is not None:
        await _note(bank, principal, {person.value["account"]}, "entry")
    return entry_document(shown)


async def _note(bank: Bank, principal: Principal, accounts: set[str], action: str) -> None:
    """Keep that the data of `accounts` are going to be shown, and wait for the commit."""
    if principal.account:
        ground = Ground.OWN
    else:
        ground = Ground.AUDIT if principal.may(Scope.AUDIT) else Ground.POSTED
    await bank.journal.submit(NoteAccess(principal, accounts, action, ground))


def _own_part(connection: Connection, account: str, index: int) -> frozenset[str]:
    """Return what a learner sees of an entry: of their own chain everything about them."""
    return LEARNER if reading.is_entry_of(connection, account, index) else frozenset()


def entry_document(shown: reading.ShownEntry) -> dict[str, Any]:
    """Return an entry with all that is needed to hold it against the log."""
    document: dict[str, Any] = {
        "index": shown.row.index,
        "at": format_time(shown.row.at),
        "leaf": shown.leaf.decode(),
        "leaf_hash": shown.row.leaf_hash.hex(),
        "parts": {name: part_document(part) for name, part in sorted(shown.parts.items())},
        "digests": {name: digest.hex() for name, digest in shown.digests.items()},
    }
    if "act" in shown.parts:
        document["kind"] = shown.row.act["kind"]
    if shown.erased:
        document["erased"] = True
    return document


def part_document(part: Part) -> dict[str, Any]:
    """Return a part with its salt, so that its digest can be computed."""
    return {"salt": part.salt.hex(), "value": part.value}


async def read_state(bank: Bank) -> dict[str, Any]:
    """Return name, size, root, time and public keys of the log as it stands."""

    def read(connection: Connection) -> dict[str, Any]:
        head = loading.read_head(connection)
        newest = read_periods(connection, bank.keyring, head.origin)[-1]
        return {
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "at": format_time(head.at),
            "suite": suite.VERSION,
            "keys": [
                {"alg": _ALGORITHMS[key.type], "public": key.public.hex()} for key in newest.keys
            ],
        }

    return await bank.database.read(read)


async def read_batch(bank: Bank, principal: Principal, batch_id: str) -> dict[str, Any] | None:
    """Return a batch with the entry of each row; None unless the reader posted it or audits."""

    def read(connection: Connection) -> dict[str, Any] | None:
        found = reading.batch(connection, batch_id)
        if found is None or not (principal.may(Scope.AUDIT) or found[0] == principal.org):
            return None
        org, row = found
        summary = dict(row.act["batch"])
        return {
            "batch": summary.pop("id"),
            "org": org,
            "index": row.index,
            "at": format_time(row.at),
            "leaf_hash": row.leaf_hash.hex(),
            **summary,
            "results": [
                {"row": place, "index": index, "leaf_hash": leaf_hash.hex()}
                for place, index, leaf_hash in reading.batch_items(connection, batch_id)
            ],
        }

    return await bank.database.read(read, long=True)


async def read_leaf(bank: Bank, index: int) -> bytes:
    """Return the exact bytes of a public leaf; raise `EntryUnknown` beyond the end."""

    def show(connection: Connection) -> bytes:
        row = loading.entry_at(connection, index)
        if row is None:
            raise EntryUnknown(index=index)
        return reading.show_entry(connection, bank.keyring, row, frozenset()).leaf

    return await bank.database.read(show)


async def list_entries(
    bank: Bank, principal: Principal, *, after: int | None, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """Return a page of entries with their places: what an organisation posted, in the order of its
    chain, or for an auditor everything by index.

    Of learners whose account is restricted an organisation sees that it posted, and no more.
    """
    audits = principal.may(Scope.AUDIT)

    def read(connection: Connection) -> list[tuple[int, Opened]]:
        if audits:
            first = 0 if after is None else after + 1
            rows = reading.entries_from(connection, first, limit)
            return [
                (row.index, open_entry(connection, bank, row, _of_auditor(row.act["kind"])))
                for row in rows
            ]
        rows = reading.entries_of_org(connection, principal.org, after=after or 0, limit=limit)
        opened = [open_entry(connection, bank, row, _of_poster(row.act["kind"])) for row in rows]
        stopped = _restricted(connection, bank, {one.account for one in opened if one.account})
        return [(one.row.org_seq, one.without_person(stopped)) for one in opened]

    opened = await bank.database.read(read, long=limit > _SHORT_PAGE)
    if accounts := {one.account for _, one in opened if one.account is not None}:
        await _note(bank, principal, accounts, "entries")
    return [(place, one.document()) for place, one in opened]


def _restricted(connection: Connection, bank: Bank, accounts: set[str]) -> set[str]:
    now = loading.read_head(connection).now
    found = loading.accounts(connection, bank.keyring, accounts)
    return {name for name, one in found.items() if one is not None and is_restricted(one, now)}


_SHORT_PAGE: Final = 50


async def read_statement(
    bank: Bank, principal: Principal, account: str, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return a page of the learner's chain from place `after` on; each entry has its `seq`."""
    enquiry = Enquiry(bank, principal, account, "statement")
    visible, person_of = _BY_GROUND[enquiry.ground], person_kinds(enquiry.ground)
    return await enquiry.read(
        lambda connection: statement(
            connection, bank, account, visible, after, limit, person_of=person_of
        ),
        long=limit > _SHORT_PAGE,
    )


def statement(  # noqa: PLR0917  # one argument per thing that a page depends on
    connection: Connection,
    bank: Bank,
    account: str,
    visible: frozenset[str],
    after: int,
    limit: int,
    *,
    person_of: frozenset[str] | None = None,
) -> list[dict[str, Any]]:
    """Return entries of a chain; the learner's own key opens them all.

    `person_of` are the kinds whose `person` part is shown, None for all of them.
    """
    rows = reading.entries_of_account(connection, account, after=after, limit=limit)
    state = loading.accounts(connection, bank.keyring, {account})[account]
    key = state.key if state else None
    return [
        {"seq": seq}
        | _open_with(
            connection, bank, row, key, visible_of(visible, row.act["kind"], person_of)
        ).document()
        for seq, row in rows
    ]


def _open_with(
    connection: Connection, bank: Bank, row: StoredEntry, key: Key | None, visible: frozenset[str]
) -> Opened:
    if "actor" in visible:
        return open_entry(connection, bank, row, visible)
    parts = clear_parts(row) | learner_parts(row, key)
    return Opened(
        row, {name: part for name, part in parts.items() if name in visible}, erased=False
    )


async def read_export(bank: Bank, principal: Principal, account: str) -> dict[str, Any]:
    """Return everything that the bank holds about a learner (PIPL 45), nothing masked."""
    enquiry = Enquiry(bank, principal, account, "export", OWNER_OR_DESK)
    return await enquiry.read(lambda connection: _export(connection, bank, account), long=True)


def _export(connection: Connection, bank: Bank, account: str) -> dict[str, Any]:
    rows = reading.entries_of_account(connection, account, after=0, limit=EXPORT_ENTRIES_MAX)
    now = loading.read_head(connection).now
    return {
        "origin": bank.origin,
        "at": format_time(now),
        **identity_document(connection, bank, account, masked=False),
        "outcomes": _documents(map(outcome_document, reading.outcomes_of(connection, account))),
        "grants": [grant_document(grant, now) for grant in reading.grants_of(connection, account)],
        "shares": _documents(
            map(exported_share, credentials.shares_of_account(connection, account))
        ),
        "access_log": _documents(
            map(access_document, reading.access_log(connection, account, ACCESS_LOG_MAX))
        ),
        "entries": [
            {"seq": seq} | entry_document(_shown(connection, bank, row)) for seq, row in rows
        ],
    }


def _shown(connection: Connection, bank: Bank, row: StoredEntry) -> reading.ShownEntry:
    return reading.show_entry(connection, bank.keyring, row, LEARNER)


def _documents(documents: Iterable[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    return list(documents)
