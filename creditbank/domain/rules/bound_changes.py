"""What changes in the bounds of a rulebook from one version to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from creditbank.domain.rules.changes import (
    CAP,
    EVIDENCE,
    Change,
    caps,
    changed,
    evidence_words,
    listed,
)
from creditbank.domain.rules.condition import Condition
from creditbank.domain.rules.phrases import Speaker
from creditbank.domain.rules.rule_changes import condition_changes
from creditbank.domain.rules.rulebook import Bounds, Excluded, SameContent
from creditbank.domain.rules.selection_words import cap_words, condition_words, selection_words

_EXCLUDED: Final = ("排除项", "exclusion")
_SAME: Final = ("相同内容组", "group of the same content")


def bound_changes(old: Bounds, new: Bounds) -> Iterator[Change]:
    """Yield what changes in what binds every rule."""
    yield from _requires(old.requires, new.requires)
    yield from listed("/bounds/caps", old.caps, new.caps, cap_words, caps, CAP)
    same = old.same_content, new.same_content
    yield from listed("/bounds/same_content", *same, _same_words, None, _SAME)
    yield from listed(
        "/bounds/excluded", old.excluded, new.excluded, _excluded_words, None, _EXCLUDED
    )
    yield from listed(
        "/bounds/evidence", old.evidence, new.evidence, evidence_words, None, EVIDENCE
    )


def _requires(old: Condition | None, new: Condition | None) -> Iterator[Change]:
    where, name = "/bounds/requires", ("总要求", "required for any target")
    if old is not None and new is not None:
        yield from condition_changes(where, old, new, _required)
        return
    yield from changed(
        where,
        name,
        lambda to: condition_words(old, to) if old is not None else "",
        lambda to: condition_words(new, to) if new is not None else "",
    )


def _required(zh: str, en: str) -> tuple[str, str]:
    return f"总要求的{zh}", f"required for any target, {en}"


def _same_words(same: SameContent, to: Speaker) -> str:
    members = to.listed(selection_words(one, to) for one in same.members)
    each = to.word("each", same.each) if same.each is not None else ""
    return to.title(same.text) + to.bracketed(to.clauses([members, each]))


def _excluded_words(excluded: Excluded, to: Speaker) -> str:
    parts = [to.listed(excluded.courses)]
    if excluded.course_titles:
        titles = to.listed(map(to.quoted, excluded.course_titles))
        parts.append(to.say(f"课程名称含{titles}", f"courses whose title has {titles}"))
    if excluded.outcomes is not None:
        parts.append(selection_words(excluded.outcomes, to))
    return to.title(excluded.text) + to.bracketed(to.clauses(parts))
