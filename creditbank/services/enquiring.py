"""What a learner's record says, to those who may know, each reading kept.

The access is recorded first, through the journal, which looks at token, account and grant under
the lock; only after that is committed is anything read. A reading that cannot be recorded does not
take place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from creditbank.domain.access import Principal
from creditbank.domain.balances import AsOf, balance
from creditbank.domain.decisions import taken_by_status
from creditbank.domain.identifiers import mask_document
from creditbank.domain.lineage import standing_for
from creditbank.domain.outcomes import Outcome
from creditbank.domain.units import amount_text
from creditbank.errors.access import NotGranted
from creditbank.errors.recording import LearnerUnknown
from creditbank.errors.storage import Erased
from creditbank.ledger.times import format_time
from creditbank.services.actors import check_token
from creditbank.services.identifying import new_id
from creditbank.services.permitting import OWNER_OR_DESK, READERS, Ground, ground_for
from creditbank.services.restricting import check_unrestricted
from creditbank.storage import access, decision_reading, loading, reading
from creditbank.storage.book import Book, Needs

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.storage.reading import Connection, Grant

T = TypeVar("T")

_STOPPED = frozenset({Ground.GRANT, Ground.POSTED, Ground.DECIDES})
"""The grounds that a restriction stops. Learner, desk and audit look after what is stored."""

ACCESS_LOG_MAX = 1_000_000
"""How many readings an export tells of: all that there can be."""


class NoteAccess:
    """That somebody reads the data of `accounts`, and why; refused where they may not."""

    def __init__(
        self, principal: Principal, accounts: Iterable[str], action: str, ground: Ground
    ) -> None:
        self.principal, self.action, self.ground = principal, action, ground
        self.accounts = sorted(set(accounts))

    @property
    def items(self) -> int:
        """How many rows it writes, at least one."""
        return max(1, len(self.accounts))

    @property
    def needs(self) -> Needs:
        """What to read before deciding."""
        return Needs(accounts=set(self.accounts), tokens={self.principal.token})

    def decide(self, book: Book) -> None:
        """Note the access.

        Refuses with `Unauthenticated`, `Erased`, `LearnerUnknown`, `NotGranted`, and with
        `AccountRestricted` where the account is stored and no more, on grounds that are use.
        """
        check_token(book, self.principal.token)
        for account in self.accounts:
            check_may_read(book, self.principal, account, self.ground)
        for account in self.accounts:
            access.note_access(book, self._note(account, book.now))

    def _note(self, account: str, now: int) -> access.AccessNote:
        principal = self.principal
        return access.AccessNote(
            new_id(), account, now, principal.org, principal.token, self.action
        )


def check_may_read(book: Book, principal: Principal, name: str, ground: Ground) -> None:
    """Refuse as `NoteAccess` does what may not be read on this ground, looked at under the lock."""
    account = book.account(name)
    if account is None and book.was_erased(name):
        raise Erased
    if ground is Ground.GRANT:
        grant = reading.grant_for(book.connection, name, principal.org, book.now)
        if grant is None:
            raise NotGranted
    if account is None:
        raise LearnerUnknown
    if ground in _STOPPED:
        check_unrestricted(account, book.now)


@dataclass(frozen=True, slots=True)
class Enquiry:
    """Somebody's question about one account, answered by `read` after it was noted."""

    bank: Bank
    principal: Principal
    account: str
    action: str
    grounds: tuple[Ground, ...] = READERS

    @property
    def ground(self) -> Ground:
        """Why they may ask; raises `Forbidden`."""
        return ground_for(self.principal, self.account, self.grounds)

    async def read(self, work: Callable[[Connection], T], *, long: bool = False) -> T:
        """Return what `work` reads, after the access was committed; raises as `NoteAccess`."""
        note = NoteAccess(self.principal, [self.account], self.action, self.ground)
        await self.bank.journal.submit(note)

        def read_if_there(connection: Connection) -> T:
            if not reading.account_exists(connection, self.account):
                raise Erased  # in the moment between
            return work(connection)

        return await self.bank.database.read(read_if_there, long=long)


async def read_balance(
    bank: Bank, principal: Principal, account: str, as_of: AsOf
) -> dict[str, Any]:
    """Return the balance, per credit system, as of a past moment if one is given."""
    enquiry = Enquiry(bank, principal, account, "balance")

    def read(connection: Connection) -> dict[str, Any]:
        outcomes = reading.outcomes_of(connection, account)
        moment = as_of.recorded_at
        if moment is None:
            moment = loading.read_head(connection).now
        decisions = decision_reading.decisions_of(connection, account)
        by_then = [one for one in decisions if one.applied_at <= moment]
        standing = standing_for(outcomes, as_of.has_available)
        return balance(outcomes, as_of, taken_by_status(by_then, moment, standing))

    return {"account": account} | await enquiry.read(read)


