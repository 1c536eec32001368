"""Asking a wallet to show something, and checking what it shows: OpenID4VP 1.0 with DCQL.

`openvc` checks the protocol: the shape of the answer, the signatures, and that the holder's key
answered this request and no other. What it does not look at is checked here: that everything asked
for was shown. Whether a credential still stands is for `verifying`, on each one that was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from openvc.did.base import DidDocument, DidResolverRegistry, parse_did_document
from openvc.did.did_jwk import DidJwkResolver
from openvc.did.did_key import DidKeyResolver
from openvc.errors import OpenvcError
from openvc.openid4vp import VerifiedPresentation, verify_vp_token

from creditbank.credentials import contexts, jose, proofs, selective
from creditbank.credentials.did import JWT_VC_ISSUER, WEB, web_did
from creditbank.credentials.holding import in_ascii
from creditbank.credentials.signing import PURPOSE, Key, context_urls
from creditbank.domain.certifying import IssuerFacts
from creditbank.errors import CreditBankError
from creditbank.errors.wallets import WalletRefused

SD_JWT: Final = "dc+sd-jwt"
LDP: Final = "ldp_vc"
FORMATS: Final = (SD_JWT, LDP)
CLAIMS: Final = selective.DISCLOSABLE
"""What can be asked for one by one; a badge is always shown whole."""

_SCHEME: Final = "openid4vp://"
_AUDIENCE: Final = "https://self-issued.me/v2"
_TYP: Final = "oauth-authz-req+jwt"
_BADGE_TYPE: Final = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"
_QUERY_IDS: Final = {SD_JWT: "sd_jwt", LDP: "badge"}
_VP_FORMATS: Final = {
    SD_JWT: {
        "sd-jwt_alg_values": ["EdDSA", "Ed25519", "ES256"],
        "kb-jwt_alg_values": ["ES256", "EdDSA", "Ed25519"],
    },
    LDP: {
        "proof_type_values": ["DataIntegrityProof"],
        "cryptosuite_values": [
            "eddsa-rdfc-2022",
            "eddsa-jcs-2022",
            "ecdsa-rdfc-2019",
            "ecdsa-jcs-2019",
        ],
    },
}

_ISSUERS_MAX: Final = 4
Resolve = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential that a wallet showed, bound to this request by its holder's key.

    `credential` is a document, or the SD-JWT without the key binding; `claims` what it shows.
    """

    format: str
    holder: str | None
    credential: dict[str, Any] | str
    claims: dict[str, Any]


def query(
    issuer: IssuerFacts, formats: Sequence[str], claims: Sequence[str], purpose: str
) -> dict[str, Any]:
    """Return the DCQL query: one outcome, in any one of `formats`, with all of `claims`."""
    sd_jwt: dict[str, Any] = {
        "id": _QUERY_IDS[SD_JWT],
        "format": SD_JWT,
        "meta": {"vct_values": [selective.vct(issuer)]},
    }
    if claims:
        sd_jwt["claims"] = [{"path": [name]} for name in claims]
    badge = {
        "id": _QUERY_IDS[LDP],
        "format": LDP,
        "meta": {"type_values": [[_BADGE_TYPE]]},
    }
    queries = {SD_JWT: sd_jwt, LDP: badge}
    return {
        "credentials": [queries[one] for one in formats],
        "credential_sets": [
            {"options": [[_QUERY_IDS[one]] for one in formats], "purpose": purpose}
        ],
    }


def client_id(did: str) -> str:
    """Return what a verifier with this DID is called (OpenID4VP, 5.9.3)."""
    return f"decentralized_identifier:{did}"


def request_link(did: str, request_url: str) -> str:
    """Return what opens a wallet, as a link or a QR code: the request by reference."""
    named = quote(client_id(did), safe="")
    return f"{_SCHEME}?client_id={named}&request_uri={quote(request_url, safe='')}"


def request_object(
    dcql: Mapping[str, Any],
    *,
    key: Key,
    nonce: str,
    state: str,
    response_url: str,
    issued_at: int,
    expires_at: int,
) -> str:
    """Return the signed request (RFC 9101), which a wallet answers at `response_url`."""
    claims = {  # without `iss`, which wallets are to ignore (section 5), and some do not
        "aud": _AUDIENCE,
        "client_id": client_id(key.did),
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": response_url,
        "nonce": nonce,
        "state": state,
        "iat": issued_at,
        "exp": expires_at,
        "dcql_query": dict(dcql),
        "client_metadata": {"vp_formats_supported": _VP_FORMATS},
    }
    return jose.sign({"typ": _TYP, "alg": key.alg, "kid": key.kid}, claims, key)


