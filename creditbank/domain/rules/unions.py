"""How a record of several kinds is told apart: by its member `kind`."""

from __future__ import annotations

from typing import Any


def kind(value: Any) -> Any:
    """Return the member `kind` of a document or a record, None without one.

    A plain discriminator will not do: records look at every member before it is read.
    """
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
