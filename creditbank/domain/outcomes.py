"""Outcomes 学习成果: what a learner achieved, in stages 学 · 训 · 评 · 证.

An outcome gathers stages and attempts, perhaps from several institutions, until credit is awarded;
the award is its lot. A lot never changes: a correction revokes it and makes a new one. `Addition`
is what one submission adds, decided once and then recorded; views only add up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from creditbank.domain.certificates import parse_certificate_number

COURSE = "course:"
"""What the subjects of courses begin with."""
LEARNING_STAGES = ("study", "training")
COURSE_TYPES = ("academic_course", "self_study_exam", "online_course")
SELF_DECLARED = "self_declared"
VERIFICATION_LEVELS = (SELF_DECLARED, "original_seen", "national_query", "issuer")
"""核实等级, the weakest first."""


@dataclass(slots=True)
class Outcome:
    """One outcome as the entries so far make it. Hours are hundredths of class-hours."""

    id: str
    account: str
    subject: str
    type: str
    org: str
    title: str
    verification: str
    opened_index: int
    module: str | None = None
    version: str | None = None
    stages: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    scene: str | None = None
    level: str | None = None
    credited_index: int | None = None
    credited_at: int | None = None
    achieved_on: str | None = None
    credits: list[dict[str, str]] = field(default_factory=list)
    hours_theory: int = 0
    hours_practice: int = 0
    revoked_index: int | None = None
    revoked_at: int | None = None
    particulars: list[dict[str, Any]] = field(default_factory=list)
    """What rules ask of it beyond amounts, each with the index of the entry that said so."""

    @property
    def is_live(self) -> bool:
        """Whether it was not revoked."""
        return self.revoked_index is None

    @property
    def is_credited(self) -> bool:
        """Whether its credit stands."""
        return self.is_live and self.credited_index is not None

    @property
    def is_verified(self) -> bool:
        """Whether somebody other than the learner vouches for it."""
        return self.verification != SELF_DECLARED


@dataclass(frozen=True, slots=True)
class Award:
    """Credit awarded: amounts per system, class-hours (hundredths), and the day it was earned."""

    achieved_on: str
    credits: tuple[dict[str, str], ...] = ()
    hours_theory: int = 0
    hours_practice: int = 0


@dataclass(frozen=True, slots=True)
class Addition:
    """What one submission adds to an outcome, new or begun earlier."""

    subject: str
    type: str
    title: str
    verification: str
    begun: Outcome | None = None
    module: str | None = None
    version: str | None = None
    register_digest: bytes | None = None
    scene: str | None = None
    level: str | None = None
    stages: tuple[dict[str, Any], ...] = ()
    attempts: tuple[dict[str, Any], ...] = ()
    award: Award | None = None
    certificate_format: str | None = None


def subject_of(submission: dict[str, Any], org: str) -> str:
    """Return what a submission is about: two outcomes of one subject are the same thing twice.

    That of a certificate is the first of `certificate_subjects`, its number being of a format of
    its kind. Raises InvalidCertificateNumber for a number that cannot be kept.
    """
    kind = submission["type"]
    if kind == "module":
        return f"module:{submission['module']['id']}"
    if kind == "certificate":
        return certificate_subjects(submission["certificate"], recognised=True)[0]
    if kind == "achievement":
        return f"achievement:{org}:{submission['source_id']}"
    course = submission["course"]
    return f"{COURSE}{org}:{course['code']}:{kind}:{course.get('term', '')}"


def certificate_subjects(certificate: dict[str, Any], *, recognised: bool) -> tuple[str, ...]:
    """Return the subjects under which a certificate may be known, its own first.

    A number of a `recognised` format of its kind is one of a kind, however it was typed. Any other
    number is its issuer's: two schools may both have a No. 1. The issuer is known by code, or by
    name where somebody posted without one. Raises InvalidCertificateNumber.
    """
    number = parse_certificate_number(certificate["number"], where="/certificate/number").text
    kind, issuer = certificate["kind"], certificate["issuer"]
    if recognised:
        return (f"certificate:{kind}:{number}",)
    names = [issuer["code"]] if "code" in issuer else []
    names.append(_plain_words(issuer["name"]))
    return tuple(f"certificate:{kind}:{name}:{number}" for name in names)


def _plain_words(name: str) -> str:
    """Return a name without what people write differently: width, case, spaces, colons."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(plain.replace(":", " ").split())


def family_of(subject: str) -> str:
    """Return the beginning that the subjects of one institution's course have in common.

    Under one code it may be posted with and without a term, and as several types. Every other
    subject is a family by itself.
    """
    if not subject.startswith(COURSE):
        return subject
    _, org, code, _ = subject.split(":", 3)
    return f"{COURSE}{org}:{code}:"


def may_be_one_course(one: str, other: str) -> bool:
    """Return whether two subjects of a family may be one taking of the course.

    They are two only if their terms say so: a term that is not given, or that contains the other
    (2025-2026 and 2025-2026-2), may be the same one. How a course was taken, its type, is of no
    consequence.
    """
    pairs = zip(_term_of(one), _term_of(other), strict=False)
    return all(mine == theirs for mine, theirs in pairs)


def _term_of(subject: str) -> list[str]:
    """Return the numbers and words of a course's term, without what stands between them."""
    term = unicodedata.normalize("NFKC", subject.split(":", 4)[4]).casefold()
    return [word.lstrip("0") for word in re.findall(r"[0-9]+|[^\W\d_]+", term)]


def level_text(level: Any) -> str | None:
    """Return a level as `scale:rank`, None without one."""
    return None if level is None else f"{level['scale']}:{level['rank']}"


def weakest(levels: Iterable[str]) -> str:
    """Return the verification level that an outcome has whose contributions have `levels`.

    One self-declared stage makes it self-declared, in whatever order the stages arrive.
    """
    return min(levels, key=VERIFICATION_LEVELS.index)


def next_attempt(attempts: Iterable[dict[str, Any]], event: str) -> int:
    """Return the number of the next attempt at an assessment event."""
    return 1 + max((one["attempt"] for one in attempts if one["event"] == event), default=0)


def without_entry(
    outcome: Outcome, index: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the stages and attempts that remain when entry `index` is revoked."""
    return (
        [stage for stage in outcome.stages if stage["index"] != index],
        [attempt for attempt in outcome.attempts if attempt["index"] != index],
    )
