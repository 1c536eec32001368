"""Files with rulebooks for `creditbank rules`, and the registers that they are looked at among."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditbank.cli.files import read_file_text
from creditbank.cli.output import remark
from creditbank.errors.registers import RegisterInvalid
from creditbank.errors.rules import RulebookTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from creditbank.domain.catalogue import Catalogue
    from creditbank.domain.registers import Register
    from creditbank.domain.rules.drafts import Draft
    from creditbank.domain.rules.rulebook import Rulebook

_SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file and the drafts in it."""

    path: Path
    drafts: Sequence[Draft]

    def books(self) -> list[tuple[Draft, Rulebook]]:
        """Return every rulebook with its draft.

        Raises as reading one does, after a remark on each place that is not of its form.
        """
        found = []
        for draft in self.rulebooks:
            try:
                found.append((draft, parsed(draft)))
            except RegisterInvalid as error:
                for fault in faults_of(error)[:_SHOWN_FAULTS]:
                    line, column = draft.place(fault["where"])
                    remark(f"{self.path}:{line}:{column}: {fault['reason']}", style=None)
                raise
        return found

    @property
    def rulebooks(self) -> list[Draft]:
        """Those that are rulebooks."""
        return [one for one in self.drafts if one.kind == "rulebook"]


def read_file(path: Path) -> RuleFile:
    """Return the drafts of a file; raises `FileUnreadable`, `YamlUnreadable`, `DraftUnreadable`."""
    from creditbank.domain.rules.drafts import read_drafts

    return RuleFile(path, read_drafts(read_file_text(path)))


def parsed(draft: Draft) -> Rulebook:
    """Return the rulebook of a draft; raises as reading it does."""
    from creditbank.domain.rules.reading import parse_rulebook

    return parse_rulebook(draft.document)


def registers_of(files: Iterable[RuleFile]) -> list[Register]:
    """Return the registers in files that can be read; the others are told of elsewhere."""
    from creditbank.domain.rules.drafts import parse_draft

    found = []
    for file in files:
        for draft in file.drafts:
            try:
                found.append(parse_draft(draft))
            except (RegisterInvalid, RulebookTooLarge):
                continue
    return found


def catalogue_for(
    files: Iterable[RuleFile], beside: Iterable[Path], data: Path | None
) -> Catalogue:
    """Return the registers that drafts are looked at among.

    Those of the bank in the folder `data`, or else those that ship with the program, examples too;
    then those in the files `beside`, then the drafts themselves.
    """
    from creditbank.domain.rules.drafts import with_drafts

    drafts = registers_of(files)
    others = registers_of(map(read_file, beside))
    catalogue = _of_bank(data) if data is not None else _shipped([*others, *drafts])
    return with_drafts(catalogue, [*others, *drafts])


def _shipped(drafts: Sequence[Register]) -> Catalogue:
    """Return what ships; a frame that binds its region only if a draft is under it.

    At a bank it binds because it was published there, and nobody knows which bank a draft is for.
    """
    from creditbank.domain.catalogue import Catalogue
    from creditbank.domain.registers import parse_register
    from creditbank.domain.rules.drafts import with_drafts
    from creditbank.domain.rules.rulebook import Rulebook
    from creditbank.rulebooks import shipped_registers, shipped_rulebooks

    shipped = [
        parse_register(one.kind, one.document)
        for one in (*shipped_registers(), *shipped_rulebooks())
    ]
    frames = {one.under for one in drafts if isinstance(one, Rulebook)}
    known = {one.id for one in drafts}
    left_out = {
        one.id
        for one in shipped
        if isinstance(one, Rulebook) and one.binds and one.id not in frames | known
    }
    return with_drafts(
        Catalogue(),
        (one for one in shipped if not (isinstance(one, Rulebook) and one.id in left_out)),
    )


def _of_bank(data: Path) -> Catalogue:
    from creditbank.cli.local import operator

    with operator(data) as bank:
        return bank.catalogue()


def faults_of(error: RegisterInvalid) -> list[dict[str, Any]]:
    """Return place and reason of each fault of form."""
    errors = error.fields["errors"]
    return list(errors) if isinstance(errors, list) else []
