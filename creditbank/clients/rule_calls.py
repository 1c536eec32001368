"""Requests about rulebooks, beside `creditbank.clients.calls`."""

from __future__ import annotations

from typing import Any

from creditbank.clients import answers
from creditbank.clients.calling import Call, Document, read_as, to_body
from creditbank.clients.rule_answers import RulebookFindings
from creditbank.clients.signing import InstitutionSigner

_PATH = "/v1/rulebooks"


def publish_rulebook(
    rulebook: Document,
    *,
    operator: str | None = None,
    reviewer: str | None = None,
    signer: InstitutionSigner | None = None,
) -> Call[answers.PublishedRegister]:
    """Publish a version of one's own rulebook, signed if there is a `signer`.

    Publishing it again changes nothing. Raises, with a `signer`, as reading the document does.
    """
    body: dict[str, Any] = {"rulebook": rulebook}
    named = {"operator": operator, "reviewer": reviewer}
    body |= {name: value for name, value in named.items() if value is not None}
    if signer is not None:
        body["signature"] = signer.sign_register("rulebook", rulebook)
    return Call("POST", _PATH, read_as(answers.PublishedRegister), to_body(body))


def check_rulebook(rulebook: Document) -> Call[RulebookFindings]:
    """Return what there is to say of a draft among the bank's registers; nothing is published."""
    body = to_body({"rulebook": rulebook})
    return Call("POST", f"{_PATH}/checks", read_as(RulebookFindings), body)
