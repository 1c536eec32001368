"""Checking one Data Integrity proof: that it was made by a key, and that it covers what is shown.

Two libraries stand behind it, see decision 0015. openbadgeslib canonicalises within a budget, so
that a small document cannot keep a processor busy for minutes. openvc requires that the JSON is the
compacted form of what was signed: JSON-LD drops what it has no term for, and a signature over the
rest would still hold.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.ldp import (
    OB3GuardUnavailable,
    add_data_integrity_proof,
    verify_data_integrity_proof,
)
from openvc.errors import OpenvcError
from openvc.proof.data_integrity import (
    CredentialNotYetValid,
    DataIntegrityProofSuite,
    MalformedTimestamp,
)
from openvc.proof.data_integrity import SignatureInvalid as OtherSignature
from openvc.proof.di_jcs import EddsaJcsProofSuite

from creditbank.credentials import contexts
from creditbank.credentials.signing import JCS, PURPOSE, RDFC, Key, context_urls, jwk_of
from creditbank.errors.ledger import SignatureInvalid
from creditbank.errors.verification import MalformedDocument

SUITES: Final = (RDFC, JCS)
TYPE: Final = "DataIntegrityProof"

_TEXTS: Final = frozenset({"type", "cryptosuite", "created", "verificationMethod", "proofPurpose"})
_MEMBERS: Final = _TEXTS | {"id", "expires", "proofValue", "@context"}
# How openbadgeslib says that the signature is another one; everything else it refuses is the form.
_MISMATCH: Final = "Invalid Data Integrity proof"
_PROBE: Final = Key(bytes(32))  # a key that everybody has: what it signs is thrown away
COMPACTING: Final = Lock()
"""Held while openvc checks coverage: pyld compacts with a cache that threads must not share."""
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class NotCovered(Exception):  # a signal inside this package, never seen outside
    """The document shows something that the signature does not cover."""


def is_supported(proof: Mapping[str, Any]) -> bool:
    """Return whether a proof is of a type and suite that is checked here."""
    return proof.get("type") == TYPE and proof.get("cryptosuite") in SUITES


def check_form(proof: Mapping[str, Any]) -> None:
    """Return if a supported proof has the members of one, and no others.

    Others would be part of what it is signed with, and mean something that is not honoured here:
    `challenge` and `domain` bind a presentation, `previousProof` makes a chain.

    Raises:
        MalformedDocument: if it has not.
    """
    texts = {name: proof.get(name) for name in (*_TEXTS, "proofValue")}
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise MalformedDocument(reason="members")
    if not proof.keys() <= _MEMBERS or proof["proofPurpose"] != PURPOSE:
        raise MalformedDocument(reason="members")
    if ("@context" in proof) != (proof["cryptosuite"] == JCS):
        raise MalformedDocument(reason="members")


def check_proof(document: Mapping[str, Any], proof: Mapping[str, Any], public: bytes) -> None:
    """Return if `proof` over `document` without its proofs is by the Ed25519 key `public`.

    Raises:
        SignatureInvalid: if it is not.
        MalformedDocument: if proof or document are not of the form, or too intricate to canonise.
        ContextUnknown: if the document names a context that is not installed.
    """
    check_form(proof)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if proof["cryptosuite"] == JCS:
        _check_jcs(unsecured, proof, public)
    else:
        _check_rdfc(unsecured, proof, public)


def check_coverage(document: Mapping[str, Any], proof: Mapping[str, Any]) -> None:
    """Return if every member of `document` is covered by a proof that holds.

    Credentials inside a CLR are left out: each has a proof of its own and is checked by itself.

    Raises:
        NotCovered: if one is not.
        ContextUnknown: if the document names a context that is not installed.
    """
    if proof["cryptosuite"] == JCS:  # over the JSON itself, except for contexts put behind its own
        if proof["@context"] != document.get("@context"):
            raise NotCovered
        return
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    installed = contexts.beside(set(context_urls(unsecured)), contexts.OF_OPENVC)
    if contexts.CLR in installed:
        installed[contexts.CLR] = _clr_context()
        unsecured = _without_embedded(unsecured)
    try:
        # openvc signs nothing that a signature would not cover. That is the check wanted here,
        # and signing with a key that means nothing is the public way to it.
        with COMPACTING:
            DataIntegrityProofSuite().add_proof(
                unsecured,
                signing_key=_PROBE,
                verification_method=_PROBE.id,
                created=_LONG_AGO,
                extra_contexts=installed,
            )
    except (OpenvcError, RecursionError):
        raise NotCovered from None


def require_canonisable(document: Mapping[str, Any]) -> None:
    """Return if a document can be canonised within the budget; its proofs are not looked at.

    Raises:
        MalformedDocument: if it is too intricate, or not of the form.
        ContextUnknown: if it names a context that is not installed.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    installed = contexts.beside(set(context_urls(unsecured)), contexts.of_openbadgeslib())
    try:
        add_data_integrity_proof(unsecured, _PROBE.pem, _PROBE.id, extra_contexts=installed)
    except OB3GuardUnavailable:
        raise
    except (LibOpenBadgesException, RecursionError) as error:
        raise MalformedDocument(reason="form") from error


