"""Views against a replay of the entries, partition by partition.

A partition holds every entry of some learners, in order, and every view row that names them. The
same folding as at writing makes the rows anew; what is stored has to be exactly these. On the way
the learners' chains are followed and the lots added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlmodel import SQLModel

from creditbank.domain.balances import AsOf, balance
from creditbank.domain.outcomes import Outcome
from creditbank.domain.units import hundredths
from creditbank.errors import N_
from creditbank.ledger import entry
from creditbank.ledger.audit import Findings
from creditbank.storage import loading, views
from creditbank.storage.bulk import keyed_rows, raw_rows
from creditbank.storage.decision_checks import DecisionChecks
from creditbank.storage.decision_tables import DecisionRow, UseRow
from creditbank.storage.decision_views import Decisions, decision_row, use_rows
from creditbank.storage.entry_checks import UNREADABLE
from creditbank.storage.inspector import NOT_IN_CHAIN, NOT_REPLAYED, Inspector
from creditbank.storage.procedure_checks import ProcedureChecks
from creditbank.storage.replaying import Keys
from creditbank.storage.scratch import Block, Dealer
from creditbank.storage.sealing import learner_parts
from creditbank.storage.tables import (
    AccountEntryRow,
    AccountRow,
    CertificateRow,
    GrantRow,
    OutcomeRow,
    Views,
    table_of,
)
from creditbank.storage.views import Folded, ViewRows

ABSENT: Final = N_("no entry makes it")
MISSING: Final = N_("it is missing")
DIFFERS: Final = N_("it differs from what the entries make")
IN_VIEW: Final = N_("view {table}, row {key}: {what}")

_PLACE: Final = "SELECT entry_index FROM account_entries WHERE account = ? AND seq = ?"
Row = tuple[Any, ...]


def name_of(row: type[SQLModel]) -> str:
    """Return the name of a row class's table, as plain text, which scratch files can hold."""
    return str(row.__tablename__)


_TABLES: Final = {name_of(row): table_of(row) for row in Views.ALL}
_COLUMNS: Final = {
    name: [column.name for column in table.columns] for name, table in _TABLES.items()
}
_KEYS: Final = {
    name: [_COLUMNS[name].index(column.name) for column in table.primary_key.columns]
    for name, table in _TABLES.items()
}


def deal_stored(state: Inspector, table: str) -> Sequence[Block]:
    """Deal out the stored rows of a view, to be compared with what the entries make."""
    scratch = state.given.scratch
    dealer = Dealer(scratch, f"view-{table}")
    columns = _COLUMNS[table]
    by_account = "account" in columns
    place = columns.index("account" if by_account else "entry_index")
    quoted = ", ".join(f'"{column}"' for column in columns)
    for values in keyed_rows(state.connection, _TABLES[table], quoted):
        owner = values[place]
        partition = scratch.of_account(owner) if by_account else scratch.of_index(owner)
        dealer.deal(partition, (table, values))
    return dealer.blocks()


class Partition(NamedTuple):
    """What is to be compared: blocks of entries in order, and blocks of stored rows."""

    entries: tuple[Block, ...]
    stored: tuple[Block, ...]


class LearnerEntry(NamedTuple):
    """An entry as it is dealt out for its learner; `person` without the submission."""

    entry_index: int
    at: int
    leaf_hash: bytes
    act: dict[str, Any]
    person: dict[str, Any]
    link: dict[str, Any]
    key_id: int


@dataclass(slots=True)
class _Shelf:
    """What folding reads and changes: all of a partition's outcomes."""

    views: ViewRows = field(default_factory=ViewRows)
    decisions: Decisions = field(default_factory=Decisions)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    by_account: dict[str, dict[str, Outcome]] = field(default_factory=dict)

    def outcome(self, outcome_id: str) -> Outcome | None:
        return self.outcomes.get(outcome_id)

    def put_outcome(self, outcome: Outcome, *, new: bool) -> None:  # noqa: ARG002
        self.outcomes[outcome.id] = outcome
        self.by_account.setdefault(outcome.account, {})[outcome.id] = outcome

    def outcomes_of(self, account: str) -> list[Outcome]:
        return list(self.by_account.get(account, {}).values())

    def put_certificate(self, subject: str, outcome: Outcome, index: int) -> None:
        self.views.certificates[subject] = (subject, outcome.id, outcome.account, index)

    def drop_certificate(self, subject: str) -> None:
        self.views.drop_certificate(subject)

    def restrict(self, account: str, until: str | None, reason: str | None) -> None:
        self.views.restrictions[account] = (until, reason)


