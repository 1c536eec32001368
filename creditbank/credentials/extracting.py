"""Taking a credential out of whatever it came in: JSON, SD-JWT, PDF, PNG, SVG; and its limits."""

from __future__ import annotations

from typing import Any, Final

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
MAX_CREDENTIAL_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 64


def extract(data: bytes | str) -> dict[str, Any] | str:
    """Return the credential in `data`: a JSON object, or the text of an SD-JWT.

    PDF: the attachment with `AFRelationship` Source, else the only one that is a credential. PNG:
    the `openbadgecredential` chunk. SVG: the `openbadges:credential` element.

    Raises:
        MalformedDocument: if there is none, or it is over a limit; `reason` says which.
    """
    raise NotImplementedError


def read_json(data: bytes) -> Any:
    """Return the JSON value of untrusted bytes.

    Raises:
        MalformedDocument: if it is no JSON in UTF-8, repeats a member, has a constant that JSON
            lacks or a lone surrogate, nests deeper than `MAX_DEPTH`, or is too long.
    """
    raise NotImplementedError
