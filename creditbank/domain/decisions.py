"""Decisions 决定: what an application reserves, what a registered one consumed, what is given back.

A lot is never spent: within one scope (academic 学业, grade 等级, programme 培养方案, subsidy 补贴)
a decision takes a share of it. Whoever recognises it, in one scope nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from creditbank.domain.civil_time import civil_date
from creditbank.domain.conversion.facts import PriorGrant, PriorUse
from creditbank.domain.lineage import Standing

SCOPES: Final = ("academic", "grade", "programme", "subsidy")
WHOLE: Final = Fraction(1)
NOTHING: Final = Fraction(0)
_AS_THEY_ARE: Final[Standing] = {}


class Status(StrEnum):
    """How far a decision has come."""

    PENDING = "pending"
    """Applied for; what it needs is reserved until it expires."""
    REGISTERED = "registered"
    """The last step was taken; what it needs is consumed."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RETURNED = "returned"
    """Registered, and given back by the owner later."""


ENDS: Final = (Status.WITHDRAWN, Status.EXPIRED, Status.RETURNED)


@dataclass(frozen=True, slots=True)
class Use:
    """What one target takes of one outcome in a scope; an amount of 0 is only looked at.

    `amount` and `of`, all of the outcome, are hundredths of `unit`.
    """

    outcome: str
    scope: str
    rule: str
    target: str
    sharing: str
    unit: str
    amount: int
    of: int

    @property
    def is_whole(self) -> bool:
        """Whether it claims the outcome as a whole."""
        return self.amount >= self.of

    @property
    def share(self) -> Fraction:
        """How much of the outcome it takes, from 0 to 1."""
        return Fraction(min(self.amount, self.of), self.of) if self.amount else NOTHING


@dataclass(frozen=True, slots=True)
class Said:
    """What a supplier says under an id; `until` is the last civil day on which it may be used."""

    name: str
    by: str
    org: str
    value: Mapping[str, Any]
    until: str | None
    index: int


@dataclass(slots=True)
class Decision:
    """One decision as the entries so far make it. Times are unix seconds.

    `frames` are the rulebooks above its own. `evaluators` are whoever posted or issued what it
    rests on. `steps` are those that were taken. `targets` say what is granted, each with the
    outcomes that count for it. `evidence` is what was said, each with the entry by which its
    supplier says something else now, if they do (`changed`); `changed_index` is the last of these.
    """

    id: str
    account: str
    owner: str
    rulebook: str
    version: str
    frames: tuple[str, ...]
    kind: str
    status: Status
    steps: int
    steps_total: int
    entry_index: int
    applied_at: int
    expires_at: int
    last_index: int
    last_at: int
    registered_at: int | None = None
    ended_at: int | None = None
    review_index: int | None = None
    evaluators: tuple[str, ...] = ()
    targets: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    changed_index: int | None = None
    uses: list[Use] = field(default_factory=list)

    def status_at(self, moment: int) -> Status:
        """Return the status as of a moment; a reservation ends by itself when it expires."""
        if self.ended_at is not None and self.ended_at <= moment:
            return self.status
        if self.registered_at is not None and self.registered_at <= moment:
            return Status.REGISTERED
        return Status.PENDING if moment < self.expires_at else Status.EXPIRED

    def hears(self, said: Said) -> bool:
        """Take what is said later; return whether that changed how its evidence stands.

        Of one supplier the latest under an id counts. It supports a decision where it says the
        same, and for no shorter a time.
        """
        mine = self._said_by(said)
        for one in mine:
            one.pop("changed", None)
            if _differs(one, said):
                one["changed"] = said.index
        changed = [one["changed"] for one in self.evidence if "changed" in one]
        self.changed_index = max(changed, default=None)
        return bool(mine)

    def is_news(self, said: Said) -> bool:
        """Return whether what is said would change evidence of this one that was not changed."""
        return any("changed" not in one and _differs(one, said) for one in self._said_by(said))

    def _said_by(self, said: Said) -> list[dict[str, Any]]:
        who = (said.name, said.by, said.org)
        return [one for one in self.evidence if (one["id"], one["by"], one["org"]) == who]

    def holds(self, moment: int) -> bool:
        """Return whether what it takes is taken at `moment`."""
        return self.status_at(moment) in {Status.PENDING, Status.REGISTERED}


def _differs(before: Mapping[str, Any], said: Said) -> bool:
    """Return whether something else is said, or the same for a shorter time."""
    until = before.get("until")
    shorter = said.until is not None and (until is None or said.until < until)
    return shorter or before["value"] != said.value


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """Return decisions in the order in which they were applied for."""
    return sorted(decisions, key=lambda one: one.entry_index)


