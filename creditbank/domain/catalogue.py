"""The catalogue: every register version known at one size of the log, ready to be asked.

Immutable: adding a version returns a new catalogue, so that a group of submissions which fails
leaves no trace in what its successors see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from creditbank.domain.registers import (
    Authorisation,
    CertificateKind,
    CreditSystem,
    Institution,
    Module,
    Register,
    Scale,
    resolve,
)

R = TypeVar("R", bound=Register)
_REMEMBERED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Published:
    """A register version as published: at which entry, with which digest (32 bytes)."""

    register: Register
    kind: str
    index: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Register versions by kind and id, in order of publication."""

    size: int = 0
    _published: dict[tuple[str, str], tuple[Published, ...]] = field(default_factory=dict)
    _authorised: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _in_force: dict[tuple[str, str, date], Published | None] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def with_published(self, items: Iterable[Published], *, size: int) -> Catalogue:
        """Return the catalogue with `items` added, as of log size `size`."""
        published = dict(self._published)
        authorised = dict(self._authorised)
        for item in items:
            key = (item.kind, item.register.id)
            published[key] = (*published.get(key, ()), item)
            if isinstance(item.register, Authorisation):
                pair = (item.register.institution, item.register.module)
                known = authorised.get(pair, ())
                if item.register.id not in known:
                    authorised[pair] = (*known, item.register.id)
        return Catalogue(size, published, authorised)

    def as_of(self, index: int) -> Catalogue:
        """Return the catalogue as it was before the entry at `index`."""
        items = (item for items in self._published.values() for item in items)
        earlier = (item for item in items if item.index < index)
        ordered = sorted(earlier, key=lambda item: item.index)
        return Catalogue().with_published(ordered, size=min(self.size, index))

    def names(self) -> Iterable[tuple[str, str]]:
        """Return kind and id of every register."""
        return self._published.keys()

    def versions(self, kind: str, register_id: str) -> Sequence[Published]:
        """Return every version of a register, oldest publication first."""
        return self._published.get((kind, register_id), ())

    def version(self, kind: str, register_id: str, version: str) -> Published | None:
        """Return one version, None if it was never published."""
        for item in self.versions(kind, register_id):
            if item.register.version == version:
                return item
        return None

    def in_force(self, kind: str, register_id: str, on: date) -> Published | None:
        """Return the version in force on civil date `on`, chosen as `resolve` says."""
        key = (kind, register_id, on)
        with suppress(KeyError):  # not asked first: another thread may clear it in between
            return self._in_force[key]
        items = self.versions(kind, register_id)
        found = resolve([item.register for item in items], on)
        item = next((item for item in items if item.register is found), None)
        self._remember(key, item)
        return item

    def _remember(self, key: tuple[str, str, date], item: Published | None) -> None:
        """Keep an answer: a batch asks the same few questions ten thousand times."""
        if len(self._in_force) >= _REMEMBERED_MAX:
            self._in_force.clear()
        self._in_force[key] = item

    def institution(self, code: str, on: date) -> Institution | None:
        """Return the institution register in force on `on`."""
        return self._typed(Institution, "institution", code, on)

    def module(self, module_id: str, version: str) -> tuple[Module, Published] | None:
        """Return a module version."""
        item = self.version("module", module_id, version)
        if item is None or not isinstance(item.register, Module):
            return None
        return item.register, item

    def credit_system(self, system_id: str, on: date) -> CreditSystem | None:
        """Return the credit system in force on `on`."""
        return self._typed(CreditSystem, "credit_system", system_id, on)

    def certificate_kind(self, kind_id: str, on: date) -> CertificateKind | None:
        """Return the certificate kind in force on `on`."""
        return self._typed(CertificateKind, "certificate_kind", kind_id, on)

    def scale(self, scale_id: str, on: date) -> Scale | None:
        """Return the scale in force on `on`."""
        return self._typed(Scale, "scale", scale_id, on)

    def last_day(self, register: Register) -> date | None:
        """Return the last day on which a version is in force, None if no end is known.

        Its own end, or the day before a later version began: `resolve` never goes back to it.
        """
        versions = self.versions(register.register_kind, register.id)
        later = [item.register.valid_from for item in versions if item.register is not register]
        ends = [day - timedelta(days=1) for day in later if day > register.valid_from]
        return min((*ends, *filter(None, [register.valid_to])), default=None)

    def authorisations(self, institution: str, module: str, on: date) -> Sequence[Authorisation]:
        """Return the authorisations of an institution for a module that are in force on `on`."""
        ids = self._authorised.get((institution, module), ())
        in_force = (self._typed(Authorisation, "authorisation", one, on) for one in ids)
        return tuple(
            one
            for one in in_force
            if one and (one.institution, one.module) == (institution, module)
        )

    def authorised(self, module: str, on: date) -> Iterable[Institution]:
        """Yield the active institutions authorised for a module on `on`, in order of code."""
        for code, authorised in sorted(self._authorised):
            if authorised == module and self.authorisations(code, module, on):
                institution = self.institution(code, on)
                if institution is not None and institution.status == "active":
                    yield institution

    def named_by(self, register: Register) -> dict[tuple[str, str], Register]:
        """Return the registers that `register` names: in force when it begins, or the latest."""
        found = {}
        for reference in register.references():
            key = (reference.kind, reference.id)
            item = self.in_force(*key, register.valid_from)
            if item is None and self.versions(*key):
                item = self.versions(*key)[-1]
            if item is not None:
                found[key] = item.register
        return found

    def _typed(self, wanted: type[R], kind: str, register_id: str, on: date) -> R | None:
        item = self.in_force(kind, register_id, on)
        return item.register if item and isinstance(item.register, wanted) else None