def check_partition(state: Inspector, partition: Partition) -> Findings:
    """Return what is wrong with the chains, lots and views of a partition."""
    return _PartitionCheck(state, partition).run()


class _PartitionCheck:
    def __init__(self, state: Inspector, partition: Partition) -> None:
        self._state, self._scratch = state, state.given.scratch
        self._partition = partition
        self._found = Findings()
        self._shelf = _Shelf()
        self._decisions = DecisionChecks(
            self._shelf.decisions, self._found, self._shelf.outcomes_of
        )
        self._procedures = ProcedureChecks(
            state.rulebooks,
            state.attests.institution,
            self._shelf.decisions,
            self._found,
            self._shelf.outcomes_of,
        )
        self._chains: dict[str, tuple[int, bytes]] = {}
        self._keys: dict[str, int] = {}
        self._awarded: dict[tuple[str, str], int] = {}  # by account and system, in hundredths

    def run(self) -> Findings:
        made: dict[str, dict[Row, Row]] = {name: {} for name in _TABLES}
        whole = not self._state.given.since
        for record in self._scratch.read(self._partition.entries):
            if len(record) != len(LearnerEntry._fields):
                self._make(made, *record)
            elif whole:
                self._step(LearnerEntry(*record))
            else:
                self._follow_on(LearnerEntry(*record))
        if not whole:
            return self._found
        self._finish(made)
        self._check_lots()
        self._compare(made)
        return self._found

    # --- entries

    def _step(self, one: LearnerEntry) -> None:
        try:
            self._follow(one)
            self._check_award(one)
            self._decisions.before(one.entry_index, one.at, one.act)
            self._procedures.before(one.entry_index, one.at, one.act)
            views.fold(
                self._shelf,
                Folded(
                    index=one.entry_index,
                    at=one.at,
                    leaf_hash=one.leaf_hash,
                    act=one.act,
                    person=one.person,
                    account=one.link["chain"],
                    seq=one.link["seq"],
                    key_id=one.key_id,
                ),
            )
            self._decisions.after(one.entry_index, one.at, one.act)
            self._procedures.after(one.entry_index, one.at, one.act)
        except UNREADABLE:
            self._found.report("views", one.entry_index, NOT_REPLAYED)

    def _follow(self, one: LearnerEntry) -> None:
        chain, seq = one.link["chain"], one.link["seq"]
        count, last = self._chains.get(chain, (0, None))
        if one.link != entry.link(chain, count + 1, last):
            self._found.report("learner_chains", one.entry_index, NOT_IN_CHAIN, seq=seq)
        self._chains[chain] = (seq if type(seq) is int else count + 1, one.leaf_hash)
        if self._keys.setdefault(chain, one.key_id) != one.key_id:
            message = N_("the entry is sealed under another key than the learner's others")
            self._found.report("learner_chains", one.entry_index, message)

    def _follow_on(self, one: LearnerEntry) -> None:
        """Follow a chain that may have begun before the entries that are read."""
        try:
            chain, seq = one.link["chain"], one.link["seq"]
            if chain not in self._chains and seq > 1:
                last = _hash_in_chain(self._state, chain, seq - 1)
                if last is not None:
                    self._chains[chain] = (seq - 1, last)
            self._follow(one)
        except UNREADABLE:
            self._found.report("learner_chains", one.entry_index, NOT_IN_CHAIN, seq="?")

    def _check_award(self, one: LearnerEntry) -> None:
        """Check that a lot is awarded once, and ended once; add up what is awarded."""
        act = one.act
        known = self._shelf.outcomes.get(act.get("outcome", ""))
        if known is not None and not known.is_live:
            message = N_("the entry changes an outcome that was revoked before")
            self._found.report("conservation", one.entry_index, message)
        if "award" not in act:
            return
        if known is not None and known.credited_index is not None:
            message = N_("credit is awarded a second time for one outcome")
            self._found.report("conservation", one.entry_index, message)
        amounts = [(item["system"], item["amount"]) for item in act["award"]["credits"]]
        for system, amount in (*amounts, *(("", each) for each in act["award"]["hours"].values())):
            key = (one.link["chain"], system)
            self._awarded[key] = self._awarded.get(key, 0) + hundredths(amount)

    # --- lots

    def _check_lots(self) -> None:
        """Report each learner whose lots do not add up to what the entries awarded."""
        if self._sums(self._shelf.outcomes.values()) == _by_system(self._awarded):
            return
        accounts = {one.account for one in self._shelf.outcomes.values()}
        for account in sorted(accounts | {account for account, _ in self._awarded}):
            mine = [one for one in self._shelf.outcomes.values() if one.account == account]
            awarded = {key: sum_ for key, sum_ in self._awarded.items() if key[0] == account}
            if self._sums(mine) != _by_system(awarded):
                message = N_("the lots of account {account} do not add up to what was awarded")
                self._found.report("conservation", None, message, account=account)

    @staticmethod
    def _sums(outcomes: Any) -> dict[str, int]:
        """Return what all statuses of all lots add up to, in hundredths by system."""
        shown = balance(outcomes, AsOf())
        systems = [*shown["systems"], {"system": ""} | shown["class_hours"]]
        sums = {
            one["system"]: sum(
                _total(one[basis]["awarded"])
                for basis in ("verified", "self_declared")
                if basis in one
            )
            for one in systems
        }
        return {system: total for system, total in sums.items() if total}

    # --- rows

    def _make(self, made: dict[str, dict[Row, Row]], table: str, values: Row) -> None:
        key = tuple(values[place] for place in _KEYS[table])
        if key in made[table]:
            message = N_("two entries make row {key} of view {table}")
            self._found.report(
                "views", _index_of(table, values), message, table=table, key=_text(key)
            )
        made[table][key] = values

    def _finish(self, made: dict[str, dict[Row, Row]]) -> None:
        """Make the rows of the learners of this partition."""
        rows = self._shelf.views
        for row, many in rows.new.items():
            if row not in views.FROM_ACTS:  # made when its entry was read, whoever its learner is
                for values in many:
                    self._make(made, name_of(row), _amended(rows, row, values))
        for values in rows.certificates.values():
            self._make(made, name_of(CertificateRow), values)
        for outcome in self._shelf.outcomes.values():
            self._make(made, name_of(OutcomeRow), views.outcome_row(outcome))
        for decision in self._shelf.decisions.all():
            self._make(made, name_of(DecisionRow), decision_row(decision))
            for values in use_rows(decision):
                self._make(made, name_of(UseRow), values)

    def _compare(self, made: dict[str, dict[Row, Row]]) -> None:
        for table, values in self._scratch.read(self._partition.stored):
            key = tuple(values[place] for place in _KEYS[table])
            expected = made[table].pop(key, None)
            if expected is None:
                self._tell(table, key, ABSENT, None)
            elif expected != values:
                self._tell(table, key, DIFFERS, _index_of(table, expected))
        for table, left in made.items():
            for key, values in left.items():
                self._tell(table, key, MISSING, _index_of(table, values))

    def _tell(self, table: str, key: Row, what: str, index: int | None) -> None:
        self._found.report("views", index, IN_VIEW, table=table, key=_text(key), what=what)


