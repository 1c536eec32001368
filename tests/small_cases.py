"""Random small rulebooks and cases, small enough to try every way."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from creditbank.domain.conversion.facts import Case, OutcomeFact, PriorUse, Request
from creditbank.domain.registers import Registers
from creditbank.domain.rules.rulebook import Rulebook
from tests.conversions import ON, PROGRAMME, SYSTEM, amount, book, course, elective, programme
from tests.conversions import registers as make_registers
from tests.conversions import rule as make_rule

TOTAL = 10
CREDITS = {"A": 2, "B": 3, "C": 1}
SCENES = ("x", "y")
ISSUERS = ("p", "q")


def small_registers() -> Registers:
    """Return a programme whose credits are hundredths, so that every amount can be tried."""
    plan = programme(*((code, f"0.0{credit}") for code, credit in CREDITS.items()))
    plan["modules"] = [{"module": "M", "required": False}]
    plan["total_credits"] = {"system": SYSTEM, "amount": "0.10"}
    return make_registers(("programme", plan))


class Maker:
    """Makes a rulebook and a case from one random number."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # the same cases at every run
        self.mixed = self.random.random() < 0.2

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def selection(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.chance(0.5):
            found["scene"] = [self.random.choice(SCENES)]
        if self.chance(0.25):
            found["issuer"] = [self.random.choice(ISSUERS)]
        return found

    def cents(self, *numbers: int) -> str:
        return f"0.0{self.random.choice(numbers)}"

    def cap(self, cap_id: str, *, bounds: bool = False) -> dict[str, Any]:
        cap: dict[str, Any] = {"id": cap_id, "text": {"zh": "上限"}}
        if self.chance(0.3):
            of = "programme" if bounds else "target"
            cap["share"] = {"percent": self.random.choice(["30.00", "50.00"]), "of": of}
        else:
            cap["limit"] = self.cents(2, 3, 4) if bounds else self.cents(1, 2, 3)
        if self.chance(0.5):
            cap["over"] = {"scene": [self.random.choice(SCENES)]}
        if self.chance(0.3):
            cap["per"] = self.random.choice(["issuer", "outcome"])
        return cap

    def amount(self) -> dict[str, Any]:
        measure = "credit"
        if self.mixed or self.chance(0.15):
            measure = self.random.choice(["credit", "class_hours", "outcomes", "worth"])
        least = self.random.choice(["1.00", "2.00"]) if measure == "outcomes" else ""
        found = amount(least or self.cents(0, 1, 2, 3), measure, select=self.selection())
        if measure == "worth":
            found["worth"] = self.cents(2, 3)
        if measure == "credit" and self.chance(0.2):
            found["at_least"] = "0.00"
        if self.chance(0.15) and measure != "outcomes":
            found["counted_at_most"] = self.cents(2, 3)
        if self.chance(0.15):
            found["outcomes_at_most"] = self.random.choice([1, 2])
        if self.chance(0.2) and measure != "outcomes":
            least_of = {"at_least": self.cents(1, 2), "where": {"scene": ["x"]}}
            found["least"] = [least_of]
        if self.chance(0.2):
            found["caps"] = [self.cap("c1")]
        return found

    def needs(self, depth: int = 0) -> dict[str, Any]:
        if depth == 0 and self.chance(0.3):
            inner = [self.needs(1), self.needs(1)]
            kind = self.random.choice(["all", "any"])
            return {"kind": kind, "of": inner}
        if depth and self.chance(0.15):
            return {"kind": "holds", "select": self.selection(), "count": 2}
        return self.amount()

    def use(self, names: list[str]) -> dict[str, Any]:
        use: dict[str, Any] = {"scope": "academic"}
        sharing = self.random.choices(["exclusive", "shared", "free"], [6, 2, 1])[0]
        if sharing == "shared":
            use |= {"sharing": "shared", "up_to": 2}
            if self.chance(0.5):
                use["with_rules"] = self.random.sample(names, 2)
        elif sharing == "free":
            use |= {"sharing": "free", "effect": "recognise"}
        return use | ({"surplus": "kept"} if self.chance(0.4) else {})

    def rule(self, name: str, names: list[str]) -> dict[str, Any]:
        more: dict[str, Any] = {"use": self.use(names)}
        needs = self.needs()
        if self.chance(0.65):
            target = course(self.random.choice(list(CREDITS)))
            if needs["kind"] == "amount" and "system" in needs["unit"] and self.chance(0.3):
                needs["of_target"] = "100.00"
        else:
            step: dict[str, Any] = {}
            if self.chance(0.4):
                rounding = self.random.choice(["down", "half_up", "half_even"])
                step = {"step": {"of": self.cents(2, 3), "rounding": rounding}}
            target = elective(self.cents(3, 4), **step)
            more["partial"] = self.chance(0.3)
        if self.chance(0.2):
            more["one_event"] = "counts_each"
        return make_rule(name, target, needs, **more)

    def book(self, count: int) -> Rulebook:
        names = [f"r{number}" for number in range(count)]
        rules = [self.rule(name, names if count > 1 else ["r0", "zz"]) for name in names]
        caps = [self.cap("b1", bounds=True)] if self.chance(0.3) else []
        return book(*rules, bounds={"caps": caps})

    def outcome(self, number: int) -> OutcomeFact:
        random = self.random
        return OutcomeFact(
            id=f"o{number}",
            type="module",
            achieved_on=date(2026, random.randint(1, 3), 1),
            scene=random.choice(SCENES),
            issuer=random.choice(ISSUERS),
            credits={SYSTEM: random.randint(1, 3)},
            class_hours=random.randint(1, 3),
            assessment_event=random.choice([None, None, "e1"]),
        )

    def case(self, count: int) -> Case:
        outcomes = tuple(self.outcome(number) for number in range(count))
        earlier: tuple[PriorUse, ...] = ()
        if self.chance(0.2) and outcomes:
            one = outcomes[0]
            of = one.credits[SYSTEM]
            unit = f"credit:{SYSTEM}"
            taken = self.random.randint(1, of)
            earlier = (
                PriorUse(one.id, "academic", "old", "exclusive", taken == of, unit, taken, of),
            )
        return Case(on=ON, outcomes=outcomes, prior_uses=earlier)

    def requested(self, rules: Rulebook) -> list[Request]:
        if self.chance(0.6):
            return []
        order = [Request(one.id) for one in rules.rules]
        self.random.shuffle(order)
        return order


def small(seed: int) -> tuple[Rulebook, Case, list[Request]]:
    """Return rulebook, case and requests for a number."""
    maker = Maker(seed)
    rules = maker.book(maker.random.choice([1, 2, 2, 3]))
    there = maker.case(maker.random.choice([2, 3, 3, 4]) if len(rules.rules) < 3 else 2)
    return rules, there, maker.requested(rules)


__all__ = ["CREDITS", "PROGRAMME", "TOTAL", "small", "small_registers"]
