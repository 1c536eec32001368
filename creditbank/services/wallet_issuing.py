"""Issuing to a wallet that has a token: OpenID4VCI 1.0, credential and deferred endpoints.

What is issued was fixed by the offer; a request can match it or be refused. The wallet adds one
thing, the key that the certificate is bound to, which it has to prove to hold. The first key is the
only one: the same request again gets the same certificate, another key gets none.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from creditbank.credentials.holding import HolderKey, proven_key
from creditbank.credentials.wallet_metadata import CONFIGURATIONS
from creditbank.domain.access import BANK, Principal
from creditbank.domain.certifying import Form
from creditbank.errors import Refused, Unavailable
from creditbank.errors.access import Unauthenticated
from creditbank.errors.wallets import WalletRefused
from creditbank.services import wallet_secrets as secret
from creditbank.services.actors import Poster
from creditbank.services.certifying import Asked, IssueCredential
from creditbank.services.documents import Certificates
from creditbank.services.sessions import authenticate
from creditbank.services.wallet_offers import IDENTIFIED, identifier_of
from creditbank.storage import loading, wallets
from creditbank.storage.reading import Connection

ReadBody = Callable[[], Awaitable[Mapping[str, Any]]]

INTERVAL_SECONDS: Final = 5
"""How long a wallet should wait before it asks again for what could not be issued at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a wallet: certificates, or the transaction under which to ask again."""

    credentials: tuple[dict[str, Any] | str, ...] = ()
    transaction: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as the protocol writes it."""
        if self.transaction is not None:
            return {"transaction_id": self.transaction, "interval": INTERVAL_SECONDS}
        return {"credentials": [{"credential": one} for one in self.credentials]}


