"""The registers of one day, looked up as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.registers import Register


@dataclass(frozen=True, slots=True)
class RegistersOn(Mapping[tuple[str, str], Register]):
    """Registers by kind and id, in force on a civil day.

    With `or_latest`, of a register that is not in force then, the version published last: so a
    rulebook may be written before what it names begins.
    """

    catalogue: Catalogue
    on: date
    or_latest: bool = False

    def published(self, key: tuple[str, str]) -> Published | None:
        """Return the published version that stands here, None if there is none."""
        found = self.catalogue.in_force(*key, self.on)
        if found is None and self.or_latest:
            found = next(iter(self.catalogue.versions(*key)[-1:]), None)
        return found

    def __getitem__(self, key: tuple[str, str]) -> Register:
        found = self.published(key)
        if found is None:
            raise KeyError(key)
        return found.register

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return (key for key in self.catalogue.names() if self.published(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
