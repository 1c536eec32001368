"""Reading register documents, and choosing the version that is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from pydantic import ValidationError

from creditbank.domain.registers.certificate_kind import CertificateKind
from creditbank.domain.registers.credit_system import CreditSystem
from creditbank.domain.registers.faults import faults_of
from creditbank.domain.registers.institution import Institution
from creditbank.domain.registers.module import Module
from creditbank.domain.registers.occupation import AbilitySpecification, Occupation
from creditbank.domain.registers.programme import Programme
from creditbank.domain.registers.register import Register
from creditbank.domain.registers.scale import Scale
from creditbank.domain.registers.teaching import Authorisation, Offering
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.registers import RegisterKindUnknown, register_invalid


class Versioned(Protocol):
    """What a version is chosen by: a register document, or a row that stands for one."""

    @property
    def version(self) -> str:
        """Its number."""

    @property
    def valid_from(self) -> date:
        """The first day on which it holds."""

    def in_force(self, on: date) -> bool:
        """Return whether it holds on the civil date `on`."""


R = TypeVar("R", bound=Versioned)

_CLASSES: Final[tuple[type[Register], ...]] = (
    Scale,
    CreditSystem,
    CertificateKind,
    Occupation,
    AbilitySpecification,
    Institution,
    Programme,
    Module,
    Authorisation,
    Offering,
    Rulebook,
)

KINDS: Final[Mapping[str, type[Register]]] = MappingProxyType(
    {register.register_kind: register for register in _CLASSES}
)
"""The kinds of register, each with its class."""


def parse_register(kind: str, document: object) -> Register:
    """Return the register of `kind` that `document`, a JSON value, describes.

    Raises RegisterKindUnknown, what the kind says of too large a document, and RegisterInvalid
    with every fault that can be seen at once: the members by themselves first, and what they say
    against each other when each is in order.
    """
    register = KINDS.get(kind)
    if register is None:
        raise RegisterKindUnknown(known=sorted(KINDS))
    register.check_size(document)
    try:
        return register.model_validate(document)
    except ValidationError as error:
        # Without the cause, which holds the refused values.
        raise register_invalid(kind, (item.members() for item in faults_of(error))) from None


def version_order(register: Versioned) -> tuple[int, ...]:
    """Return what versions of one register are ordered by: their numbers."""
    return tuple(int(number) for number in register.version.split("."))


def resolve(versions: Sequence[R], on: date) -> R | None:
    """Return the version of one register that is in force on the civil date `on`, or None.

    Of the versions that have begun by then the one that began last counts, and of those that
    began on the same day the one with the highest version. When it has ended, nothing is in
    force: a version that it superseded does not come back. The order of `versions` is of no
    consequence; they are versions of one register and differ in their version.
    """
    begun = [item for item in versions if item.valid_from <= on]
    if not begun:
        return None
    latest = max(begun, key=lambda item: (item.valid_from, version_order(item)))
    return latest if latest.in_force(on) else None
