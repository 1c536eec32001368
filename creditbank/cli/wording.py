"""The language of the command line: chosen once, at import, from the environment.

Typer's own words are put into it as well, as far as a stranger meets them: headings, the line of
usage, the help option, and what is wrong with a command that cannot be understood.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import typer
from typer import core

from creditbank import texts
from creditbank.domain.civil_time import civil_clock
from creditbank.ledger.times import parse_time
from creditbank.words import WORDS

locale = texts.locale_from_environment()
language = locale.replace("_", "-")
"""The same as an Accept-Language header has it."""

_ = texts.translator(locale).gettext

EXPLAINED = _("{title}: {detail}")
SEPARATOR = "、" if locale == "zh_CN" else ", "


def word(code: str) -> str:
    """Return what people read in the place of a code; the code itself if it has no word."""
    return _(WORDS[code]) if code in WORDS else code


def clock(utc: str | None) -> str:
    """Return a time of an answer as people here read it, in Beijing time; nothing for none."""
    return "" if utc is None else civil_clock(parse_time(utc))


@cache
def _translate_help() -> None:
    """Put the fixed words of Typer's help pages into the language, once.

    Only who asks for help loads what renders it: that takes as long as all else at start.
    """
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.DEFAULT_STRING = _("[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = _("[required]")
    render: Any = rich_utils._make_rich_text  # noqa: SLF001  # there is no other seam

    def render_folded(**options: Any) -> Any:
        """Let a help text go on in the next line, not end in dots where Chinese has no space."""
        rendered = render(**options)
        rendered.overflow = "fold"
        return rendered

    rich_utils._make_rich_text = render_folded  # noqa: SLF001


class _Spoken:
    """What command and group have in common."""

    def get_usage(self, ctx: Any) -> str:
        """Return the line of usage."""
        usage: str = super().get_usage(ctx)  # type: ignore[misc]  # of the class mixed with
        return usage.replace("Usage:", _("Usage:"), 1)

    def get_help_option(self, ctx: Any) -> Any:
        """Return the help option, its description in the language."""
        option: Any = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _("Show this message and exit.")
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help page, in the language."""
        _translate_help()
        super().format_help(ctx, formatter)  # type: ignore[misc]


class Command(_Spoken, core.TyperCommand):
    """A command."""


class Group(_Spoken, core.TyperGroup):
    """A group of commands."""


def group(help_text: str) -> typer.Typer:
    """Return a new group of commands; without a command it shows its help."""
    return typer.Typer(
        cls=Group,
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )


def usage_message(error: Any) -> str:
    """Return what is wrong with a command line, in the language where Typer's words are known."""
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return _("There is no option {name}.").format(name=error.option_name)
    param = getattr(error, "param", None)
    name = getattr(error, "param_hint", None) or (param and param.get_error_hint())
    if kind == "MissingParameter" and name:
        return _("{name} is missing.").format(name=name)
    if kind == "BadParameter" and name:
        return _("{name} is not valid: {reason}").format(name=name, reason=error.message)
    return str(error.format_message())
