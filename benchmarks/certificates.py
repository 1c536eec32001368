"""Certificates: signed and verified per second on one core, and the size of each form.

Baseline of the same run: the plain loop that signs the same badges with pyld and cryptography and
nothing else. What it leaves out is what the difference buys: bounds on what canonising may cost,
no context of others in pyld's cache, and an answer when something cannot be signed. Times are of
the processor, so that a busy machine does not change them.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from openvc.multibase import encode_multibase
from pyld import jsonld

from creditbank.credentials import badges, contexts, pages, pictures, selective, signing
from creditbank.credentials.signing import JCS, RDFC, compact_bytes
from creditbank.domain.certifying import Purpose
from creditbank.ledger.times import format_time
from creditbank.texts import translator
from tests.credential_scene import (
    CREATED,
    ISSUER,
    KEY,
    URL,
    World,
    badge,
    decision,
    list_url,
    record,
    sd_jwt,
    signed,
)

Say = Callable[..., None]
TIMES: Final = 60
_QR_BYTES: Final = 2_953  # the most that a QR code of version 40-L holds


def measure(say: Say) -> None:
    """Say what signing, verifying and rendering cost, and how large each form is."""
    _measure_signing(say)
    _measure_verifying(say)
    _measure_rendering(say)
    _measure_sizes(say)


def _per_second(work: Callable[[], object], times: int = TIMES) -> float:
    work()  # what is kept is kept for good, so the first time is another matter
    began = time.process_time()
    for _ in range(times):
        work()
    return times / (time.process_time() - began)


def _measure_signing(say: Say) -> None:
    document, plain = badge(), _PlainSigner()
    if plain.sign(document) != signed(document)["proof"]["proofValue"]:
        raise SystemExit("the two signers disagree")
    baseline = _per_second(lambda: plain.sign(document))
    rate = _per_second(lambda: signed(document))
    say("badges signed, eddsa-rdfc-2022, one core", f"{rate:,.0f}/s")
    say(
        "  plain loop of pyld and cryptography",
        f"{baseline:,.0f}/s",
        f"ratio {rate / baseline:.2f}",
    )
    rate = _per_second(lambda: signed(badge()))
    say("  built from facts and signed", f"{rate:,.0f}/s")
    say("  eddsa-jcs-2022", f"{_per_second(lambda: signed(document, KEY, JCS)):,.0f}/s")
    say("SD-JWT VCs built and signed", f"{_per_second(sd_jwt):,.0f}/s")
    world = World(revoked=set(range(0, 131_072, 97)))
    took = 1000 / _per_second(lambda: world.list_document(list_url(Purpose.REVOCATION)), 20)
    say("a status list of 131,072 positions made and signed", f"{took:,.1f} ms")


def _measure_verifying(say: Say) -> None:
    world, made = _Kept(), signed(badge())
    rate = _per_second(lambda: world.verify(made), 20)
    say("badges verified, with three status lists at hand", f"{rate:,.0f}/s")
    made = signed(badge(status=()))
    say("  without status lists", f"{_per_second(lambda: world.verify(made), 20):,.0f}/s")
    rate = _per_second(lambda: world.verify(sd_jwt(token_status=None)))
    say("SD-JWT VCs made and verified, without a status list", f"{rate:,.0f}/s")


class _Kept(World):
    """A world whose lists were made once."""

    def __init__(self) -> None:
        super().__init__()
        self._lists = {list_url(one): World().fetch_status(list_url(one)) for one in Purpose}

    def fetch_status(self, url: str) -> bytes:
        """Return a list as it was made."""
        return self._lists[url]


def _measure_rendering(say: Say) -> None:
    made, texts = signed(badge()), translator("zh_CN")
    address = f"{URL}/credentials/one"
    began = time.perf_counter()
    pages.certificate_pdf(made, texts, address)
    say("first PDF of a process", f"{1000 * (time.perf_counter() - began):,.0f} ms")
    took = 1000 / _per_second(lambda: pages.certificate_pdf(made, texts, address), 10)
    say("PDF/A-3 with credential and QR code", f"{took:,.0f} ms")


def _measure_sizes(say: Say) -> None:
    made, texts = signed(badge()), translator("zh_CN")
    inside = [signed(badge(f"inside-{number}")) for number in range(10)]
    shown = selective.present(sd_jwt(), {"name", "level", "achieved_on"})
    png = pictures.badge_png(made, texts)
    svg = pictures.badge_svg(made, texts)
    forms: dict[str, bytes] = {
        "badge": compact_bytes(made),
        "badge, two suites": compact_bytes(signed(badge(), KEY, RDFC, JCS)),
        "decision": compact_bytes(signed(decision())),
        "record of ten badges": compact_bytes(signed(record(*inside))),
        "SD-JWT VC": sd_jwt().encode(),
        "SD-JWT VC showing three members": shown.encode(),
        "PDF": pages.certificate_pdf(made, texts, f"{URL}/credentials/one"),
        "PNG": png,
        "SVG": svg,
        "status list, none marked": World().fetch_status(list_url(Purpose.REVOCATION)),
    }
    for name, content in forms.items():
        packed = len(zlib.compress(content, 9))
        say(f"size: {name}", f"{len(content):,} B", f"zlib {packed:,}")


class _PlainSigner:
    """The loop that anybody would write first: canonise, hash, sign, encode."""

    def __init__(self) -> None:
        documents = contexts.documents(badges.context_urls(ISSUER))

        def load(url: str, _options: object = None) -> dict[str, Any]:
            return {
                "contextUrl": None,
                "documentUrl": url,
                "document": documents[url],
                "tag": "static",
            }

        self._options = {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": load,
        }

    def sign(self, document: dict[str, Any]) -> str:
        """Return the proof value."""
        config = {
            "@context": document["@context"],
            "type": "DataIntegrityProof",
            "cryptosuite": RDFC,
            "created": format_time(CREATED),
            "verificationMethod": KEY.id,
            "proofPurpose": signing.PURPOSE,
        }
        return encode_multibase(KEY.sign(self._hash(config) + self._hash(document)))

    def _hash(self, document: dict[str, Any]) -> bytes:
        return sha256(jsonld.normalize(document, self._options).encode()).digest()
