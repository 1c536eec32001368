"""What a rulebook names in other registers."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.registers.register import OccupationRef, Reference
from creditbank.domain.rules.condition import Amount, Unit, Work
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.selection import Selection
from creditbank.domain.rules.target import (
    CourseTarget,
    ElectiveTarget,
    Grade,
    GradeTarget,
    StackTarget,
    Target,
    TransferTarget,
)
from creditbank.domain.rules.walking import rule_conditions, selections_of

# Members of a selection whose values are ids of a register.
_IN_REGISTERS = {
    "module": "module",
    "certificate_kind": "certificate_kind",
    "system": "credit_system",
}


def references_of(rulebook: Rulebook) -> Iterator[Reference]:
    """Yield every register that `rulebook` names, with the place where it does.

    Scores and marks are not among the references, since a mark may be the title of a rank; `lint`
    holds them against their scale. Nor are issuers, who need not be institutions of this bank.
    """
    yield Reference("/owner", "institution", rulebook.owner)
    if rulebook.under is not None:
        yield Reference("/under", "rulebook", rulebook.under)
    for where, selection in selections_of(rulebook):
        yield from _of_selection(where, selection)
    for where, _, condition in rule_conditions(rulebook):
        if isinstance(condition, Amount):
            yield from _of_unit(f"{where}/unit", condition.unit)
        if isinstance(condition, Work):
            yield from _of_occupations(f"{where}/occupations", condition.occupations)
    for position, rule in enumerate(rulebook.rules):
        yield from _of_target(f"/rules/{position}/target", rule.target)


def _of_selection(where: str, selection: Selection) -> Iterator[Reference]:
    for member, kind in _IN_REGISTERS.items():
        for position, name in enumerate(getattr(selection, member)):
            yield Reference(f"{where}/{member}/{position}", kind, name)
    yield from _of_occupations(f"{where}/occupation", selection.occupation)
    if selection.level is not None:
        scale = selection.level.scale
        for end in ("at_least", "at_most"):
            rank = getattr(selection.level, end)
            if rank is not None:
                yield Reference(f"{where}/level/{end}", "scale", scale, rank=rank)
    if selection.score is not None:
        yield Reference(f"{where}/score/scale", "scale", selection.score.scale)


def _of_occupations(where: str, occupations: tuple[OccupationRef, ...]) -> Iterator[Reference]:
    for position, occupation in enumerate(occupations):
        yield Reference(f"{where}/{position}", "occupation", occupation.register_id)


def _of_unit(where: str, unit: Unit) -> Iterator[Reference]:
    if unit.system is not None:
        yield Reference(f"{where}/system", "credit_system", unit.system)


def _of_target(where: str, target: Target) -> Iterator[Reference]:
    if isinstance(target, CourseTarget | ElectiveTarget | StackTarget):
        yield Reference(f"{where}/programme", "programme", target.programme)
    if isinstance(target, ElectiveTarget | TransferTarget):
        yield Reference(f"{where}/system", "credit_system", target.system)
    if isinstance(target, CourseTarget | ElectiveTarget) and target.grade is not None:
        yield from _of_grade(f"{where}/grade", target.grade)
    if isinstance(target, TransferTarget) and target.to is not None:
        yield Reference(f"{where}/to", "institution", target.to)
    if isinstance(target, GradeTarget):
        yield Reference(f"{where}/occupation", "occupation", target.occupation.register_id)
        yield Reference(f"{where}/level/rank", "scale", target.level.scale, rank=target.level.rank)


def _of_grade(where: str, grade: Grade) -> Iterator[Reference]:
    yield Reference(f"{where}/scale", "scale", grade.scale)
