"""How a record of several kinds is told apart: by its member `kind`."""

from __future__ import annotations

from typing import Any

from pydantic import Tag

from creditbank.domain.registers.faults import TAG_STEP


def kind(value: Any) -> Any:
    """Return the tag of a document or a record by its member `kind`, None without one.

    A plain discriminator will not do: records look at every member before it is read.
    """
    named = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return TAG_STEP + named if isinstance(named, str) else None


def tag(name: str) -> Tag:
    """Return the tag of the record whose `kind` is `name`.

    It says of itself that it is no step of the document, so that places are JSON pointers.
    """
    return Tag(TAG_STEP + name)
