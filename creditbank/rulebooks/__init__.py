"""Registers and rules that ship with the product: dated, cited YAML, one folder per jurisdiction.

`cn` holds what is national, `guangdong` and `guangxi` what a province has beside it. No
institution ships: who takes part is for each bank to publish. The rulebooks are therefore read
apart from the rest, together with made-up owners and plans from `examples`.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from creditbank.domain.rules.yaml_reading import read_yaml

# In the order in which they can be published: nothing names what comes after it.
_FILES: Final = (
    "cn/scales.yaml",
    "cn/credit-systems.yaml",
    "cn/certificate-kinds.yaml",
    "cn/occupations.yaml",
    "guangdong/scales.yaml",
    "guangdong/ai-literacy.yaml",
    "guangdong/ai-modules.yaml",
    "guangxi/certificate-kinds.yaml",
)
_AROUND: Final = (
    "examples/institutions.yaml",
    "examples/occupations.yaml",
    "examples/programmes.yaml",
)
_RULEBOOKS: Final = (
    "guangdong/rules-frame.yaml",
    "guangdong/rules-gdpt.yaml",
    "guangdong/rules-college.yaml",
    "cn/rules-ai-trainer.yaml",
    "examples/rules-x.yaml",
    "examples/rules-share.yaml",
    "examples/rules-period.yaml",
    "examples/rules-life.yaml",
    "examples/rules-micro.yaml",
    "examples/rules-grades.yaml",
)


@dataclass(frozen=True, slots=True)
class ShippedRegister:
    """A register document as shipped, and the kind of register it is for."""

    kind: str
    document: dict[str, Any]


def shipped_registers() -> list[ShippedRegister]:
    """Return every shipped register document, each after those that it names.

    The documents are new objects at each call and may be changed by the caller.
    """
    return [register for name in _FILES for register in _read(name)]


def shipped_rulebooks() -> list[ShippedRegister]:
    """Return every shipped rulebook, after the examples that it needs beside the registers.

    They are published by whoever wants to try them out, in this order, after
    `shipped_registers`: owners, an occupation and plans that are made up, then frames, then the
    rulebooks under them.
    """
    return [register for name in (*_AROUND, *_RULEBOOKS) for register in _read(name)]


def shipped_rulebook_files() -> dict[str, str]:
    """Return the text of each file with a shipped rulebook, by its path in this folder."""
    return {name: _text(name) for name in _RULEBOOKS}


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _read(name: str) -> list[ShippedRegister]:
    content = deepcopy(_content(name))
    return [ShippedRegister(content["kind"], document) for document in content["documents"]]


@cache
def _content(name: str) -> dict[str, Any]:
    content, _ = read_yaml(_text(name))
    return dict(content)
