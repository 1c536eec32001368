"""What lint has to say of files: line, column, reason, remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditbank import texts
from creditbank.cli.rule_files import RuleFile, catalogue_for, faults_of, parsed, read_file
from creditbank.cli.wording import _, locale
from creditbank.domain.rules.form_words import form_words
from creditbank.errors import CreditBankError
from creditbank.errors.registers import RegisterInvalid
from creditbank.errors.rules import DraftUnreadable, YamlUnreadable

if TYPE_CHECKING:
    from creditbank.domain.catalogue import Catalogue
    from creditbank.domain.rules.drafts import Draft


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that there is to say, with its place in the file."""

    file: str
    line: int
    column: int
    where: str
    severity: str
    reason: str
    message: str
    remedy: str

    def line_text(self) -> str:
        """Return it as compilers write it, so that editors find the place."""
        word = {"error": _("error"), "warning": _("warning")}[self.severity]
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {word}: {self.message} [{self.reason}]\n    {self.remedy}"

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


def linted_files(files: Iterable[Path], beside: Iterable[Path], data: Path | None) -> list[Line]:
    """Return what there is to say of files, one after the other.

    A file that cannot be read at all is told of like any other fault, at the place where reading
    it ended, and keeps nobody from looking at the others.
    """
    read: list[RuleFile] = []
    unread: list[Line] = []
    for path in files:
        try:
            read.append(read_file(path))
        except (YamlUnreadable, DraftUnreadable) as error:
            unread.append(_unreadable(path, error))
    catalogue = catalogue_for(read, beside, data)
    return [*unread, *(one for file in read for one in linted(file, catalogue))]


def _unreadable(path: Path, error: CreditBankError) -> Line:
    title, detail = texts.translate_error(error, locale)
    line, column = (int(str(error.fields.get(name, 1))) for name in ("line", "column"))
    return Line(str(path), line, column, "", "error", error.slug, title, detail)


def linted(file: RuleFile, catalogue: Catalogue) -> Iterator[Line]:
    """Yield what there is to say of every rulebook in a file, in the order of its lines."""
    found = [line for draft in file.rulebooks for line in _of(file, draft, catalogue)]
    yield from sorted(found, key=lambda one: (one.line, one.column, one.severity))


def _of(file: RuleFile, draft: Draft, catalogue: Catalogue) -> Iterator[Line]:
    from creditbank.services.rule_words import finding_words
    from creditbank.services.rulebooks import vet

    try:
        vetted = vet(parsed(draft), catalogue)
    except RegisterInvalid as error:
        yield from _of_form(file, draft, error)
        return
    except CreditBankError as error:
        title, detail = texts.translate_error(error, locale)
        place = draft.place(error.where or "")
        yield Line(str(file.path), *place, error.where or "", "error", error.slug, title, detail)
        return
    for one in vetted.findings:
        place = draft.place(one.where)
        words = finding_words(one, locale)
        yield Line(str(file.path), *place, one.where, one.severity, one.code, *words)


def _of_form(file: RuleFile, draft: Draft, error: RegisterInvalid) -> Iterator[Line]:
    translate = texts.translator(locale).gettext
    for fault in faults_of(error):
        message, remedy = (translate(text) for text in form_words(fault["reason"]))
        place = draft.place(fault["where"])
        where, reason = fault["where"], fault["reason"]
        yield Line(str(file.path), *place, where, "error", reason, message, remedy)
