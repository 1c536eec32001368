"""Drafts tried out: against an earlier version, and over the learners of a bank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditbank.cli.local import operator
from creditbank.cli.rule_files import RuleFile, read_file, registers_of
from creditbank.cli.wording import _, locale
from creditbank.domain.civil_time import parse_date
from creditbank.domain.rules.diffing import diff
from creditbank.domain.units import amount_text
from creditbank.errors.cli import OldVersionMissing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creditbank.domain.registers import Register
    from creditbank.domain.rules.rulebook import Rulebook
    from creditbank.services.operating import Operator
    from creditbank.services.simulating import Changed, Simulation

_LEARNERS_MAX = 1_000_000
_LACKS_SHOWN = 3


def compare(
    file: Path, old: Path | None, beside: Iterable[Path], data: Path | None
) -> list[dict[str, Any]]:
    """Return what each rulebook of a file changes, and with a bank for whom.

    Raises `OldVersionMissing` where there is nothing to compare with.
    """
    read = read_file(file)
    around = _registers(read, beside)
    earlier = {one.id: one for one in _books(read_file(old))} if old is not None else {}
    found = []
    for book in _books(read):
        if data is None:
            before = earlier.get(book.id)
            if before is None:
                raise OldVersionMissing(rulebook=book.id)
            found.append(_difference(before, book))
            continue
        with operator(data) as bank:
            found.append(_at_bank(bank, book, earlier.get(book.id), around))
    return found


def _registers(file: RuleFile, beside: Iterable[Path]) -> list[Register]:
    return registers_of([*map(read_file, beside), file])


def _books(file: RuleFile) -> list[Rulebook]:
    return [book for _draft, book in file.books()]


def _difference(old: Rulebook, new: Rulebook) -> dict[str, Any]:
    changes = [
        {"where": one.where, "kind": one.kind, "words": one.words(locale)}
        | {"zh": one.zh, "en": one.en}
        | ({"effect": one.effect} if one.effect else {})
        for one in diff(old, new)
    ]
    return {"rulebook": new.id, "old": old.version, "new": new.version, "changes": changes}


def _at_bank(
    bank: Operator, book: Rulebook, old: Rulebook | None, around: list[Register]
) -> dict[str, Any]:
    from creditbank.domain.rules.drafts import published, with_drafts
    from creditbank.services.converting import rulebook_of
    from creditbank.services.rulebooks import frames_in
    from creditbank.services.simulating import simulate, version_before

    if old is None:
        books = version_before(bank, book.id)
        before = rulebook_of(books[0])
    else:
        before = old
        frames = frames_in(old, with_drafts(bank.catalogue(), around))
        books = tuple(published(one) for one in (old, *frames))
    told = _difference(before, book)
    made = simulate(bank, book, learners_max=_LEARNERS_MAX, against=books, others=around)
    affected = [_affected(one) for one in made.changed]
    return told | {"learners": made.learners, "affected": affected}


def _affected(one: Changed) -> dict[str, str]:
    return {
        "account": one.account,
        "target": one.target,
        "before": _result(one.before),
        "after": _result(one.after),
    }


def _result(said: tuple[str, int]) -> str:
    words = {
        "met": _("met"),
        "not_met": _("not met"),
        "needs_evidence": _("to be supplied"),
        "not_in_force": _("not in force"),
        "undecided": _("undecided"),
        "none": _("no such target"),
    }
    verdict, granted = said
    return words[verdict] + (f" {amount_text(granted)}" if granted else "")


def run(
    file: Path, data: Path, beside: Iterable[Path], on: str | None, learners: int
) -> list[dict[str, Any]]:
    """Return for each rulebook of a file what it says of a bank's learners; raises as parsing."""
    from creditbank.services.simulating import simulate

    read = read_file(file)
    around = _registers(read, beside)
    day = parse_date(on, where="--on") if on is not None else None
    found = []
    with operator(data) as bank:
        for book in _books(read):
            made = simulate(bank, book, on=day, learners_max=learners, others=around)
            found.append(_told(book, made))
    return found


def _told(book: Rulebook, made: Simulation) -> dict[str, Any]:
    targets, lacking = [], _("lacking: {id}")
    for name, count in made.targets.items():
        lacks = count.lacking.most_common(_LACKS_SHOWN)
        targets.append(
            {
                "target": name,
                "verdicts": dict(count.verdicts),
                "granted": amount_text(count.granted),
                "lacking": [
                    {"condition": one, "learners": number, "words": lacking.format(id=one)}
                    for one, number in lacks
                ],
            }
        )
    return {
        "rulebook": book.id,
        "version": book.version,
        "on": made.on.isoformat(),
        "learners": made.learners,
        "targets": targets,
    }
