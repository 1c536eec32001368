"""The smallest set of modules to a target, against trying every set of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from creditbank.domain.conversion import Candidate, Path, Request, Verdict, find_path
from creditbank.domain.conversion.candidates import Virtual, virtual_outcomes
from creditbank.domain.conversion.evaluating import Converter
from creditbank.domain.registers import Module, parse_register
from tests.conversions import SYSTEM
from tests.small_answers import registers
from tests.small_cases import ISSUERS, OTHER, SCENES, Small, small

USUAL = range(150)
MANY = range(150, 2_500)
REACHED = {Verdict.MET, Verdict.NEEDS_EVIDENCE}
NAMES = ("M1", "M3", "M4", "M5", "M6")


def module(random: Random, name: str, earlier: Sequence[str]) -> Module:
    """Return a small module, of few hours and hundredths of credit, with a prerequisite or two."""
    hours = random.choice((1, 2, 3, 5))
    credit = f"0.0{random.randint(1, 2)}"
    before = random.sample(earlier, min(len(earlier), random.choice((0, 0, 0, 1, 1, 2))))
    document: dict[str, Any] = {
        "id": name,
        "version": "1",
        "valid_from": "2026-01-01",
        "region": "440000",
        "title": {"zh": name},
        "kind": "project",
        "scene": random.choice(SCENES),
        "level": {"scale": "gd-qf-7", "rank": random.randint(2, 4)},
        "hours": {"theory": f"{hours}.00", "practice": "0.00"},
        "credits": [{"system": one, "amount": credit} for one in (SYSTEM, OTHER)],
        "stages": [{"stage": "study"}, {"stage": "assessment"}],
        "assessment": {"parts": [{"part": "theory", "scale": "percent-100", "pass_mark": "60.00"}]},
        "prerequisites": before,
    }
    if random.random() < 0.5:
        document["equivalence_group"] = random.choice("gh")
    found = parse_register("module", document)
    assert isinstance(found, Module)
    return found


@dataclass
class Asked:
    """One rule, a learner who does not meet it, and modules that may be taken."""

    small: Small
    candidates: list[Candidate]

    @classmethod
    def of(cls, seed: int) -> Asked:
        random = Random(seed)  # noqa: S311  # the same at every run
        names = random.sample(NAMES, random.choice((3, 4, 5)))
        modules = [module(random, name, names[:place]) for place, name in enumerate(names)]
        there = small(seed, rules=1)
        case = replace(there.case, outcomes=there.case.outcomes[: random.choice((0, 1, 2))])
        issuers = [random.choice((*ISSUERS, None)) for _ in modules]
        candidates = [Candidate(one, who) for one, who in zip(modules, issuers, strict=True)]
        return cls(replace(there, case=case), candidates)

    @property
    def target(self) -> Request:
        return Request(self.small.books[0].rules[0].id)

    def path(self) -> Path:
        books = list(self.small.books)
        return find_path(self.small.case, books, registers(), self.target, self.candidates)

    def reached(self, taken: Sequence[Virtual]) -> bool:
        """Return whether the target is reached once so much more has been achieved."""
        facts = (*self.small.case.outcomes, *(one.fact for one in taken))
        there = replace(self.small.case, outcomes=facts)
        converter = Converter(list(self.small.books), registers())
        return converter.evaluate(there, (self.target,)).results[0].verdict in REACHED

    def smallest(self) -> tuple[int, int] | None:
        """Return hours and number of the smallest set that reaches the target; None if none."""
        virtual = virtual_outcomes(self.candidates, self.small.case, (), registers())
        sets = sorted(self._sets(virtual), key=lambda some: (hours_of(some), len(some)))
        found = next((some for some in sets if self.reached(some)), None)
        return None if found is None else (hours_of(found), len(found))

    def _sets(self, virtual: Sequence[Virtual]) -> Iterator[tuple[Virtual, ...]]:
        """Yield every set of modules that can be taken one after the other."""
        had = {fact.module for fact in self.small.case.outcomes}
        new = [one for one in virtual if one.candidate.module.id not in had]
        for count in range(len(new) + 1):
            for some in itertools.combinations(new, count):
                there = had | {one.candidate.module.id for one in some}
                if all(there.issuperset(one.candidate.module.prerequisites) for one in some):
                    yield some


def hours_of(some: Sequence[Virtual]) -> int:
    return sum(one.candidate.module.hours.total for one in some)


def assert_smallest(seeds: range) -> int:
    """Return how many paths were found, each as small as any."""
    found = 0
    for seed in seeds:
        asked = Asked.of(seed)
        path, expected = asked.path(), asked.smallest()
        if expected is None:
            assert path.verdict is Verdict.NOT_MET, seed
            assert path.steps == ()
            continue
        assert path.verdict in REACHED, seed
        assert (path.class_hours, path.count) == expected, seed
        found += path.count > 0
    return found


def test_no_set_of_modules_reaches_a_target_in_fewer_hours_than_its_path() -> None:
    assert assert_smallest(USUAL) > 25


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_set_of_thousands_reaches_a_target_in_fewer_hours_than_its_path() -> None:
    assert_smallest(MANY)


def test_every_step_counts_or_is_asked_for_by_a_step_and_follows_its_prerequisites() -> None:
    for seed in USUAL:
        asked = Asked.of(seed)
        before = {fact.module for fact in asked.small.case.outcomes}
        known = {one.module.id: one.module for one in asked.candidates}
        path = asked.path()
        names = {step.module for step in path.steps}
        for step in path.steps:
            assert before.issuperset(known[step.module].prerequisites), seed
            before.add(step.module)
            assert step.counts or set(step.prerequisite_of) & names, (seed, step.module)


def test_no_order_of_the_modules_changes_the_path() -> None:
    for seed in USUAL:
        asked = Asked.of(seed)
        other = replace(asked, candidates=asked.candidates[::-1])
        assert asked.path().document() == other.path().document(), seed
