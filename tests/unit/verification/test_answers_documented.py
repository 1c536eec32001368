"""docs/verification.md: it has every step and every answer of a verification, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from creditbank.domain.verification import Answer

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
PLACES = ("creditbank/domain/verification", "creditbank/credentials")


def _named_in(heading: str) -> set[str]:
    section = PAGE.partition(f"## {heading} · ")[2].partition("\n## ")[0]
    first = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
    return {name for cell in first for name in re.findall(r"`(\w+)`", cell)}


def _checks() -> set[str]:
    sources = [path for place in PLACES for path in (ROOT / place).glob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    return {name for text in texts for name in re.findall(r'\bStep\(\s*"(\w+)"', text)}


def test_every_answer_has_its_row() -> None:
    assert _named_in("各答复") == {answer.value for answer in Answer}


def test_every_step_has_its_row() -> None:
    assert _named_in("各步骤") == _checks()