def _hash_in_chain(state: Inspector, account: str, seq: int) -> bytes | None:
    """Return the leaf hash of a learner's entry that was audited before, None without one.

    The view says which entry it may be; what counts is what that entry says of itself.
    """
    row = next(raw_rows(state.connection, _PLACE, (account, seq)), None)
    found = loading.entry_at(state.connection, row[0]) if row else None
    if found is None or found.index >= state.given.since:
        return None
    keys = Keys(state.connection, state.given.keyring)
    keys.read([(found.index, found.sealed_ref, None)])
    link = learner_parts(found, keys.get(found.sealed_ref, found.index))["learner_link"].value
    return found.leaf_hash if (link["chain"], link["seq"]) == (account, seq) else None


def _amended(rows: ViewRows, row: type[SQLModel], values: Row) -> Row:
    """Return a new row with what later entries changed in it."""
    if row is AccountRow:
        return (*values[:3], *rows.restrictions.get(values[0], values[3:]))
    if row is GrantRow:
        return (*values[:-1], rows.ended_grants.get(values[0], values[-1]))
    return values


def _total(text: str) -> int:
    """Return a sum in hundredths: unlike a single amount, it has no greatest value."""
    return int(text.replace(".", ""))


def _by_system(awarded: dict[tuple[str, str], int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for (_, system), amount in awarded.items():
        sums[system] = sums.get(system, 0) + amount
    return {system: total for system, total in sums.items() if total}


def _index_of(table: str, values: Row) -> int | None:
    """Return the entry that a row says it comes from."""
    columns = _COLUMNS[table]
    name = "entry_index" if "entry_index" in columns else "opened_index"
    index = values[columns.index(name)]
    return index if isinstance(index, int) else None


def _text(key: Row) -> str:
    return "/".join(str(part) for part in key)


def stored_tables() -> Iterator[str]:
    """Yield the name of every view, the largest first."""
    yield from sorted(_TABLES, key=lambda name: name != name_of(AccountEntryRow))
