"""Made-up learners, rulebooks and modules that conversion is measured with."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle
from random import Random
from typing import Any

from creditbank.domain.conversion import (
    Case,
    OutcomeFact,
    Score,
)
from creditbank.domain.registers import Module, parse_register
from creditbank.domain.rules.rulebook import Rulebook
from tests.conversions import (
    SYSTEM,
    amount,
    book,
    case,
    course,
    elective,
    grade,
    rule,
)

_CREDITS = (83, 100, 133, 150, 167, 200, 300)
_SCENES = ("制造", "物流", "零售", "金融", "服务", "农业")
_ISSUERS = ("甲校", "乙校", "丙校", "丁校")
_SOME = 0.3
"""The part of made-up things that have what only some have."""


def learners(count: int, outcomes: int, seed: int) -> list[Case]:
    """Return made-up learners, each with so many outcomes."""
    random = Random(seed)  # noqa: S311  # the same at every run
    return [
        case(*(_outcome(random, f"{number}-{place:02d}") for place in range(outcomes)))
        for number in range(count)
    ]


def _outcome(random: Random, name: str) -> OutcomeFact:
    credit = random.choice(_CREDITS)
    return OutcomeFact(
        id=name,
        type=random.choice(("module", "module", "online_course", "academic_course")),
        achieved_on=date(2024, 1, 1) + timedelta(days=random.randrange(900)),
        scene=random.choice(_SCENES),
        issuer=random.choice(_ISSUERS),
        level=("gd-qf-7", random.randint(2, 4)),
        scores=(Score("percent-100", f"{random.randint(60, 99)}.00"),),
        credits={SYSTEM: credit},
        class_hours=credit * 16,
    )


def selection(random: Random, scenes: int) -> dict[str, Any]:
    """Return a selection of so many scenes, of some issuer, newness or level now and then."""
    found: dict[str, Any] = {"scene": random.sample(_SCENES, scenes)}
    if random.random() < _SOME:
        found["issuer"] = random.sample(_ISSUERS, 2)
    return found


def _requirements(random: Random, count: int) -> dict[str, Any]:
    """Return so many requirements: amounts, one of them with a part at a higher level, and more."""
    inner: list[dict[str, Any]] = []
    for _, kind in zip(range(count), cycle(("plain", "part", "cap", "holds")), strict=False):
        if kind == "holds":
            inner.append({"kind": "holds", "select": selection(random, 3), "count": 2})
            continue
        one = amount(random.choice(("2.00", "2.50", "3.00", "4.00")), select=selection(random, 2))
        if kind == "part":
            where = {"level": {"scale": "gd-qf-7", "at_least": 3}}
            one["least"] = [{"at_least": "1.00", "where": where}]
        if kind == "cap":
            cap = {"id": "online", "text": {"zh": "线上上限"}, "limit": "1.00"}
            one["caps"] = [cap | {"over": {"type": ["online_course"]}}]
        inner.append(one)
    return {"kind": "all", "of": inner}


def competing(seed: int) -> Rulebook:
    """Return five courses with four requirements each, over the same outcomes."""
    random = Random(seed)  # noqa: S311  # the same at every run
    rules = [rule(f"r{n}", course(f"C{n}"), _requirements(random, 4)) for n in range(5)]
    return book(*rules)


def many_rules(count: int) -> Rulebook:
    """Return rules as a province's colleges have them: most do not concern a given worker."""
    random = Random(7)  # noqa: S311  # the same at every run
    rules = []
    for number in range(count):
        name = f"r{number}"
        select = selection(random, 1) | {"course": [f"K{random.randrange(400)}"]}
        if number % 10 == 0:
            select = selection(random, 1)
        if number % 3 == 0:
            needs = {
                "kind": "any",
                "of": [
                    amount("2.00", select=select),
                    amount("60.00", "class_hours", select=select),
                ],
            }
            free = {"use": {"scope": "grade", "sharing": "free", "effect": "recognise"}}
            rules.append(rule(name, grade(number % 5 + 1), needs, **free))
        elif number % 3 == 1:
            rules.append(rule(name, course(f"C{number % 5}"), amount("2.00", select=select)))
        else:
            bucket = {"bucket": {"zh": f"选修{number}"}}
            rules.append(rule(name, elective("4.00", **bucket), amount("1.00", select=select)))
    return book(*rules)


def catalogue(count: int) -> list[Module]:
    """Return modules of 15 to 30 class-hours, a third of them with a prerequisite."""
    random = Random(3)  # noqa: S311  # the same at every run
    found = []
    for number in range(count):
        before = [f"M{random.randrange(number)}"] if number and random.random() < _SOME else []
        hours = random.randint(15, 30)
        document = {
            "id": f"M{number}",
            "version": "1",
            "valid_from": "2026-01-01",
            "region": "440000",
            "title": {"zh": f"模块{number}"},
            "kind": "micro",
            "scene": random.choice(_SCENES),
            "level": {"scale": "gd-qf-7", "rank": random.randint(2, 4)},
            "hours": {"theory": f"{hours}.00", "practice": "0.00"},
            "credits": [{"system": SYSTEM, "amount": f"{hours / 18:.2f}"}],
            "stages": [{"stage": "study"}, {"stage": "assessment"}],
            "assessment": {
                "parts": [{"part": "theory", "scale": "percent-100", "pass_mark": "60.00"}]
            },
            "prerequisites": before,
        }
        module = parse_register("module", document)
        assert isinstance(module, Module)  # noqa: S101  # parsed as one
        found.append(module)
    return found


# --- naive ways ----------------------------------------------------------------------------------
