"""The path to a target 一人一策: which modules are left to learn, the fewest class-hours first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.conversion import Candidate, Path, find_path
from creditbank.domain.conversion.facts import Request
from creditbank.domain.registers import Module
from creditbank.domain.registers_on import RegistersOn
from creditbank.services import converting
from creditbank.services.converting import Prepared, Question, references
from creditbank.services.sentences import spoken

if TYPE_CHECKING:
    from creditbank.domain.access import Principal
    from creditbank.services.banking import Bank

_ISSUERS: Final = frozenset({"issuer", "issuer_role"})


@dataclass(frozen=True, slots=True)
class Found:
    """A path, and what it was asked of."""

    prepared: Prepared
    path: Path

    def document(self) -> dict[str, Any]:
        """Return the path as JSON values, what it leads to said in words."""
        path = self.path.document()
        prepared = self.prepared
        (leads_to,) = spoken([path.pop("leads_to")])
        return {
            "account": prepared.question.account,
            "on": prepared.case.on.isoformat(),
            "rulebooks": references(prepared.books),
            "target": path["target"],
            "verdict": path["verdict"],
            "modules": path["steps"],
            "class_hours": path["class_hours"],
            "reasons": path["reasons"],
            "leads_to": leads_to,
        }


async def find(
    bank: Bank,
    principal: Principal,
    question: Question,
    target: Request,
    modules: Sequence[str] | None,
) -> Found:
    """Return the path of a learner to a target over modules in force; over all, if none is named.

    Raises as `converting.ask`, and as finding a path does. The reading is noted.
    """
    prepared = await converting.ask(bank, principal, question, "path")
    return await asyncio.to_thread(_find, prepared, target, modules)


def _find(prepared: Prepared, target: Request, modules: Sequence[str] | None) -> Found:
    catalogue, on = prepared.catalogue, prepared.case.on
    by_issuer = any(converting.members_of(book) & _ISSUERS for book in prepared.books)
    wanted = None if modules is None else set(modules)
    candidates = [
        candidate
        for module in _modules(catalogue, on)
        if wanted is None or module.id in wanted
        for candidate in _candidates(module, catalogue, on, by_issuer=by_issuer)
    ]
    registers = RegistersOn(catalogue, on)
    return Found(prepared, find_path(prepared.case, prepared.books, registers, target, candidates))


def _modules(catalogue: Catalogue, on: date) -> Iterator[Module]:
    """Yield the modules in force, in order of their ids."""
    for kind, register_id in sorted(catalogue.names()):
        if kind == "module":
            found = catalogue.in_force(kind, register_id, on)
            if found is not None and isinstance(found.register, Module):
                yield found.register


def _candidates(
    module: Module, catalogue: Catalogue, on: date, *, by_issuer: bool
) -> Iterator[Candidate]:
    """Yield how a module may be taken: at each institution, where a rule asks by whom."""
    givers = list(catalogue.authorised(module.id, on)) if by_issuer else []
    for giver in givers:
        yield Candidate(module, giver.id, frozenset(giver.roles))
    if not givers:
        yield Candidate(module)