def _check_rdfc(unsecured: dict[str, Any], proof: Mapping[str, Any], public: bytes) -> None:
    urls = set(context_urls(unsecured))
    installed = contexts.beside(urls, contexts.of_openbadgeslib())
    try:
        if "expires" in proof:
            _check_limited(unsecured, proof, public, contexts.beside(urls, contexts.OF_OPENVC))
            return
        verify_data_integrity_proof(
            {**unsecured, "proof": dict(proof)}, _pem(public), extra_contexts=installed
        )
    except OB3GuardUnavailable:
        raise
    except (LibOpenBadgesException, RecursionError) as error:
        if str(error).startswith(_MISMATCH):
            raise SignatureInvalid(reason="signature") from None
        raise MalformedDocument(reason="form") from error


def _check_limited(
    unsecured: dict[str, Any],
    proof: Mapping[str, Any],
    public: bytes,
    installed: dict[str, dict[str, Any]],
) -> None:
    """Check a proof that says when it expires, which openbadgeslib would judge by the clock.

    It canonises the document once, to find out that this can be done; the rest is openvc's.
    """
    add_data_integrity_proof(unsecured, _PROBE.pem, _PROBE.id, extra_contexts=installed)
    try:
        DataIntegrityProofSuite().verify(
            {**unsecured, "proof": dict(proof)},
            public_key_jwk=jwk_of(public),
            check_temporal=False,
            extra_contexts=installed,
        )
    except (CredentialNotYetValid, MalformedTimestamp):
        return  # judged after the signature, and here by a step of its own
    except OtherSignature:
        raise SignatureInvalid(reason="signature") from None
    except OpenvcError as error:  # before the signature or after it: not to be told apart
        raise MalformedDocument(reason="form") from error


def _check_jcs(unsecured: dict[str, Any], proof: Mapping[str, Any], public: bytes) -> None:
    """Check as vc-di-eddsa 3.3.2 has it: the document's contexts begin with the proof's."""
    signed, shown = _list(proof["@context"]), _list(unsecured.get("@context"))
    if shown[: len(signed)] != signed:
        raise SignatureInvalid(reason="signature")
    stored = {name: value for name, value in proof.items() if name != "@context"}
    secured = {**unsecured, "@context": proof["@context"], "proof": stored}
    try:
        EddsaJcsProofSuite().verify(secured, public_key_jwk=jwk_of(public), check_temporal=False)
    except (CredentialNotYetValid, MalformedTimestamp):
        return  # judged after the signature, and here by a step of its own
    except OtherSignature:
        raise SignatureInvalid(reason="signature") from None
    except OpenvcError as error:
        raise MalformedDocument(reason="form") from error


def _without_embedded(document: dict[str, Any]) -> dict[str, Any]:
    subject = document.get("credentialSubject")
    if not isinstance(subject, Mapping):
        return document
    rest = {name: value for name, value in subject.items() if name != "verifiableCredential"}
    return {**document, "credentialSubject": rest}


@cache
def _clr_context() -> dict[str, Any]:
    """Return CLR's context with its members known as nodes.

    As published it gives them classes where JSON-LD expects data types, so that no CLR at all is
    the compacted form of itself. What the signature covers is not changed by it.
    """
    document = copy.deepcopy(contexts.documents([contexts.CLR])[contexts.CLR])
    for term in document["@context"]["ClrSubject"]["@context"].values():
        if isinstance(term, dict) and term.get("@container") == "@set":
            term["@type"] = "@id"
    return document


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _pem(public: bytes) -> bytes:
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
