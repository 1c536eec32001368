"""Evaluating an intake: many learners under one rulebook, each by their own grant."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creditbank.domain.access import Principal
from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.civil_time import civil_date
from creditbank.domain.conversion.evaluating import Converter
from creditbank.domain.conversion.facts import Request
from creditbank.domain.conversion.results import Evaluation
from creditbank.domain.registers_on import RegistersOn
from creditbank.errors import CreditBankError
from creditbank.errors.access import NotGranted
from creditbank.services import converting
from creditbank.services.actors import check_token
from creditbank.services.converting import Prepared, Question
from creditbank.services.enquiring import check_may_read
from creditbank.services.identifying import new_id
from creditbank.services.permitting import Ground, ground_for
from creditbank.services.vouching import Statement
from creditbank.storage import access, loading, reading
from creditbank.storage.book import Book, Needs

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection

GROUNDS = (Ground.GRANT, Ground.DESK, Ground.AUDIT)


@dataclass(frozen=True, slots=True)
class Asked:
    """A learner of an intake, and what is said of them beside their outcomes."""

    account: str
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What the rules say of each learner, in order, or why they could not be asked.

    `more` is the account to go on after, None at the end.
    """

    on: str
    books: tuple[Published, ...]
    results: tuple[tuple[str, Evaluation | CreditBankError], ...]
    more: str | None


class NoteIntake:
    """That an organisation reads the records of many; the answer says who may not be read."""

    def __init__(self, principal: Principal, accounts: Sequence[str], ground: Ground) -> None:
        self.principal, self.accounts, self.ground = principal, list(accounts), ground

    @property
    def items(self) -> int:
        """How many rows it writes at most, at least one."""
        return max(1, len(self.accounts))

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts=set(self.accounts), tokens={self.principal.token})

    def decide(self, book: Book) -> dict[str, CreditBankError]:
        """Note each reading that may take place; return why the others may not."""
        check_token(book, self.principal.token)
        refused: dict[str, CreditBankError] = {}
        for account in self.accounts:
            try:
                check_may_read(book, self.principal, account, self.ground)
            except CreditBankError as refusal:
                refused[account] = refusal
        for account in sorted(set(self.accounts) - refused.keys()):
            who = self.principal
            note = access.AccessNote(new_id(), account, book.now, who.org, who.token, "evaluation")
            access.note_access(book, note)
        return refused


async def take_in(  # one argument per thing that is asked
    bank: Bank,
    principal: Principal,
    rulebook: str,
    requested: tuple[Request, ...],
    learners: Sequence[Asked] | None,
    *,
    after: str | None,
    limit: int,
) -> TakenIn:
    """Return what a rulebook says of each learner; without any, of those who granted a look.

    Who may not be read gets the refusal as a result, and the others their own. Raises
    `RulebookUnknown`, and what `evaluate` says of the rulebook itself.
    """
    ground = ground_for(principal, "", GROUNDS)
    more = None
    if learners is None:
        accounts = await bank.database.read(
            lambda connection: granted(connection, principal.org, after, limit + 1)
        )
        more = accounts[limit - 1] if len(accounts) > limit else None
        learners = [Asked(account) for account in accounts[:limit]]
    named = [one.account for one in learners]
    refused = await bank.journal.submit(NoteIntake(principal, named, ground))

    def read(connection: Connection) -> tuple[_Intake, list[Prepared | CreditBankError]]:
        catalogue = bank.recorder.catalogue_of(connection)
        now = loading.read_head(connection).now
        books = converting.books_in_force(catalogue, rulebook, civil_date(now))
        found = [
            refused.get(one.account)
            or _prepare(connection, bank, catalogue, now, _question(one, rulebook, requested))
            for one in learners
        ]
        return _Intake(catalogue, books, now), found

    intake, prepared = await bank.database.read(read, long=True)
    evaluated = await asyncio.to_thread(_evaluate, intake, prepared, requested)
    on = civil_date(intake.now).isoformat()
    return TakenIn(on, intake.books, tuple(zip(named, evaluated, strict=True)), more)


def granted(connection: Connection, org: str, after: str | None, limit: int) -> list[str]:
    """Return the accounts that let an organisation look, in order, after one of them."""
    now = loading.read_head(connection).now
    accounts = sorted({grant.account for grant in reading.grants_to(connection, org, now)})
    return [one for one in accounts if after is None or one > after][:limit]


@dataclass(frozen=True, slots=True)
class _Intake:
    catalogue: Catalogue
    books: tuple[Published, ...]
    now: int


def _question(asked: Asked, rulebook: str, requested: tuple[Request, ...]) -> Question:
    return Question(asked.account, rulebook, requested, asked.statements)


def _prepare(
    connection: Connection, bank: Bank, catalogue: Catalogue, now: int, question: Question
) -> Prepared | CreditBankError:
    if not reading.account_exists(connection, question.account):
        return NotGranted()  # erased in the moment between
    return converting.read_prepared(connection, bank.keyring, catalogue, question, now)


def _evaluate(
    intake: _Intake,
    prepared: Sequence[Prepared | CreditBankError],
    requested: tuple[Request, ...],
) -> list[Evaluation | CreditBankError]:
    """Return the evaluation of each, the rulebook made ready once for all."""
    registers = RegistersOn(intake.catalogue, civil_date(intake.now))
    converter = Converter(intake.books, registers)
    return [
        one if isinstance(one, CreditBankError) else converter.evaluate(one.case, requested)
        for one in prepared
    ]
