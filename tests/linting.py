"""Rulebooks looked at among the registers that ship, with examples."""

from __future__ import annotations

from typing import Any

from creditbank.domain.registers import Register, parse_register
from creditbank.domain.rules.findings import Finding
from creditbank.domain.rules.lint import lint
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.rulebooks import shipped_registers, shipped_rulebooks
from tests.rulebooks import rulebook

REGISTERS: dict[tuple[str, str], Register] = {
    (one.kind, one.document["id"]): parse_register(one.kind, one.document)
    for one in [*shipped_registers(), *shipped_rulebooks()]
}
SHIPPED = [one for one in REGISTERS.values() if isinstance(one, Rulebook)]
X = {"type": ["certificate"], "certificate_kind": ["x-certificate"]}
CAP: dict[str, Any] = {"id": "c", "text": {"zh": "上限", "en": "Cap"}}
TEXT = {"zh": "文字", "en": "Text"}


def look(document: dict[str, Any], *others: Rulebook, frame: Rulebook | None = None) -> set[str]:
    return {one.code for one in findings(document, *others, frame=frame)}


def findings(
    document: dict[str, Any], *others: Rulebook, frame: Rulebook | None = None
) -> list[Finding]:
    book = parse_rulebook(document)
    frames = [frame] if frame is not None else []
    known = REGISTERS | {("rulebook", one.id): one for one in frames}
    return lint(book, known, frames, others)


def frame_of(**bounds: Any) -> Rulebook:
    document = rulebook(id="frame", kind="frame", bounds=bounds)
    del document["rules"], document["procedure"]
    return parse_rulebook(document)
