"""The forms of an attestation: as submitted, and as the `attest` part of an entry."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from creditbank.domain.submissions import Digest, RegisterId
from creditbank.ledger.wire import decode_base64

_STRICT = ConfigDict(extra="forbid", strict=True)
Salt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Place = Annotated[int, Field(ge=0, lt=2**53)]
Path = Annotated[list[Digest], Field(max_length=63)]


def _check_base64(text: str) -> str:
    try:
        decode_base64(text)
    except ValueError:
        raise PydanticCustomError("form", "not base64") from None
    return text


Signature = Annotated[
    str,
    StringConstraints(max_length=4000),  # of ML-DSA-44 it has 3,228 characters
    AfterValidator(_check_base64),
    Field(json_schema_extra={"contentEncoding": "base64"}),
]


class _Signed(TypedDict):
    """The institution's key by its id, the signature, and the item's place under it."""

    alg: Literal["ed25519", "ml-dsa-44"]
    kid: RegisterId
    sig: Signature
    index: Place
    size: Place
    path: Path
    salt: Salt


@with_config(_STRICT)
class AttestIn(_Signed):
    """As submitted: `learner_salt` opens the commitment to the learner, once, for the bank."""

    learner_salt: Salt


@with_config(_STRICT)
class AttestPart(_Signed):
    """The `attest` part of an entry; `learner` is the commitment to the learner."""

    learner: Digest


ATTEST_IN: TypeAdapter[Any] = TypeAdapter(AttestIn)
ATTEST: TypeAdapter[Any] = TypeAdapter(AttestPart)
