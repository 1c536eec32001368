"""Asking for the outcomes of a family of subjects; see `creditbank.domain.outcomes.family_of`."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Any

import sqlalchemy as sa

from creditbank.domain.outcomes import COURSE

_RANGES = 200
"""Of one condition. SQLite's expressions are a thousand deep at most."""
_SUBJECTS = 5000


def conditions(
    column: sa.ColumnElement[Any], families: Collection[str]
) -> list[sa.ColumnElement[bool]]:
    """Return conditions, to be asked one after the other, for all subjects of these families."""
    begun = [family for family in families if family.startswith(COURSE)]
    whole = [family for family in families if not family.startswith(COURSE)]
    of_courses = (
        sa.or_(*(_begins_with(column, family) for family in begun[start : start + _RANGES]))
        for start in range(0, len(begun), _RANGES)
    )
    others = (
        column.in_(whole[start : start + _SUBJECTS]) for start in range(0, len(whole), _SUBJECTS)
    )
    return list(chain(of_courses, others))


def _begins_with(column: sa.ColumnElement[Any], family: str) -> sa.ColumnElement[bool]:
    """Return the condition as a range, which an index answers: `;` follows the `:` at the end."""
    return sa.and_(column >= family, column < family[:-1] + ";")
