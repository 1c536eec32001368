"""`register publish`: register documents from a file, in the bank's name, for its set-up.

Authorities publish through the API. This is for the bank's operator, who registers the first
authority, or everything where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditbank import texts
from creditbank.cli.files import read_file_text
from creditbank.cli.local import AsJson, Data, operator
from creditbank.cli.output import fail, progress, remark, say, say_json
from creditbank.cli.wording import EXPLAINED, Command, _, group, locale, word
from creditbank.errors import CreditBankError
from creditbank.errors.cli import FileUnreadable
from creditbank.errors.rules import YamlUnreadable

if TYPE_CHECKING:
    from creditbank.services.operating import Operator

app = group(_("Publish registers: institutions, modules, authorisations and the like."))

_SHOWN_FAULTS = 20


@app.command(
    "publish",
    cls=Command,
    help=_(
        "Publish the register documents of a YAML or JSON file, in the order of the file. A version"
        " that is published already with the same content is passed over."
    ),
)
def publish(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=_("Its members are kind and documents."))
    ],
    data: Data = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Publish the documents of a file."""
    documents = list(read_documents(file))
    results = []
    with operator(data) as bank, progress(_("Publishing"), len(documents)) as tell:
        for done, (kind, document) in enumerate(documents, start=1):
            results.append(_publish(bank, kind, document))
            tell(done, len(documents))
    if as_json:
        say_json([{name: one[name] for name in one if name != "error"} for one in results])
    else:
        for result in results:
            _say_result(result)
    if any(result["status"] == "refused" for result in results):
        raise typer.Exit(1)


def read_documents(file: Path) -> Iterator[tuple[str, Any]]:
    """Yield kind and document of each register in a file; raises `FileUnreadable`.

    A file has one part or several: YAML documents, or the items of a list. Each names its kind and
    has a `document` or a list of `documents`.
    """
    from creditbank.domain.rules.yaml_reading import read_yaml_stream

    text = read_file_text(file)
    try:
        parts = read_yaml_stream(text)
    except YamlUnreadable:
        raise FileUnreadable(file=file.name, reason="not_register") from None
    for part in parts:
        for one in part if isinstance(part, list) else [part]:
            documents = _documents(one)
            if documents is None:
                raise FileUnreadable(file=file.name, reason="not_register")
            yield from ((one["kind"], document) for document in documents)


def _documents(part: Any) -> list[Any] | None:
    """Return the documents of `{kind, documents}` or `{kind, document}`, None if it is neither."""
    if not isinstance(part, dict) or not isinstance(part.get("kind"), str):
        return None
    documents = part.get("documents", [part["document"]] if "document" in part else None)
    return documents if isinstance(documents, list) else None


def _publish(bank: Operator, kind: str, document: Any) -> dict[str, Any]:
    named = document if isinstance(document, dict) else {}
    result = {
        "kind": kind,
        "id": str(named.get("id", "")),
        "version": str(named.get("version", "")),
    }
    try:
        published = bank.publish_register(kind, document)
    except CreditBankError as error:
        title, detail = texts.translate_error(error, locale)
        problem = {"slug": error.slug, "title": title, "detail": detail, **error.fields}
        return result | {"status": "refused", "problem": problem}
    status = "unchanged" if published.replayed else "published"
    return result | {"status": status, "index": published.index, "digest": published.digest.hex()}


def _say_result(result: dict[str, Any]) -> None:
    name = f"{word(result['kind'])} {result['id']} {result['version']}"
    if result["status"] == "published":
        say(_("{name}: published, entry {index}").format(name=name, index=result["index"]))
    elif result["status"] == "unchanged":
        say(_("{name}: unchanged, entry {index}").format(name=name, index=result["index"]))
    else:
        problem = result["problem"]
        fail(EXPLAINED.format(title=name, detail=problem["title"]), problem["detail"])
        for fault in problem.get("errors", [])[:_SHOWN_FAULTS]:
            remark(f"  {fault['where'] or '/'}: {fault['reason']}", style=None)
