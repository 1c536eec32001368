"""What the commands about decisions have in common: their options, and reading them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditbank.cli.files import read_file_text
from creditbank.cli.wording import _
from creditbank.errors.cli import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

Rulebook = Annotated[str, typer.Argument(metavar="RULEBOOK", help=_("Id of the rulebook."))]
Conversion = Annotated[str, typer.Argument(metavar="DECISION", help=_("Id of the decision."))]
Account = Annotated[
    str | None,
    typer.Option(help=_("Whose; a learner's own, if it is left out."), show_default=False),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        help=_("A rule, or rule:course, in order of preference; all, if none is named."),
        show_default=False,
    ),
]
EvidenceFile = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        help=_("A YAML or JSON file of what is said beside the outcomes, by its id."),
        show_default=False,
    ),
]
Operator = Annotated[
    str | None, typer.Option(help=_("Who acts (经办), as you name them."), show_default=False)
]


def target_of(text: str) -> dict[str, str]:
    """Return the target that `rule` or `rule:course` names."""
    rule, colon, course = text.partition(":")
    return {"rule": rule, "course": course} if colon else {"rule": rule}


def targets_of(texts: Sequence[str] | None) -> list[dict[str, str]]:
    """Return the targets that options name."""
    return [target_of(text) for text in texts or ()]


def read_evidence(file: Path | None) -> dict[str, Any] | None:
    """Return what a file says by its ids, None without one.

    Raises `FileUnreadable`, and `YamlUnreadable` with line and column.
    """
    from creditbank.domain.rules.yaml_reading import read_yaml

    if file is None:
        return None
    said, _positions = read_yaml(read_file_text(file))
    if not isinstance(said, dict):
        raise FileUnreadable(file=file.name, reason="not_evidence")
    return said