def check(
    vp_token: Mapping[str, Any],
    dcql: Mapping[str, Any],
    *,
    nonce: str,
    audience: str,
    now: int,
    resolve_did: Resolve,
) -> list[Presented]:
    """Return what a wallet shows in answer to a request, checked but for its status.

    `resolve_did` returns DID documents, and raises an error of ours where nobody may be asked.

    Raises:
        WalletRefused: `invalid_request`, with the reason.
    """
    try:
        known = _known_documents(vp_token, resolve_did)
        with proofs.COMPACTING:
            verified = verify_vp_token(
                vp_token,
                dcql_query=dcql,
                nonce=nonce,
                client_id=audience,
                resolver=DidResolverRegistry(
                    [DidKeyResolver(), DidJwkResolver(), _Resolver(known)]
                ),
                now=datetime.fromtimestamp(now, UTC),
                extra_contexts=_contexts(vp_token),
                jwt_vc_issuer_fetch=lambda url: _issuer_keys(url, known),
            )
    except (OpenvcError, CreditBankError, RecursionError) as error:
        raise WalletRefused("invalid_request", in_ascii(error)) from None
    asked = {one["id"]: one.get("claims", []) for one in dcql["credentials"]}
    shown = []
    for presentation in verified.presentations:
        found = _presented(presentation, vp_token)
        for claim in asked[presentation.query_id]:
            if any(claim["path"][0] not in one.claims for one in found):
                text = f"the wallet does not show {claim['path'][0]}"
                raise WalletRefused("invalid_request", text)
        shown.extend(found)
    return shown


def _known_documents(vp_token: Mapping[str, Any], resolve: Resolve) -> dict[str, Mapping[str, Any]]:
    """Return the DID documents of every issuer that the answer names.

    They are fetched before anything is checked, so that nobody waits for a host under a lock; and
    what can be canonised only with much work is refused here, within a budget.
    """
    names = set()
    for shown in (one for many in vp_token.values() if isinstance(many, list) for one in many):
        if isinstance(shown, str):
            _, claims = jose.peek(shown.partition("~")[0])
            names.add(web_did(str(claims.get("iss"))))
        elif isinstance(shown, Mapping):
            proofs.require_canonisable(shown)
            names |= set(_methods(shown.get("verifiableCredential")))
    return {name: resolve(name) for name in list(names)[:_ISSUERS_MAX] if name.startswith(WEB)}


def _methods(value: Any) -> Iterator[str]:
    """Yield the DIDs whose keys credentials say they are signed with."""
    for credential in value if isinstance(value, list) else [value]:
        proof = credential.get("proof") if isinstance(credential, Mapping) else None
        for one in proof if isinstance(proof, list) else [proof]:
            method = one.get("verificationMethod") if isinstance(one, Mapping) else None
            if isinstance(method, str):
                yield method.partition("#")[0]


class _Resolver:
    """DID documents that are at hand, as openvc asks for them."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        self._known = known

    def supports(self, did: str) -> bool:
        """Return whether the document is at hand."""
        return did in self._known

    def resolve(self, did: str) -> DidDocument:
        """Return the document."""
        return parse_did_document(dict(self._known[did]))


def _issuer_keys(url: str, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the keys of an SD-JWT's issuer, which is an address: those of its `did:web`.

    An issuer that asserts by `did:web` needs to be asked once only, and in one way.
    """
    issuer = url.replace(JWT_VC_ISSUER, "", 1)
    document = parse_did_document(dict(known.get(web_did(issuer), {})))
    asserting = document.relationships.get(PURPOSE, [])
    keys = [
        {**method.public_key_jwk, "kid": method.id}
        for method in document.verification_methods
        if method.id in asserting and method.public_key_jwk
    ]
    return {"issuer": issuer, "jwks": {"keys": keys}}


def _presented(one: VerifiedPresentation, vp_token: Mapping[str, Any]) -> list[Presented]:
    """Return what one presentation holds; an SD-JWT without the key binding that was checked."""
    if one.format == SD_JWT:
        text: str = vp_token[one.query_id][0]
        bare = text.rpartition("~")[0] + "~"
        return [Presented(one.format, one.holder, bare, dict(one.credentials[0].credential))]
    documents = [dict(result.credential) for result in one.credentials]
    return [Presented(one.format, one.holder, document, document) for document in documents]


def _contexts(vp_token: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
    """Return the installed contexts that the answer names; raises `ContextUnknown`."""
    return contexts.documents(set(context_urls(vp_token)))