class WalletDesk:
    """Answers wallets in the name of one bank."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates, self._bank = certificates, certificates.bank
        self._site = certificates.issuing.site

    def nonce(self) -> str:
        """Return a fresh nonce for a key proof."""
        return secret.new_nonce(self._bank.keyring, int(time.time()))

    async def credential(self, token: str, read: ReadBody) -> Answer:
        """Return the certificate that a wallet asks for; refuses with `WalletRefused`.

        The body is read once the token is known to be good.
        """
        principal, offer = await self._offer(token)
        body = await read()
        configuration = _configuration(offer, body)
        if "credential_response_encryption" in body:
            text = "answers are not encrypted beyond TLS"
            raise WalletRefused("invalid_encryption_parameters", text)
        now = int(time.time())
        until: list[int] = []

        def is_ours(nonce: str) -> bool:
            held = secret.nonce_until(self._bank.keyring, nonce, now)
            until.extend([] if held is None else [held])
            return held is not None

        key, nonce = proven_key(body, issuer=self._site, now=now, nonce_is_ours=is_ours)
        claim = await self._claim(offer, configuration, key, nonce, until[0])
        return await self._answer(principal, offer, claim)

    async def deferred(self, token: str, read: ReadBody) -> Answer:
        """Return a certificate that could not be issued when it was asked for, or wait on."""
        principal, offer = await self._offer(token)
        body = await read()
        if "credential_response_encryption" in body:
            text = "answers are not encrypted beyond TLS"
            raise WalletRefused("invalid_encryption_parameters", text)
        asked = body.get("transaction_id")
        if not isinstance(asked, str):
            raise WalletRefused("invalid_credential_request", "transaction_id is missing")
        claims = await self._bank.database.read(lambda found: wallets.claims(found, offer.id))
        for claim in claims:
            ours = secret.transaction_of(self._bank.keyring, offer.id, claim.configuration)
            if claim.deferred and hmac.compare_digest(ours.encode(), asked.encode()):
                return await self._answer(principal, offer, claim)
        raise WalletRefused("invalid_transaction_id", "no such transaction, or it is done")

    async def _offer(self, token: str) -> tuple[Principal, wallets.Offer]:
        try:
            principal = await authenticate(self._bank, token)
        except Unauthenticated:
            raise WalletRefused("invalid_token", "the access token is no longer good") from None

        def read(connection: Connection) -> wallets.Offer | None:
            now = loading.read_head(connection).now
            return wallets.offer_of_token(connection, principal.token, now)

        offer = await self._bank.database.read(read)
        if offer is None:
            raise WalletRefused("invalid_token", "the access token is not one of a wallet")
        return principal, offer

    async def _claim(
        self, offer: wallets.Offer, configuration: str, key: HolderKey, nonce: str, until: int
    ) -> wallets.Claim:
        """Return the claim, made now or before by the same key; the nonce is used up by this."""
        holder = json.dumps({"subject": key.subject, "jwk": dict(key.jwk)})
        named = (offer.id, configuration, offer.account, key.thumbprint)
        new = wallets.Claim(*named, holder)

        def claim(connection: Connection) -> wallets.Claim | WalletRefused:
            if not wallets.burn_nonce(connection, secret.nonce_digest(nonce), until):
                return WalletRefused("invalid_nonce", "the nonce was used; ask for a new one")
            if wallets.offer(connection, offer.id, for_update=True) is None:
                return WalletRefused("credential_request_denied", "the offer has ended")
            known = wallets.claim(connection, offer.id, configuration)
            if known is None:
                wallets.add_claim(connection, new)
                return new
            if known.thumbprint != key.thumbprint:
                text = "it was issued to another key"
                return WalletRefused("credential_request_denied", text)
            return known

        made = await self._bank.database.write(claim)
        if isinstance(made, WalletRefused):
            raise made
        return made

    async def _answer(
        self, principal: Principal, offer: wallets.Offer, claim: wallets.Claim
    ) -> Answer:
        """Return the certificate, or that it has to be asked for again."""
        try:
            document = await self._issue(principal, offer, claim)
        except WalletRefused:
            raise
        except Unavailable:
            await self._set_deferred(claim, deferred=True)
            keyring = self._bank.keyring
            return Answer(transaction=secret.transaction_of(keyring, offer.id, claim.configuration))
        except Refused as error:
            text = f"it cannot be issued: {error.slug}"
            raise WalletRefused("credential_request_denied", text) from None
        if claim.deferred:
            await self._set_deferred(claim, deferred=False)
        return Answer((document,))

    async def _issue(
        self, principal: Principal, offer: wallets.Offer, claim: wallets.Claim
    ) -> dict[str, Any] | str:
        form = CONFIGURATIONS[claim.configuration]
        holder, offered = json.loads(claim.holder), json.loads(offer.offered)
        asked = Asked(
            form,
            outcome=offered.get("outcome"),
            decision=offered.get("decision"),
            target=offered.get("target"),
            subject=holder["subject"],
            key=holder["jwk"] if form is Form.SD_JWT_VC else None,
        )
        poster = Poster(token=principal.token, org=BANK)
        work = IssueCredential(self._certificates.issuing, asked, poster, account=offer.account)
        issued = await self._bank.journal.submit(work)
        return await self._certificates.signed(issued.credential)

    async def _set_deferred(self, claim: wallets.Claim, *, deferred: bool) -> None:
        def change(connection: Connection) -> None:
            wallets.set_deferred(connection, claim, deferred=deferred)

        await self._bank.database.write(change)


def _configuration(offer: wallets.Offer, body: Mapping[str, Any]) -> str:
    """Return which configuration a request is for (OpenID4VCI, 8.2)."""
    offered: list[str] = json.loads(offer.offered)["configurations"]
    identifier = body.get("credential_identifier")
    configuration = body.get("credential_configuration_id")
    if (identifier is None) is (configuration is None):
        text = "credential_configuration_id or credential_identifier is needed, and one only"
        raise WalletRefused("invalid_credential_request", text)
    if (identifier is not None) is not (offer.state == IDENTIFIED):
        text = "name the credential as the token response did"
        raise WalletRefused("invalid_credential_request", text)
    if identifier is not None:
        for one in offered:
            if identifier == identifier_of(one):
                return one
        raise WalletRefused("unknown_credential_identifier", "there is no such credential")
    if configuration not in offered:
        raise WalletRefused("unknown_credential_configuration", "this was not offered")
    return str(configuration)
