"""What is chosen where nobody says otherwise; apart, so that help pages need nothing else."""

from __future__ import annotations

from typing import Final

CHUNK: Final = 1_000
"""Items to a batch: an answer within a second or so."""

CHUNK_MAX: Final = 10_000
"""The most that a bank takes at once."""

PASS_MARK: Final = "60.00"  # noqa: S105  # no password
"""What a part is held against where a sheet says only that the whole was failed (通行做法)."""
