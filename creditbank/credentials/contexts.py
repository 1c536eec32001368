"""The JSON-LD contexts that credentials may name: installed with the program, never fetched.

Ours says what Open Badges has no term for: class-hours, exact credits with their system, stages,
level, and the place in the log. Every bank serves it with the same bytes, at
`<url>/contexts/skills-credit-v1.jsonld`, so it is known by its digest wherever it is served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS: Final = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CLR: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
OWN_NAME: Final = "skills-credit-v1.jsonld"
OWN_PATH: Final = "/contexts/" + OWN_NAME


def own_url(bank_url: str) -> str:
    """Return the URL of our context at the bank whose web site is `bank_url`."""
    return bank_url.rstrip("/") + OWN_PATH


def own_bytes() -> bytes:
    """Return our context as it is served, byte for byte (media type `application/ld+json`)."""
    raise NotImplementedError


def digest_of(url: str) -> str:
    """Return the SHA-256 of an installed context as 64 hex digits.

    Raises `ContextUnknown` if none is installed for `url`.
    """
    raise NotImplementedError


def digests(urls: Iterable[str]) -> dict[str, str]:
    """Return the digest of each context, to be fixed in the entry of an issue; raises as above."""
    raise NotImplementedError


def documents(urls: Iterable[str]) -> Mapping[str, dict[str, Any]]:
    """Return the installed context documents by URL; raises `ContextUnknown`."""
    raise NotImplementedError
