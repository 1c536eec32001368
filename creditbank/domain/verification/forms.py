"""The documents that can be verified, as they travel: receipts and statements, version 1.

They are JSON, and white space and the order of members are of no consequence: what counts are the
values, whose canonical bytes the entries commit to. Members that are not named here are refused.
"""

from __future__ import annotations

import json
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NoReturn,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

from creditbank.domain.attest_forms import Salt
from creditbank.domain.submissions import Digest
from creditbank.errors.verification import MalformedDocument
from creditbank.ledger.entry import MAX_LEAF_BYTES

RECEIPT: Final = "creditbank-receipt/1"
STATEMENT: Final = "creditbank-statement/1"

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
MAX_NOTE_CHARACTERS: Final = 1_000_000

_STRICT = ConfigDict(extra="forbid", strict=True)
PartName = Literal["act", "actor", "attest", "learner_link", "org_link", "person"]
Hashes = Annotated[list[Digest], Field(max_length=63)]
Leaf = Annotated[str, StringConstraints(max_length=MAX_LEAF_BYTES)]
Note = Annotated[str, StringConstraints(max_length=MAX_NOTE_CHARACTERS)]


@with_config(_STRICT)
class ShownPart(TypedDict):
    """A part with its salt (32 hex digits)."""

    salt: Salt
    value: dict[str, Any]


class _Entry(TypedDict):
    """A leaf, the digests of all parts, and the parts that are shown.

    `erased` names parts that the bank says were erased; further parts that have a digest and are
    not shown are hidden from this reader.
    """

    leaf: Leaf
    leaf_hash: Digest
    digests: dict[PartName, Digest]
    parts: dict[PartName, ShownPart]
    erased: NotRequired[list[PartName]]


@with_config(_STRICT)
class ProvenEntry(_Entry):
    """An entry with its inclusion proof (its sibling first) under the document's checkpoint."""

    proof: Hashes


@with_config(_STRICT)
class RegisterEvidence(ProvenEntry):
    """A published register version: its entry, and the document that the entry names by digest."""

    document: dict[str, Any]


@with_config(_STRICT)
class ReceiptDocument(_Entry):
    """That an entry stands in the log.

    `proof` is a `c2sp.org/tlog-proof@v1` with the checkpoint in it. `registers` show the keys of
    institutions that signed.
    """

    format: Literal["creditbank-receipt/1"]
    proof: Note
    registers: NotRequired[list[RegisterEvidence]]


@with_config(_STRICT)
class StatementDocument(TypedDict):
    """All entries of a learner's chain below a size of the log, and the signed head of the chain.

    `checkpoint` and `account_head` are signed notes.
    """

    format: Literal["creditbank-statement/1"]
    checkpoint: Note
    account_head: Note
    entries: Annotated[list[ProvenEntry], Field(min_length=1)]
    registers: NotRequired[list[RegisterEvidence]]


DOCUMENTS: Final[dict[str, TypeAdapter[Any]]] = {
    RECEIPT: TypeAdapter(ReceiptDocument),
    STATEMENT: TypeAdapter(StatementDocument),
}


def read_json(data: bytes) -> Any:
    """Return the JSON value of `data`.

    Raises:
        MalformedDocument: if it is no JSON in UTF-8, repeats a member, has a float or a constant
            that JSON lacks, nests too deep, or has more than 64 MiB.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise MalformedDocument(reason="size")
    try:
        text = data.decode("utf-8")
        return json.loads(
            text, object_pairs_hook=_object, parse_float=_refuse_float, parse_constant=_refuse_float
        )
    except RecursionError:
        raise MalformedDocument(reason="depth") from None
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are, and integers of 4,300 digits
        raise MalformedDocument(reason="syntax") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedDocument(reason="duplicate_member")
    return members


def _refuse_float(_text: str) -> NoReturn:
    raise MalformedDocument(reason="float")
