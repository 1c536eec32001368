"""Random small rulebooks and cases of all that the language says, small enough to try every way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

from creditbank.domain.conversion.facts import (
    Case,
    EvidenceFact,
    OutcomeFact,
    PriorGrant,
    PriorUse,
    Request,
)
from creditbank.domain.registers import Registers
from creditbank.domain.rules.rulebook import Rulebook
from tests.brute_facts import Known
from tests.brute_force import Ways
from tests.conversions import ON, PROGRAMME, SYSTEM, amount, book, course, elective, frame
from tests.conversions import programme as make_programme
from tests.conversions import registers as make_registers
from tests.conversions import rule as make_rule

OTHER = "cn-16"
CREDITS = {"A": 2, "B": 3, "C": 1}
CATEGORIES = {"A": "public", "B": "major_core", "C": "public"}
SCENES = ("x", "y")
ISSUERS = ("p", "q")
TYPES = ("module", "certificate")
DAYS = (date(2025, 2, 1), date(2025, 4, 1), date(2025, 10, 1), date(2026, 1, 1), date(2026, 3, 1))
SCOPES = ("academic", "programme")
CALENDAR = [{"id": "spring", "begins": "03-01"}, {"id": "autumn", "begins": "09-01"}]
EVIDENCE = [
    {"id": "says", "kind": "statement", "title": {"zh": "承诺"}, "confirmed_by": "learner"},
    {"id": "quota", "kind": "amount", "title": {"zh": "限额"}, "confirmed_by": "learner"},
]


def small_registers() -> Registers:
    """Return a programme whose credits are hundredths, so that every amount can be tried."""
    plan = make_programme(*((code, f"0.0{credit}") for code, credit in CREDITS.items()))
    for one in plan["courses"]:
        one["category"] = CATEGORIES[one["code"]]
    plan["modules"] = [{"module": "M", "required": False}]
    plan["total_credits"] = {"system": SYSTEM, "amount": "0.10"}
    return make_registers(("programme", plan))


@dataclass(frozen=True)
class Small:
    """A rulebook with its frames, a case, and what is asked for."""

    books: tuple[Rulebook, ...]
    case: Case
    requested: list[Request]


class Maker:
    """Makes parts of rulebooks and cases from one random number."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # the same cases at every run
        self.mixed = self.chance(0.2)
        self.scopes = SCOPES if self.chance(0.2) else SCOPES[:1]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one_of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def cents(self, *numbers: int) -> str:
        return f"0.0{self.random.choice(numbers)}"

    # --- conditions ------------------------------------------------------------------------------

    def selection(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.chance(0.5):
            found["scene"] = [self.one_of(*SCENES)]
        if self.chance(0.25):
            found["issuer"] = [self.one_of(*ISSUERS)]
        if self.chance(0.1):
            found["none_of"] = [{"type": [self.one_of(*TYPES)]}]
        return found

    def cap(self, cap_id: str, *, bounds: bool = False) -> dict[str, Any]:
        cap: dict[str, Any] = {"id": cap_id, "text": {"zh": "上限"}}
        way = self.random.random()
        if way < 0.3:
            of = self.one_of("programme", "target") if bounds else "target"
            cap["share"] = {"percent": self.one_of("30.00", "50.00"), "of": of}
        elif way < 0.4:
            cap["evidence"] = "quota"
        else:
            cap["limit"] = self.cents(2, 3, 4) if bounds else self.cents(1, 2, 3)
        if bounds and self.chance(0.2):
            cap["category"] = ["public"]
            if "share" in cap and self.chance(0.5):
                cap["share"] = {"percent": "50.00", "of": "category"}
        if self.chance(0.4):
            cap["over"] = {"scene": [self.one_of(*SCENES)]}
        if self.chance(0.5):
            cap["per"] = self.one_of("issuer", "type", "outcome", "year", "term", "content")
        return cap

    def amount(self) -> dict[str, Any]:
        measure = "credit"
        if self.mixed or self.chance(0.15):
            measure = self.one_of("credit", "class_hours", "outcomes", "worth")
        least = self.one_of("1.00", "2.00") if measure == "outcomes" else ""
        found = amount(least or self.cents(0, 1, 2, 3), measure, select=self.selection())
        if measure == "worth":
            found["worth"] = self.cents(2, 3)
        if measure == "credit" and self.chance(0.2):
            found["at_least"] = "0.00"
        if self.chance(0.15) and measure != "outcomes":
            found["counted_at_most"] = self.cents(2, 3)
        if self.chance(0.15):
            found["outcomes_at_most"] = self.one_of(1, 2)
        if self.chance(0.2) and measure != "outcomes":
            where = {"scene": ["x"]} if self.chance(0.7) else {"any_of": [{"issuer": ["p"]}]}
            found["least"] = [{"at_least": self.cents(1, 2), "where": where}]
        if self.chance(0.3):
            found["caps"] = [self.cap(f"c{n}") for n in range(self.one_of(1, 1, 2))]
        return found

    def needs(self, depth: int = 0) -> dict[str, Any]:
        if self.chance((0.35, 0.15)[depth]) if depth < 2 else False:
            inner = [self.needs(depth + 1) for _ in range(self.one_of(2, 2, 3 - depth))]
            kind = self.one_of("all", "any")
            count = {"count": self.one_of(1, 2)} if kind == "any" and len(inner) > 1 else {}
            return {"kind": kind, "of": inner} | count
        if depth and self.chance(0.12):
            return {"kind": "holds", "select": self.selection(), "count": self.one_of(1, 2)}
        if depth and self.chance(0.12):
            return {"kind": "evidence", "evidence": "says"}
        return self.amount()

    # --- rules -----------------------------------------------------------------------------------

    def use(self, names: list[str]) -> dict[str, Any]:
        use: dict[str, Any] = {"scope": self.one_of(*self.scopes)}
        sharing = self.random.choices(["exclusive", "shared", "free"], [6, 3, 1])[0]
        if sharing == "shared":
            use |= {"sharing": "shared", "up_to": self.one_of(2, 2, 3)}
            if self.chance(0.5):
                use["with_rules"] = self.random.sample(names, 2)
        elif sharing == "free":
            use |= {"sharing": "free", "effect": "recognise"}
        return use | ({"surplus": "kept"} if self.chance(0.4) else {})

    def rule(self, name: str, names: list[str]) -> dict[str, Any]:
        more: dict[str, Any] = {"use": self.use(names)}
        needs = self.needs()
        kind = self.random.random()
        if kind < 0.6:
            target = course(self.one_of(*CREDITS))
            if needs["kind"] == "amount" and "system" in needs["unit"] and self.chance(0.3):
                needs["of_target"] = self.one_of("100.00", "60.00")
        elif kind < 0.67:
            target = {"kind": "exemption", "of": {"zh": name}}
        else:
            target = self.bucket()
            more["partial"] = self.chance(0.3)
        if self.chance(0.2):
            more["one_event"] = "counts_each"
        return make_rule(name, target, needs, **more)

    def bucket(self) -> dict[str, Any]:
        step: dict[str, Any] = {}
        if self.chance(0.4):
            rounding = self.one_of("down", "half_up", "half_even")
            step = {"step": {"of": self.cents(2, 3), "rounding": rounding}}
        if self.chance(0.75):
            return elective(self.cents(3, 4), **step)
        system = self.one_of(SYSTEM, OTHER)
        return {"kind": "transfer", "system": system, "at_most": self.cents(3, 4)} | step

    def bounds(self, likely: float) -> dict[str, Any]:
        bounds: dict[str, Any] = {"evidence": EVIDENCE}
        if self.chance(likely):
            bounds["caps"] = [self.cap(f"b{n}", bounds=True) for n in range(self.one_of(1, 1, 2))]
        if self.chance(likely / 3):
            each = self.one_of(None, "equivalence_group", "module")
            same = {"id": "same", "text": {"zh": "同内容"}, "members": [self.selection()]}
            bounds["same_content"] = [same | ({"each": each} if each else {})]
        if self.chance(likely / 4):
            gone = {"scene": ["x"], "issuer": ["q"]}
            bounds["excluded"] = [{"id": "no", "text": {"zh": "不转换"}, "outcomes": gone}]
        if self.chance(likely / 4):
            holds = {"kind": "holds", "select": self.selection(), "count": 1}
            wanted = [holds, {"kind": "evidence", "evidence": "says"}, amount("0.03")]
            bounds["requires"] = {"kind": "any", "of": self.random.sample(wanted, 2)}
        return bounds

    def books(self, count: int) -> tuple[Rulebook, ...]:
        names = [f"r{number}" for number in range(count)]
        rules = [self.rule(name, names if count > 1 else ["r0", "zz"]) for name in names]
        framed = self.chance(0.2)
        more: dict[str, Any] = {"bounds": self.bounds(0.35), "calendar": CALENDAR}
        own = book(*rules, **more | ({"under": "frame"} if framed else {}))
        return (own, frame(**self.bounds(0.6))) if framed else (own,)

    # --- cases -----------------------------------------------------------------------------------

    def outcome(self, number: int) -> OutcomeFact:
        random = self.random
        return OutcomeFact(
            id=f"o{number}",
            type=self.one_of(*TYPES),
            achieved_on=self.one_of(*DAYS),
            module=self.one_of(None, "M1", "M2"),
            equivalence_group=self.one_of(None, "g", "h"),
            scene=self.one_of(*SCENES),
            issuer=self.one_of(*ISSUERS),
            level=self.one_of(None, ("gd-qf-7", 2), ("gd-qf-7", 3)),
            credits={SYSTEM: random.randint(1, 3), OTHER: random.randint(1, 3)},
            class_hours=random.randint(1, 3),
            assessment_event=self.one_of(None, None, None, "e1", "e2"),
        )

    def earlier_uses(self, fact: OutcomeFact) -> tuple[PriorUse, ...]:
        """Return what was used of an outcome before: of some of it exclusively, on it shared."""
        of, left = fact.credits[SYSTEM], fact.credits[SYSTEM]
        found = []
        unit, scope = f"credit:{SYSTEM}", self.one_of(*SCOPES, "academic")
        for sharing in self.one_of(("exclusive",), ("shared",), ("exclusive", "shared"), ("free",)):
            taken = self.random.randint(0, left)
            if not taken:
                continue
            left -= 0 if sharing == "free" else taken
            rule, target = self.one_of(("old", None), ("r0", "course:PLAN:Z"), ("r1", "x"))
            found.append(
                PriorUse(fact.id, scope, rule, sharing, taken == of, unit, taken, of, target)
            )
        return tuple(found)

    def earlier_grant(self, ids: list[str]) -> PriorGrant:
        key = self.one_of(*(f"course:{PROGRAMME}:{c}" for c in "AB"), f"elective:{PROGRAMME}:选修")
        outcomes = tuple(self.random.sample([*ids, "gone"], 1))
        mine = self.chance(0.7)
        above = self.one_of((), ("frame",))
        return PriorGrant(
            "book" if mine else "another", "old", key, self.one_of(1, 2), SYSTEM, outcomes, above
        )

    def case(self, count: int) -> Case:
        outcomes = tuple(self.outcome(number) for number in range(count))
        uses = self.earlier_uses(outcomes[0]) if self.chance(0.3) else ()
        ids = [fact.id for fact in outcomes]
        grants = (self.earlier_grant(ids),) if self.chance(0.12) else ()
        evidence = []
        if self.chance(0.5):
            evidence.append(EvidenceFact("says", "owner", {"holds": self.chance(0.7)}))
        if self.chance(0.5):
            evidence.append(EvidenceFact("quota", "owner", {"amount": self.cents(1, 2)}))
        return Case(ON, outcomes, tuple(evidence), uses, grants)

    def requested(self, rules: Rulebook) -> list[Request]:
        if self.chance(0.6):
            return []
        order = [Request(one.id) for one in rules.rules]
        self.random.shuffle(order)
        return order


def small(seed: int, *, rules: int | None = None, ways: int = 3_000) -> Small:
    """Return rulebooks, case and requests for a number, with not more ways to try for a target."""
    maker = Maker(seed)
    count = rules or maker.one_of(1, 2, 2, 3)
    books = maker.books(count)
    case = maker.case(maker.one_of(2, 3, 4, 5) if count < 3 else maker.one_of(2, 3))
    requested = maker.requested(books[0])
    while _ways(books, case) > ways:
        case = replace(case, outcomes=case.outcomes[:-1])
    return Small(books, case, requested)


def _ways(books: tuple[Rulebook, ...], case: Case) -> int:
    known = Known(books, small_registers(), case)
    return max((Ways(known, n, aim).count() for n, aim in enumerate(known.aims())), default=1)
