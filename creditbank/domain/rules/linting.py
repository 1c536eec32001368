"""What lint looks at: a rulebook among the registers that it names and the frames above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from creditbank.domain.plain_text import to_halfwidth, without_invisible
from creditbank.domain.registers import Course, Programme, Register, Scale
from creditbank.domain.rules.overlap import Comparer
from creditbank.domain.rules.rule import Evidence, Rule
from creditbank.domain.rules.rulebook import Excluded, Rulebook
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget, StackTarget

R = TypeVar("R", bound=Register)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A rulebook, the registers that it names, its frames, nearest first, and other versions."""

    rulebook: Rulebook
    registers: Mapping[tuple[str, str], Register]
    frames: Sequence[Rulebook] = ()
    others: Sequence[Rulebook] = ()
    binding: Sequence[Rulebook] = ()
    """Frames in force on its first day that bind rulebooks of their region, named or not."""

    compare: Comparer = field(default_factory=Comparer, compare=False, repr=False)
    _courses: dict[str, list[Course]] = field(default_factory=dict, compare=False, repr=False)

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Yield every rule with its place."""
        for position, rule in enumerate(self.rulebook.rules):
            yield f"/rules/{position}", rule

    def scale(self, scale_id: str) -> Scale | None:
        """Return a scale, None if there is none."""
        return self._typed(Scale, "scale", scale_id)

    def programme_of(self, rule: Rule) -> Programme | None:
        """Return the programme of a rule's target, None if it has none."""
        target = rule.target
        if not isinstance(target, CourseTarget | ElectiveTarget | StackTarget):
            return None
        return self._typed(Programme, "programme", target.programme)

    def courses_of(self, rule: Rule) -> list[Course]:
        """Return the courses that the target of a rule matches, excluded ones among them."""
        if rule.id not in self._courses:
            self._courses[rule.id] = self._find_courses(rule)
        return self._courses[rule.id]

    def _find_courses(self, rule: Rule) -> list[Course]:
        target, programme = rule.target, self.programme_of(rule)
        if not isinstance(target, CourseTarget) or programme is None:
            return []
        return [
            course
            for course in programme.courses
            if (not target.courses or course.code in target.courses)
            and (not target.nature or course.nature in target.nature)
            and (not target.category or course.category in target.category)
        ]

    def evidence_of(self, rule: Rule | None) -> list[Evidence]:
        """Return the evidence that a rule may refer to: its own, of the bounds, of the frames."""
        own = list(rule.evidence) if rule is not None else []
        books = (self.rulebook, *self.frames)
        return own + [one for book in books for one in book.bounds.evidence]

    def _typed(self, wanted: type[R], kind: str, register_id: str) -> R | None:
        found = self.registers.get((kind, register_id))
        return found if isinstance(found, wanted) else None


def excludes(excluded: Excluded, course: Course) -> bool:
    """Return whether a course is never granted, by its code or by words in its title."""
    title = _plain(course.title.zh)
    return course.code in excluded.courses or any(
        _plain(words) in title for words in excluded.course_titles
    )


def _plain(title: str) -> str:
    return without_invisible(to_halfwidth(title)).casefold()
