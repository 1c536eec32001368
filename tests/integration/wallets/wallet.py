"""A wallet: it knows the protocols, its own keys, and nothing else of the bank."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from openvc.keys import Ed25519SigningKey, P256SigningKey
from openvc.openid4vci import parse_credential_issuer_metadata, parse_credential_offer

from creditbank.credentials.holding import key_did
from creditbank.credentials.jose import sign

PRE_AUTHORISED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
Key = Ed25519SigningKey | P256SigningKey


@dataclass
class Wallet:
    """One wallet with one key, which is `named` by its DID, or stands in the header itself."""

    http: httpx.AsyncClient
    key: Key = field(default_factory=lambda: P256SigningKey.generate("x"))
    named: bool = True
    issuer: str = "https://bank.test"
    token: str = ""

    @property
    def did(self) -> str:
        return key_did(self.key.public_jwk())

    async def offer(self, uri: str) -> dict[str, Any]:
        """Return the offer that a QR code leads to, by reference or by value."""
        parts = urlsplit(uri)
        assert parts.scheme == "openid-credential-offer"
        query = {name: value for name, (value,) in parse_qs(parts.query).items()}
        if "credential_offer" in query:
            offer = json.loads(query["credential_offer"])
        else:
            offer = (await self.http.get(query["credential_offer_uri"])).json()
        parse_credential_offer(offer)
        found: dict[str, Any] = offer
        return found

    async def metadata(self) -> dict[str, Any]:
        found = await self.http.get(f"{self.issuer}/.well-known/openid-credential-issuer")
        document: dict[str, Any] = found.json()
        parse_credential_issuer_metadata(document)
        assert document["credential_issuer"] == self.issuer
        return document

    async def redeem(self, offer: dict[str, Any], code: str | None, **more: str) -> httpx.Response:
        server = await self.http.get(f"{self.issuer}/.well-known/oauth-authorization-server")
        form = {
            "grant_type": PRE_AUTHORISED,
            "pre-authorized_code": offer["grants"][PRE_AUTHORISED]["pre-authorized_code"],
        }
        if code is not None:
            form["tx_code"] = code
        answer = await self.http.post(server.json()["token_endpoint"], data=form | more)
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer

    async def nonce(self) -> str:
        answer = await self.http.post((await self.metadata())["nonce_endpoint"])
        assert answer.headers["cache-control"] == "no-store"
        nonce: str = answer.json()["c_nonce"]
        return nonce

    def proof(self, fresh: str, **changes: Any) -> str:
        """Return a key proof; `changes` are members of header or claims, None leaves one out."""
        header: dict[str, Any] = {"typ": "openid4vci-proof+jwt", "alg": self.key.alg}
        if self.named:
            header["kid"] = f"{self.did}#{self.did.rpartition(':')[2]}"
        else:
            header["jwk"] = self.key.public_jwk()
        claims = {"aud": self.issuer, "iat": int(time.time()), "nonce": fresh}
        for name, value in changes.items():
            (header if name in {"typ", "alg", "kid", "jwk"} else claims)[name] = value
        header = {name: value for name, value in header.items() if value is not None}
        claims = {name: value for name, value in claims.items() if value is not None}
        return sign(header, claims, self.key)  # type: ignore[arg-type]  # it can sign

    async def ask(self, body: dict[str, Any], *, token: str | None = None) -> httpx.Response:
        endpoint = (await self.metadata())["credential_endpoint"]
        return await self.http.post(endpoint, json=body, headers=self._bearer(token))

    async def ask_for(self, configuration: str, **changes: Any) -> httpx.Response:
        """Ask for a configuration with a fresh proof."""
        proof = self.proof(await self.nonce(), **changes)
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": [proof]}}
        return await self.ask(body)

    async def ask_again(self, transaction: str) -> httpx.Response:
        endpoint = (await self.metadata())["deferred_credential_endpoint"]
        body = {"transaction_id": transaction}
        return await self.http.post(endpoint, json=body, headers=self._bearer(None))

    def _bearer(self, token: str | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token if token is None else token}"}


async def received(wallet: Wallet, made: dict[str, Any], configuration: str) -> Any:
    """Return the certificate that a wallet gets for an offer that was made."""
    offer = await wallet.offer(made["uri"])
    assert configuration in offer["credential_configuration_ids"]
    assert (await wallet.redeem(offer, made["transaction_code"])).status_code == 200
    answer = await wallet.ask_for(configuration)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["credentials"]
    return one["credential"]
