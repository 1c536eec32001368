"""What every register document says, whatever its kind, and the small records they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from creditbank.domain.identifiers import OccupationCode, RegionCode
from creditbank.domain.registers.members import (
    Extensions,
    Line,
    Many,
    Rank,
    RegisterId,
    Text,
    Version,
    Year,
)
from creditbank.domain.registers.record import Dated, Record
from creditbank.domain.units import AmountText, hundredths


class Title(Record):
    """What something is called: in Chinese, and in English where there is an English name."""

    zh: Line
    en: Line | None = None


class Citation(Record):
    """Where a statement comes from."""

    title: Line
    """Title of the document, with its number if it has one."""

    status: Literal["published", "proposal", "example"]
    """Published by who may decide it; proposed by someone; or ours, to be replaced."""

    clause: Text | None = None
    url: Text | None = None
    note: Text | None = None
    """What a reader must know before relying on it."""


class Level(Record):
    """A level: never a bare digit, because 3 is higher than 1 here and lower there."""

    scale: RegisterId
    rank: Rank


class Hours(Record):
    """Class-hours (学时)."""

    theory: AmountText
    practice: AmountText

    @property
    def total(self) -> int:
        """Theory and practice together, in hundredths of a class-hour."""
        return hundredths(self.theory) + hundredths(self.practice)


class Credit(Record):
    """An amount of credit; without its system it would mean nothing."""

    system: RegisterId
    amount: AmountText


class OccupationRef(Record):
    """An occupation by its code, which means something only within an edition."""

    edition: Year
    code: OccupationCode

    @property
    def register_id(self) -> str:
        """The id of the occupation's register."""
        return f"{self.edition}-{self.code}"


@dataclass(frozen=True, slots=True)
class Reference:
    """That a register names another one, and perhaps a rank or a mark on that scale."""

    where: str
    kind: str
    id: str
    rank: int | None = None
    mark: str | None = None


class Register(Dated):
    """A dated, versioned document that says what exists."""

    register_kind: ClassVar[str]
    """The register this document belongs to; the member `kind` of a module is its own."""

    id: RegisterId
    """Stays the same from version to version."""

    version: Version
    title: Title
    region: RegionCode
    """Where it applies, or for an institution its seat."""

    sources: Many[Citation] = ()
    ext: Extensions = Field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the normal form: what is hashed, stored and shown.

        Amounts have two places, and a member that has its default is absent, so that two
        documents which say the same are the same, and a member added later changes no hash.
        """
        return self.model_dump(mode="json", exclude_defaults=True)

    def references(self) -> Iterator[Reference]:
        """Yield the registers that this one names."""
        yield from ()

    @classmethod
    def check_size(cls, document: object) -> None:
        """Return unless `document` is too large or too deep to be read; a kind may say so."""


Registers = Mapping[tuple[str, str], Register]
"""Registers in force on some date, by kind and id."""


def scale_reference(where: str, level: Level) -> Reference:
    """Return the reference that `level`, standing at `where`, makes to its scale."""
    return Reference(f"{where}/scale", "scale", level.scale, rank=level.rank)
