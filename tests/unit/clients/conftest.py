"""No test of a client waits before it tries again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    stamina.set_testing(testing=True, attempts=5, cap=True)
    yield
    stamina.set_testing(testing=False)
