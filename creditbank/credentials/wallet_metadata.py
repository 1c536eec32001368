"""What a wallet reads before it talks to the bank: metadata and offers of OpenID4VCI 1.0.

One issuer, which is its own authorisation server, and three configurations: an outcome as an Open
Badge with an embedded proof (`ldp_vc`), and as an SD-JWT VC (`dc+sd-jwt`); a decision as a badge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from creditbank.credentials import badges, selective
from creditbank.credentials.holding import ALGORITHMS, BINDINGS
from creditbank.domain.certifying import Form, IssuerFacts, Names

PRE_AUTHORISED: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
OFFER_SCHEME: Final = "openid-credential-offer://"
TRANSACTION_CODE_DIGITS: Final = 6

BADGE: Final = "SkillsCredit_ldp_vc"
SD_JWT: Final = "SkillsCredit_dc_sd_jwt"
DECISION: Final = "SkillsDecision_ldp_vc"
CONFIGURATIONS: Final[Mapping[str, Form]] = {
    BADGE: Form.OPEN_BADGE,
    SD_JWT: Form.SD_JWT_VC,
    DECISION: Form.DECISION,
}
"""Which form of certificate each configuration is."""
OF_OUTCOMES: Final = (BADGE, SD_JWT)
OF_DECISIONS: Final = (DECISION,)

_PATHS: Final = {
    "credential_endpoint": "/openid/credential",
    "nonce_endpoint": "/openid/nonce",
    "deferred_credential_endpoint": "/openid/deferred",
}
_OUTCOME_TITLE: Final = Names("学习成果证书", "Certificate of a learning outcome")
_TITLES: Final = {
    BADGE: _OUTCOME_TITLE,
    SD_JWT: _OUTCOME_TITLE,
    DECISION: Names("学分认定决定", "Decision of recognition"),
}
_SIGNING: Final = {
    BADGE: ["eddsa-rdfc-2022", "eddsa-jcs-2022"],
    SD_JWT: ["EdDSA", "Ed25519"],
    DECISION: ["eddsa-rdfc-2022", "eddsa-jcs-2022"],
}


def issuer_metadata(issuer: IssuerFacts) -> dict[str, Any]:
    """Return `/.well-known/openid-credential-issuer`; its identifier is the bank's address."""
    return {
        "credential_issuer": issuer.url,
        **{name: issuer.url + path for name, path in _PATHS.items()},
        "display": _display(issuer.name),
        "credential_configurations_supported": {
            BADGE: _badge_configuration(BADGE, issuer),
            SD_JWT: _sd_jwt_configuration(issuer),
            DECISION: _badge_configuration(DECISION, issuer),
        },
    }


def server_metadata(url: str) -> dict[str, Any]:
    """Return `/.well-known/oauth-authorization-server` (RFC 8414) for the bank at `url`."""
    return {
        "issuer": url,
        "token_endpoint": f"{url}/openid/token",
        "grant_types_supported": [PRE_AUTHORISED],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
        "authorization_details_types_supported": ["openid_credential"],
    }


def offer(url: str, configurations: Sequence[str], code: str) -> dict[str, Any]:
    """Return the credential offer of the bank at `url`; a transaction code is always asked for."""
    grant = {
        "pre-authorized_code": code,
        "tx_code": {
            "input_mode": "numeric",
            "length": TRANSACTION_CODE_DIGITS,
            "description": "屏幕上显示的六位数字 · the six digits shown beside the code",
        },
    }
    return {
        "credential_issuer": url,
        "credential_configuration_ids": list(configurations),
        "grants": {PRE_AUTHORISED: grant},
    }


def offer_link(offer_url: str) -> str:
    """Return what opens a wallet, as a link or a QR code: the offer by reference."""
    return f"{OFFER_SCHEME}?credential_offer_uri={quote(offer_url, safe='')}"


def offer_link_by_value(document: Mapping[str, Any]) -> str:
    """Return the same with the whole offer in it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return f"{OFFER_SCHEME}?credential_offer={quote(text, safe='')}"


def well_known(url: str, name: str) -> str:
    """Return the path of a well-known document: the name between host and path (RFC 8414, 3)."""
    return f"/.well-known/{name}{urlsplit(url).path}"


def _display(names: Names) -> list[dict[str, str]]:
    shown = [{"name": names.zh, "locale": "zh-CN"}]
    return [*shown, {"name": names.en, "locale": "en"}] if names.en else shown


def _badge_configuration(name: str, issuer: IssuerFacts) -> dict[str, Any]:
    return _configuration(name, "ldp_vc", list(BINDINGS)) | {
        "credential_definition": {
            "@context": list(badges.context_urls(issuer)),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
        },
    }


def _sd_jwt_configuration(issuer: IssuerFacts) -> dict[str, Any]:
    made = _configuration(SD_JWT, "dc+sd-jwt", ["jwk"])
    claims = selective.type_metadata(issuer).get("claims", [])
    made["credential_metadata"]["claims"] = [{"path": one["path"]} for one in claims]
    return made | {"vct": selective.vct(issuer)}


def _configuration(name: str, credential_format: str, bindings: list[str]) -> dict[str, Any]:
    return {
        "format": credential_format,
        "scope": name,
        "cryptographic_binding_methods_supported": bindings,
        "credential_signing_alg_values_supported": _SIGNING[name],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": list(ALGORITHMS)}},
        "credential_metadata": {"display": _display(_TITLES[name])},
    }
