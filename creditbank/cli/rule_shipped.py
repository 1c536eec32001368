"""The rulebooks that ship with the program, for whoever begins with one of them."""

from __future__ import annotations

from creditbank.cli.output import say_table
from creditbank.cli.wording import _, locale
from creditbank.errors.registers import RegisterUnknown


def list_shipped() -> None:
    """Print id, status and title of each."""
    from creditbank.domain.rules.phrases import Speaker
    from creditbank.domain.rules.reading import parse_rulebook
    from creditbank.rulebooks import shipped_rulebooks

    words = {"published": _("published"), "example": _("example")}
    books = [parse_rulebook(one.document) for one in shipped_rulebooks() if one.kind == "rulebook"]
    rows = [
        [one.id, words[one.status], one.under or "", Speaker(locale).title(one.title)]
        for one in books
    ]
    say_table([_("Rulebook"), _("Status"), _("Frame"), _("Title")], rows)


def text_of(name: str) -> str:
    """Return the text of the file with a rulebook; raises `RegisterUnknown`."""
    from creditbank.domain.rules.drafts import read_drafts
    from creditbank.rulebooks import shipped_rulebook_files

    for text in shipped_rulebook_files().values():
        if name in {draft.document["id"] for draft in read_drafts(text)}:
            return text.rstrip("\n")
    raise RegisterUnknown(kind="rulebook")


def text_around() -> str:
    """Return the made-up owners, occupation and plans, as one file."""
    import yaml

    from creditbank.rulebooks import shipped_rulebooks

    parts = [
        {"kind": one.kind, "document": one.document}
        for one in shipped_rulebooks()
        if one.kind != "rulebook"
    ]
    text: str = yaml.safe_dump(parts, allow_unicode=True, sort_keys=False)
    return text.rstrip("\n")
