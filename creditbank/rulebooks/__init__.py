"""Registers and rules that ship with the product: dated, cited YAML, one folder per jurisdiction.

`cn` holds what is national, `guangdong` and `guangxi` what a province has beside it. No
institution ships: who takes part is for each bank to publish.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import yaml

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


def _read(name: str) -> list[ShippedRegister]:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    return [ShippedRegister(content["kind"], document) for document in content["documents"]]
