"""What a rulebook allows and the frames above it do not."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.binding_frames import is_bound
from creditbank.domain.identifiers import region_contains
from creditbank.domain.rules.condition import Amount, Cap
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.lint_caps import governs, sizes, whole_of
from creditbank.domain.rules.linting import Surroundings, excludes
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget, TransferTarget
from creditbank.domain.rules.walking import rule_conditions
from creditbank.domain.units import amount_text, hundredths

_PERCENT = 100_00


def lint_frames(around: Surroundings) -> Iterator[Finding]:
    """Yield what breaks one of the frames, and a frame that is passed by."""
    book = around.rulebook
    yield from _passed_by(around)
    for frame in around.frames:
        if frame.kind != "frame":
            yield found("/under", "not_a_frame", frame=frame.id, kind=frame.kind)
        if not region_contains(frame.region, book.region):
            yield found(
                "/region",
                "region_outside",
                region=book.region,
                outer=frame.region,
                frame=frame.id,
            )
        yield from _caps(book, frame, around)
        yield from _selections(around, frame)
        yield from _targets(around, frame)


def _passed_by(around: Surroundings) -> Iterator[Finding]:
    """Yield the frames of the region under which the rulebook has to be and is not."""
    book, named = around.rulebook, {frame.id for frame in around.frames}
    for frame in around.binding:
        if is_bound(book, frame) and frame.id not in {*named, book.id}:
            yield found("/under", "frame_passed_by", frame=frame.id, region=frame.region)


def _caps(book: Rulebook, frame: Rulebook, around: Surroundings) -> Iterator[Finding]:
    """Yield caps that let more through than a cap of the frame on all that they are on."""
    whole = whole_of(around)
    for position, cap in enumerate(book.bounds.caps):
        for above in frame.bounds.caps:
            pair = sizes(above, cap, whole)
            if pair is not None and pair[0] < pair[1] and governs(above, cap, around.compare):
                yield found(
                    f"/bounds/caps/{position}",
                    "cap_wider",
                    frame=frame.id,
                    cap=above.id,
                    most=_size(above),
                    limit=_size(cap),
                )


def _size(cap: Cap) -> str:
    return f"{cap.share.percent} %" if cap.share is not None else cap.limit or "—"


def _selections(around: Surroundings, frame: Rulebook) -> Iterator[Finding]:
    for excluded in frame.bounds.excluded:
        outcomes = excluded.outcomes
        if outcomes is None:
            continue
        for where, _, condition in rule_conditions(around.rulebook):
            if isinstance(condition, Amount) and around.compare.within(
                condition.select, outcomes, nested=True
            ):
                yield found(
                    f"{where}/select",
                    "excluded_by_frame",
                    frame=frame.id,
                    excluded=excluded.id,
                )


def _targets(around: Surroundings, frame: Rulebook) -> Iterator[Finding]:
    for where, rule in around.rules():
        target = rule.target
        if isinstance(target, CourseTarget):
            named = set(target.courses)  # what a rule names by its code is meant to be granted
            for course in around.courses_of(rule):
                for excluded in frame.bounds.excluded:
                    if course.code in named and excludes(excluded, course):
                        position = target.courses.index(course.code)
                        yield found(
                            f"{where}/target/courses/{position}",
                            "course_excluded_by_frame",
                            frame=frame.id,
                            course=course.code,
                            excluded=excluded.id,
                        )
        if isinstance(target, ElectiveTarget | TransferTarget):
            programme = around.programme_of(rule)
            total = programme.total_credits if programme is not None else None
            whole = hundredths(total.amount) if total is not None else None
            for cap in frame.bounds.caps:
                most = _most(cap, whole)
                if most is not None and hundredths(target.at_most) > most:
                    yield found(
                        f"{where}/target/at_most",
                        "target_above_frame",
                        frame=frame.id,
                        cap=cap.id,
                        most=amount_text(most),
                        limit=target.at_most,
                    )


def _most(cap: Cap, whole: int | None) -> int | None:
    """Return what a cap on everything that is granted lets through, None if that is not known."""
    if cap.over is not None or cap.per is not None or cap.category:
        return None
    if cap.limit is not None:
        return hundredths(cap.limit)
    if cap.share is not None and cap.share.of == "programme" and whole is not None:
        return whole * hundredths(cap.share.percent) // _PERCENT
    return None
