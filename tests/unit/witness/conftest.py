"""A log of numbered leaves and a witness for it; no bank is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.witness.logs import FakeLog, make_witness


@pytest.fixture
def log() -> FakeLog:
    return FakeLog("log.test/one", seed=1)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The folder of a witness that was set up."""
    make_witness(tmp_path / "witness")
    return tmp_path / "witness"
