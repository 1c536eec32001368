"""The JSON-LD contexts that credentials may name: installed with the program, never fetched.

Ours says what Open Badges has no term for: class-hours, exact credits with their system, stages,
level, decisions, and the place in the log. Every bank serves it with the same bytes, at
`<url>/contexts/skills-credit-v1.jsonld`, so it is known by its digest wherever it is served.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from creditbank.errors.credentials import ContextUnknown
from creditbank.ledger.suite import hash_bytes

CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS: Final = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CLR: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
OWN_NAME: Final = "skills-credit-v1.jsonld"
OWN_PATH: Final = "/contexts/" + OWN_NAME
OWN_DIGEST: Final = "85f814b3e14d5da2f36c1c20261f7081f0778d06cdbdaea7a5ad591f881a4fd0"
"""SHA-256 of our context. It never changes: other terms are another version at another URL."""

OF_OPENVC: Final = frozenset({CREDENTIALS})
"""The contexts that openvc brings: the same bytes as ours, see the test of digests."""

_BUNDLED: Final[Mapping[str, str]] = {
    CREDENTIALS: "credentials-v2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": "ob-v3p0-context-3.0.1.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": "ob-v3p0-context-3.0.2.json",
    OPEN_BADGES: "ob-v3p0-context-3.0.3.json",
    OPEN_BADGES_EXTENSIONS: "ob-v3p0-extensions.json",
    "https://w3id.org/security/data-integrity/v2": "security-data-integrity-v2.json",
    "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
    CLR: "clr_context_2.0.1.json",
}


@cache
def of_openbadgeslib() -> frozenset[str]:
    """Return the contexts that openbadgeslib brings; loads it, which takes a while."""
    from openbadgeslib.ob3 import contexts as bundled

    return frozenset(bundled.bundled_contexts())


def own_url(bank_url: str) -> str:
    """Return the URL of our context at the bank whose web site is `bank_url`."""
    return bank_url.rstrip("/") + OWN_PATH


def is_own(url: str) -> bool:
    """Return whether `url` is where some bank serves our context."""
    return url.startswith(("https://", "http://")) and url.endswith(OWN_PATH)


@cache
def own_bytes() -> bytes:
    """Return our context as it is served, byte for byte (media type `application/ld+json`)."""
    return resources.files("creditbank.credentials").joinpath("vocabulary", OWN_NAME).read_bytes()


def digest_of(url: str) -> str:
    """Return the SHA-256 of an installed context as 64 hex digits.

    Raises:
        ContextUnknown: if none is installed for `url`.
    """
    return hash_bytes(own_bytes()).hex() if is_own(url) else _digest_of_bundled(url)


def digest_sri(url: str) -> str:
    """Return the digest of an installed context as W3C Subresource Integrity writes it."""
    return "sha256-" + base64.b64encode(bytes.fromhex(digest_of(url))).decode()


def digests(urls: Iterable[str]) -> dict[str, str]:
    """Return the digest of each context, to be fixed in the entry of an issue; raises as above."""
    return {url: digest_of(url) for url in urls}


def documents(urls: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the installed context documents by URL; raises `ContextUnknown`."""
    return {url: _own() if is_own(url) else _bundled(url) for url in urls}


def beside(urls: Iterable[str], known: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the documents that a library has to be given because it has not `known` them itself.

    A library keeps what it has worked out of its own contexts, and works out anew, each time, what
    it is given. Raises `ContextUnknown` for any URL that is not installed.
    """
    found = documents(urls)
    return {url: document for url, document in found.items() if url not in known}


@cache
def _own() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(own_bytes())
    return value


@cache
def _bundled(url: str) -> dict[str, Any]:
    from openbadgeslib.ob3 import clr
    from openbadgeslib.ob3 import contexts as bundled

    _name_of(url)
    return clr.bundled_clr_contexts()[url] if url == CLR else bundled.load_context(url)


@cache
def _digest_of_bundled(url: str) -> str:
    bundled = resources.files("openbadgeslib.ob3.contexts")
    return hash_bytes(bundled.joinpath(_name_of(url)).read_bytes()).hex()


def _name_of(url: str) -> str:
    if url not in _BUNDLED:
        raise ContextUnknown(url=url[:200])
    return _BUNDLED[url]
