"""What a register says about other registers, checked against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from creditbank.domain.registers.credit_system import CreditSystem
from creditbank.domain.registers.faults import Fault
from creditbank.domain.registers.module import Module
from creditbank.domain.registers.register import Reference, Register, Registers
from creditbank.domain.registers.scale import Scale
from creditbank.domain.units import hundredths
from creditbank.errors.identifiers import AmountNotExact
from creditbank.errors.registers import register_invalid


def check_credits(module: Module, credit_systems: Mapping[str, CreditSystem]) -> None:
    """Return if each amount of credit is what the module's class-hours make in its system.

    `credit_systems` are those in force, by id; an amount in a system that is not among them
    cannot be checked and passes. Raises RegisterInvalid with each amount that differs.
    """
    faults = tuple(_credit_faults(module, credit_systems))
    if faults:
        raise register_invalid(module.register_kind, (fault.members() for fault in faults))


def _credit_faults(module: Module, systems: Mapping[str, CreditSystem]) -> Iterator[Fault]:
    for position, credit in enumerate(module.credits):
        system = systems.get(credit.system)
        if system is None:
            continue
        where = f"/credits/{position}/amount"
        try:
            expected = system.credit_for(module.hours)
        except AmountNotExact:
            yield Fault(where, "hours_do_not_come_out_even")
            continue
        if hundredths(credit.amount) != expected:
            yield Fault(where, "not_what_the_hours_make")


def check_references(register: Register, registers: Registers) -> None:
    """Return if every register that `register` names is among `registers`, and fits.

    A rank must be on the scale named beside it, and a mark within its scores. Raises
    RegisterInvalid with each reference that leads nowhere.
    """
    faults = [
        Fault(reference.where, reason)
        for reference in register.references()
        if (reason := _reference_fault(reference, registers)) is not None
    ]
    if faults:
        raise register_invalid(register.register_kind, (fault.members() for fault in faults))


def _reference_fault(reference: Reference, registers: Registers) -> str | None:
    """Return the reason code if `reference` leads nowhere, None if it is in order."""
    named = registers.get((reference.kind, reference.id))
    if named is None:
        return f"no_such_{reference.kind}"
    if not isinstance(named, Scale):
        return None
    if reference.rank is not None and named.at(reference.rank) is None:
        return "rank_not_on_scale"
    if reference.mark is not None and not named.holds_mark(reference.mark):
        return "mark_not_on_scale"
    return None
