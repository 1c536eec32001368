"""Verifying a receipt or a statement in a program, without a bank, a database or a network.

    report = verify(document, keys_of(Path("bank.keys").read_text(encoding="utf-8")))
    if report.result is Result.VALID:
        ...

It is the function behind `creditbank verify` and `POST /v1/verify`; docs/verification.md says what
each answer means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from creditbank.domain.verification import Report, Result
from creditbank.domain.verification import verify as verify_document
from creditbank.ledger.keys import VerifierKey, parse_key
from creditbank.ledger.policy import parse_policy

__all__ = ["Report", "Result", "keys_of", "verify"]


def verify(
    document: bytes | str | Mapping[str, Any],
    keys: Iterable[VerifierKey | str],
    policy: str | None = None,
) -> Report:
    """Return the report on a document as the bank gave it, held against `keys`.

    `policy` is the text of a trust policy (c2sp.org/tlog-policy). Nothing about the document is
    raised; `MalformedPolicy` and `MalformedKey` are, for what the verifier brings along.
    """
    return verify_document(document, keys, None if policy is None else parse_policy(policy))


def keys_of(text: str) -> list[VerifierKey]:
    """Return the keys of a file's text, one to a line, remarks behind #; raises `MalformedKey`."""
    lines = (line.strip() for line in text.splitlines())
    return [parse_key(line) for line in lines if line and not line.startswith("#")]
