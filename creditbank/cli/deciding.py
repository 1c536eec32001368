"""Decisions as the command line prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from creditbank.cli.output import say, say_table
from creditbank.cli.wording import EXPLAINED, _, clock, locale, word

if TYPE_CHECKING:
    from creditbank.clients.conversion_answers import Conversion, ConversionShort, Result


def say_conversions(found: Sequence[ConversionShort]) -> None:
    """Print a list of decisions, each with its next step and whether it is flagged."""
    headings = (_("Decision"), _("Account"), _("Rulebook"), _("State"), _("Next step"), _("Flags"))
    say_table(headings, [_cells(one) for one in found])


def _cells(one: ConversionShort) -> list[str]:
    following = "" if one.next is None else f"{one.next.step} ({word(f'by_{one.next.by}')})"
    flags = str(len(one.flagged)) if one.flagged else ""
    return [
        *(one.conversion, one.account, f"{one.rulebook} {one.version}"),
        *(word(f"conversion_{one.status}"), following, flags),
    ]


def say_conversion(found: Conversion) -> None:
    """Print a decision: how it stands, its steps, and what is to be looked at again."""
    say(
        _("Decision {conversion} for {account}: {status}").format(
            conversion=found.conversion,
            account=found.account,
            status=word(f"conversion_{found.status}"),
        ),
        style="bold",
    )
    for flag in found.flagged:
        say(_flag(flag), style="bold red")
    rows = [
        [
            one.step,
            _in_language(one.title),
            word(f"by_{one.by}"),
            word(f"step_{one.result}") if one.result else "",
            clock(one.at),
            one.opinion or "",
        ]
        for one in found.steps
    ]
    headings = (_("Step"), _("Title"), _("By"), _("Result"), _("Time (Beijing)"), _("Opinion"))
    say_table(headings, rows)
    if found.next is not None:
        say(
            _("Next: {step}, by {by}, from {day} on").format(
                step=found.next.step, by=word(f"by_{found.next.by}"), day=found.next.from_
            )
        )


def _flag(flag: Mapping[str, object]) -> str:
    if flag["reason"] == "evidence_changed":
        return _("Evidence that it rests on was changed by who supplied it.")
    if "outcome" not in flag:
        return _("An outcome that it rests on ended after it was counted.")
    return _("Outcome {outcome} ended by entry {index} after it was counted.").format(
        outcome=flag["outcome"], index=flag["index"]
    )


def _in_language(title: Mapping[str, str]) -> str:
    return title.get("zh" if locale == "zh_CN" else "en", title["zh"])


def say_results(results: Sequence[Result]) -> None:
    """Print each target with its verdict, and below it why."""
    wanted = "zh" if locale == "zh_CN" else "en"
    for one in results:
        granted = f"  {one.granted} {one.system or ''}".rstrip() if one.granted else ""
        verdict = word(f"verdict_{one.verdict}")
        say(EXPLAINED.format(title=one.target, detail=verdict) + granted, style="bold")
        sentence = one.sentence.get(wanted) or one.sentence.get("zh")
        if sentence:
            say(f"  {sentence}")
