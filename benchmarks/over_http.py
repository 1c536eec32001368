"""Single posts and balances over HTTP, against an empty endpoint of the same server."""

from __future__ import annotations

from collections.abc import Callable

from tests.banks import TestBank


async def measure(bank: TestBank, say: Callable[..., None]) -> None:
    """Say what single posts cost."""