async def read_outcomes(bank: Bank, principal: Principal, account: str) -> list[dict[str, Any]]:
    """Return every outcome, revoked ones too, in the order in which they were opened."""
    enquiry = Enquiry(bank, principal, account, "outcomes")
    outcomes = await enquiry.read(lambda connection: reading.outcomes_of(connection, account))
    return [outcome_document(outcome) for outcome in outcomes]


async def read_identity(bank: Bank, principal: Principal, account: str) -> dict[str, Any]:
    """Return names and documents, numbers masked, and a restriction if one stands."""
    enquiry = Enquiry(bank, principal, account, "identity", OWNER_OR_DESK)
    return await enquiry.read(
        lambda connection: identity_document(connection, bank, account, masked=True)
    )


async def read_access_log(
    bank: Bank, principal: Principal, account: str, limit: int, before: str | None = None
) -> dict[str, Any]:
    """Return who read the account's data, newest first, this reading among them.

    `before` is the `next` of another page: a time and an id, with a hyphen between them. The page
    has one of its own if more may follow.
    """
    enquiry = Enquiry(bank, principal, account, "access_log", OWNER_OR_DESK)
    at, _, last = (before or "").partition("-")
    place = (int(at), last) if before else None
    rows = await enquiry.read(
        lambda connection: reading.access_log(connection, account, limit, place)
    )
    page: dict[str, Any] = {"account": account, "accesses": [access_document(row) for row in rows]}
    if len(rows) == limit:
        page["next"] = f"{rows[-1]['at']}-{rows[-1]['id']}"
    return page


async def list_grants(bank: Bank, principal: Principal) -> list[dict[str, Any]]:
    """Return a learner's own grants, or those that stand to an organisation.

    To the organisation they tell no more than the grant itself told it, so that is no reading of
    the learner's data.
    """
    account = principal.account
    if account is not None:
        enquiry = Enquiry(bank, principal, account, "grants", OWNER_OR_DESK)
        own = await enquiry.read(lambda connection: reading.grants_of(connection, account))
        return [grant_document(grant, int(time.time())) for grant in own]
    now = int(time.time())
    given = await bank.database.read(
        lambda connection: reading.grants_to(connection, principal.org, now)
    )
    return [grant_document(grant, now) for grant in given]


def identity_document(
    connection: Connection, bank: Bank, account: str, *, masked: bool
) -> dict[str, Any]:
    """Return what the vault holds about an account, numbers masked unless it is for the export."""
    show = mask_document if masked else str
    identities = [
        content | {name: show(content[name]) for name in ("number", "phone") if name in content}
        for content in reading.identities_of(connection, bank.keyring, account)
    ]
    document: dict[str, Any] = {
        "account": account,
        "identities": sorted(identities, key=lambda one: (one["kind"], one["number"])),
    }
    restriction = reading.account_restriction(connection, account)
    if restriction is not None:
        document["restriction"] = {"until": restriction[0], "reason": restriction[1]}
    return document


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values; what does not apply is absent."""
    document: dict[str, Any] = {
        "outcome": outcome.id,
        "type": outcome.type,
        "title": outcome.title,
        "org": outcome.org,
        "verification": outcome.verification,
        "status": _status(outcome),
        "opened_index": outcome.opened_index,
        "stages": outcome.stages,
        "attempts": outcome.attempts,
        "credits": outcome.credits,
        "hours": {
            "theory": amount_text(outcome.hours_theory),
            "practice": amount_text(outcome.hours_practice),
        },
    }
    for name in ("module", "version", "scene", "level", "achieved_on", "credited_index"):
        value = getattr(outcome, name)
        if value is not None:
            document[name] = value
    if outcome.revoked_index is not None:
        document["revoked_index"] = outcome.revoked_index
    return document


def _status(outcome: Outcome) -> str:
    if not outcome.is_live:
        return "revoked"
    return "credited" if outcome.is_credited else "begun"


def access_document(row: dict[str, Any]) -> dict[str, Any]:
    """Return one reading as JSON values."""
    return {
        "at": format_time(row["at"]),
        "org": row["org"],
        "token_id": row["token"],
        "action": row["action"],
    }


def grant_document(grant: Grant, now: int) -> dict[str, Any]:
    """Return a grant as JSON values; `now` decides whether it stands."""
    ended = grant.ended_index is not None
    return {
        "grant": grant.id,
        "account": grant.account,
        "org": grant.org,
        "purpose": grant.purpose,
        "until": format_time(grant.until),
        "at": format_time(grant.at),
        "index": grant.index,
        "status": "ended" if ended else "stands" if grant.until > now else "expired",
    }
