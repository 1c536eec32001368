"""Where an audit left off, in a file of the auditor's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from creditbank.errors import CreditBankError
from creditbank.errors.audit import AuditStateUnusable
from creditbank.ledger.audit import Mark
from creditbank.storage.inspecting import OrgHead

FORMAT: Final = "creditbank-audit-state/1"


@dataclass(frozen=True, slots=True)
class AuditState:
    """What an audit that found nothing leaves for the next one.

    `mark` is the log as far as it was audited, `orgs` where the organisations' chains ended there
    (empty where only the public log was audited), `checkpoint` the signed note of it, if any.
    """

    mark: Mark
    orgs: Mapping[str, OrgHead] = field(default_factory=dict)
    checkpoint: bytes | None = None


def write_state(path: Path, state: AuditState) -> None:
    """Write a state in the place of an earlier one, as a whole."""
    mark = state.mark
    document: dict[str, Any] = {
        "format": FORMAT,
        "origin": mark.origin,
        "size": mark.size,
        "root": mark.root.hex(),
        "hashes": [node.hex() for node in mark.hashes],
        "last": mark.last.hex(),
        "at": mark.at,
        "orgs": {org: [seq, last.hex() if last else ""] for org, (seq, last) in state.orgs.items()},
    }
    if state.checkpoint is not None:
        document["checkpoint"] = state.checkpoint.decode()
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_state(path: Path, origin: str | None = None) -> AuditState | None:
    """Return the state in a file, None if there is no such file.

    Raises `AuditStateUnusable` if it is of another form, or of another log than `origin`.
    """
    try:
        document = orjson.loads(path.read_bytes())
        state = _state(document)
    except FileNotFoundError:
        return None
    except (OSError, CreditBankError, AttributeError, KeyError, TypeError, ValueError):
        raise AuditStateUnusable(file=path.name, reason="form") from None
    if origin is not None and state.mark.origin != origin:
        raise AuditStateUnusable(file=path.name, reason="origin")
    return state


def _state(document: dict[str, Any]) -> AuditState:
    mark = Mark(
        origin=str(document["origin"]),
        size=int(document["size"]),
        hashes=tuple(bytes.fromhex(node) for node in document["hashes"]),
        last=bytes.fromhex(document["last"]),
        at=int(document["at"]),
    )
    if document["format"] != FORMAT or mark.root.hex() != document["root"]:
        raise ValueError("format")
    orgs = {
        org: (int(seq), bytes.fromhex(last) or None)
        for org, (seq, last) in document["orgs"].items()
    }
    note = document.get("checkpoint")
    return AuditState(mark, orgs, None if note is None else str(note).encode())