def prior_uses(
    decisions: Iterable[Decision],
    moment: int,
    standing: Standing = _AS_THEY_ARE,
    *,
    under: str | None = None,
) -> tuple[PriorUse, ...]:
    """Return what decisions that hold at `moment` take, in order, as rulebook `under` sees it.

    What they took of an outcome that ended they take of the one that is `standing` for it. Sharing
    is between rules of one rulebook: what those of another share is to this one taken by the
    largest of them alone, and the others take no more.
    """
    holding = [one for one in in_order(decisions) if one.holds(moment)]
    foreign = _largest_shared([one for one in holding if one.rulebook != under], standing)
    return tuple(
        PriorUse(
            outcome=standing.get(use.outcome, use.outcome),
            scope=use.scope,
            rule=use.rule,
            sharing=_seen(use, foreign) if decision.rulebook != under else use.sharing,
            whole=use.is_whole,
            unit=use.unit,
            amount=use.amount,
            of=use.of,
            target=use.target,
        )
        for decision in holding
        for use in decision.uses
        if use.amount
    )


def _seen(use: Use, largest: set[int]) -> str:
    if use.sharing != "shared":
        return use.sharing
    return "exclusive" if id(use) in largest else "free"


def _largest_shared(decisions: Iterable[Decision], standing: Standing) -> set[int]:
    """Return by their identity the shared uses that are the largest in their rulebook's layer."""
    largest: dict[tuple[str, str, str], Use] = {}
    for decision in decisions:
        for use in decision.uses:
            key = (decision.rulebook, standing.get(use.outcome, use.outcome), use.scope)
            if use.sharing == "shared" and use.share > (
                largest[key].share if key in largest else 0
            ):
                largest[key] = use
    return set(map(id, largest.values()))


def prior_grants(
    decisions: Iterable[Decision], moment: int, standing: Standing = _AS_THEY_ARE
) -> tuple[PriorGrant, ...]:
    """Return what decisions that hold at `moment` grant, in order; `standing` as above."""
    return tuple(
        PriorGrant(
            rulebook=decision.rulebook,
            rule=target["rule"],
            target=target["target"],
            granted=target.get("granted", 0),
            system=target.get("system"),
            outcomes=tuple(standing.get(one, one) for one in target["outcomes"]),
            under=decision.frames,
        )
        for decision in in_order(decisions)
        if decision.holds(moment)
        for target in decision.targets
    )


def loads(
    decisions: Iterable[Decision], standing: Standing = _AS_THEY_ARE
) -> dict[tuple[str, str], Fraction]:
    """Return how much of each outcome is taken in each scope; above 1 it is taken twice.

    Shares of exclusive uses add up. Shared uses under one rulebook lie on top of one another, so
    the largest of them counts; those of several rulebooks add up like exclusive ones.
    """
    exclusive: dict[tuple[str, str], Fraction] = {}
    shared: dict[tuple[str, str], dict[str, Fraction]] = {}
    for decision in decisions:
        for use in decision.uses:
            key = (standing.get(use.outcome, use.outcome), use.scope)
            if use.sharing == "shared":
                layers = shared.setdefault(key, {})
                layers[decision.rulebook] = max(layers.get(decision.rulebook, NOTHING), use.share)
            else:
                exclusive[key] = exclusive.get(key, NOTHING) + use.share
    return {
        key: exclusive.get(key, NOTHING) + sum(shared.get(key, {}).values(), NOTHING)
        for key in sorted(exclusive.keys() | shared.keys())
    }


def overdrawn(
    decisions: Iterable[Decision], moment: int, standing: Standing = _AS_THEY_ARE
) -> list[tuple[str, str]]:
    """Return outcome and scope wherever decisions that hold at `moment` take more than there is."""
    taken = loads([one for one in decisions if one.holds(moment)], standing)
    return [key for key, load in taken.items() if load > WHOLE]


def taken_by_status(
    decisions: Iterable[Decision], moment: int, standing: Standing = _AS_THEY_ARE
) -> Mapping[tuple[str, str], tuple[Fraction, Fraction]]:
    """Return the shares consumed and reserved of each outcome in each scope at `moment`.

    Together no more than all of it: an outcome may be `standing` for several that were used up.
    """
    holding = [one for one in decisions if one.holds(moment)]
    registered = [one for one in holding if one.status_at(moment) is Status.REGISTERED]
    consumed = {key: min(load, WHOLE) for key, load in loads(registered, standing).items()}
    both = {key: min(load, WHOLE) for key, load in loads(holding, standing).items()}
    return {
        key: (consumed.get(key, NOTHING), load - consumed.get(key, NOTHING))
        for key, load in both.items()
        if load
    }


def first_day_after(noticed_at: int, public_days: int) -> date:
    """Return the first civil day on which what was made public at `noticed_at` may go on.

    The day of the notice itself does not count (Civil Code of the PRC, article 201): with five
    days from the 1st it is the 7th. Without days it is the same day.
    """
    day = civil_date(noticed_at)
    return day + timedelta(days=public_days + 1) if public_days else day


def relied_on(decisions: Sequence[Decision]) -> set[str]:
    """Return the outcomes that decisions rest on, whether they take anything of them or not."""
    return {use.outcome for one in decisions for use in one.uses}
