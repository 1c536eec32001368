"""Asking a learner's wallet to show a certificate, for a college's desk: OpenID4VP 1.0.

The desk makes a request, which holds for ten minutes, and shows it as a QR code. The wallet fetches
it, and sends what it shows to us. The desk then reads what was shown and what was found. What a
wallet showed is kept for a day, sealed under a key of its own, and is never part of the ledger.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from creditbank.credentials import presenting
from creditbank.credentials.limits import read_json
from creditbank.credentials.presenting import Presented
from creditbank.domain.certifying import IssuerFacts
from creditbank.domain.verification import Report, Result
from creditbank.errors.keys import KeyMissing
from creditbank.errors.storage import Erased
from creditbank.errors.verification import MalformedDocument
from creditbank.errors.wallets import PresentationUnknown, WalletRefused
from creditbank.ledger.suite import NONCE_BYTES
from creditbank.services import wallet_secrets
from creditbank.services.credential_keys import CredentialKey, Signers, read_keys
from creditbank.services.documents import Certificates, credential_url
from creditbank.services.identifying import new_id
from creditbank.services.verifying import Relied
from creditbank.services.verifying_here import Verifier
from creditbank.storage import credentials, loading, wallets
from creditbank.storage.keyring import CREDENTIAL_KEY_FILE
from creditbank.storage.reading import Connection
from creditbank.texts import Translator

REQUEST_SECONDS: Final = 600
KEPT_SECONDS: Final = 24 * 3600
WAITING, ANSWERED, REFUSED = "waiting", "answered", "refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its desk gets it: the id, what opens a wallet, until when."""

    id: str
    uri: str
    expires_at: int


class PresentationDesk:
    """Asks wallets in the name of one bank, and takes what they show."""

    def __init__(self, certificates: Certificates, signers: Signers, verifier: Verifier) -> None:
        self._bank, issuing = certificates.bank, certificates.issuing
        self._issuer = IssuerFacts(issuing.did, issuing.site, issuing.name)
        self._signers, self._verifier = signers, verifier

    async def ask(
        self, org: str, purpose: str, formats: Sequence[str], claims: Sequence[str]
    ) -> Asked:
        """Return a new request of an organisation."""
        dcql = presenting.query(self._issuer, formats, claims, purpose)
        presentation, nonce = new_id(), secrets.token_urlsafe(24)

        def add(connection: Connection) -> int:
            now = loading.read_head(connection).now
            wallets.forget_expired(connection, now)
            row = wallets.Presentation(
                id=presentation,
                org=org,
                asked=json.dumps(dcql),
                nonce=nonce,
                state=WAITING,
                created_at=now,
                expires_at=now + REQUEST_SECONDS,
            )
            wallets.add_presentation(connection, row)
            return row.expires_at

        expires_at = await self._bank.database.write(add)
        url = f"{self._issuer.url}/openid/requests/{presentation}"
        return Asked(presentation, presenting.request_link(self._issuer.did, url), expires_at)

    async def request_object(self, presentation: str) -> str:
        """Return the signed request for a wallet; refuses with `WalletRefused`."""
        row = await self._open(presentation)
        keys = await self._keys()
        return presenting.request_object(
            json.loads(row.asked),
            key=self._signers.of(keys[-1].public),
            nonce=row.nonce,
            state=wallet_secrets.state_of(self._bank.keyring, row.id),
            response_url=f"{self._issuer.url}/openid/responses/{row.id}",
            issued_at=row.created_at,
            expires_at=row.expires_at,
        )

    async def answer(self, presentation: str, form: Mapping[str, str]) -> None:
        """Take what a wallet shows, or that it refuses; refuses with `WalletRefused`.

        What does not hold leaves the request open: whoever sees a QR code could otherwise spoil it.
        """
        row = await self._open(presentation)
        state = wallet_secrets.state_of(self._bank.keyring, row.id)
        if not hmac.compare_digest(form.get("state", "").encode(), state.encode()):
            raise WalletRefused("invalid_request", "state is not the one of this request")
        if "error" in form:
            await self._end(row, REFUSED, {"error": form["error"][:200]})
            return
        now = int(time.time())
        relied = await self._verifier.relied()
        text = form.get("vp_token", "")
        check = partial(self._check, row, text, now, relied)
        shown = await self._verifier.workers.run(check)
        await self._end(row, ANSWERED, {"at": now, "shown": shown})

    async def read(self, org: str, presentation: str, texts: Translator) -> dict[str, Any]:
        """Return what became of a request of this organisation.

        What was shown is checked anew, so that a status is as it is now. Refuses with
        `PresentationUnknown`, and with `Erased` where a certificate of our own was shown whose
        learner was erased since.
        """
        row = await self._bank.database.read(
            lambda found: wallets.presentation(found, presentation)
        )
        now = int(time.time())
        if row is None or row.org != org or row.expires_at <= now:
            raise PresentationUnknown(presentation=presentation)
        members: dict[str, Any] = {"presentation": row.id, "state": row.state}
        if row.sealed is None:
            return members | {"expires_at": row.expires_at}
        cipher = wallet_secrets.presentation_cipher(self._bank.keyring, row.id)
        content: dict[str, Any] = json.loads(cipher.unseal(row.sealed, row.id.encode()))
        if row.state == REFUSED:
            return members | content
        shown = content["shown"]
        await self._bank.database.read(lambda found: self._refuse_erased(found, shown))
        reports = [await self._verifier.verify(one["credential"]) for one in shown]
        return members | {
            "result": _worst(reports).value,
            "shown": [
                {**one, "report": report.document(texts.gettext)}
                for one, report in zip(shown, reports, strict=True)
            ],
        }

    def _refuse_erased(self, connection: Connection, shown: Sequence[Mapping[str, Any]]) -> None:
        """Refuse with `Erased` if one of these is ours, and its learner was erased."""
        prefix = credential_url(self._issuer.url, "")
        for one in shown:
            address = one["claims"].get("jti") or one["claims"].get("id")
            if not isinstance(address, str) or not address.startswith(prefix):
                continue
            found = credentials.credential(connection, address.removeprefix(prefix))
            if found is None and credentials.place_of(connection, address.removeprefix(prefix)):
                raise Erased

    async def _open(self, presentation: str) -> wallets.Presentation:
        row = await self._bank.database.read(
            lambda found: wallets.presentation(found, presentation)
        )
        if row is None or row.state != WAITING or row.expires_at <= int(time.time()):
            raise WalletRefused("invalid_request", "there is no such request, or it is over")
        return row

    def _check(
        self, row: wallets.Presentation, text: str, now: int, relied: Relied
    ) -> list[dict[str, Any]]:
        try:
            vp_token = read_json(text.encode(errors="surrogatepass"))
        except MalformedDocument:
            vp_token = None
        if not isinstance(vp_token, dict):
            raise WalletRefused("invalid_request", "vp_token is not a JSON object")
        shown = presenting.check(
            vp_token,
            json.loads(row.asked),
            nonce=row.nonce,
            audience=presenting.client_id(self._issuer.did),
            now=now,
            resolve_did=relied.resolve_did,
        )
        return [_document(one) for one in shown]

    async def _keys(self) -> list[CredentialKey]:
        bank = self._bank
        keys = await bank.database.read(
            lambda connection: read_keys(connection, bank.keyring, bank.origin)
        )
        if not keys:
            raise KeyMissing(file=CREDENTIAL_KEY_FILE)
        return keys

    async def _end(self, row: wallets.Presentation, state: str, content: Mapping[str, Any]) -> None:
        cipher = wallet_secrets.presentation_cipher(self._bank.keyring, row.id)
        data = json.dumps(content, ensure_ascii=False).encode()
        sealed = cipher.seal(secrets.token_bytes(NONCE_BYTES), data, row.id.encode())

        def end(connection: Connection) -> bool:
            current = wallets.presentation(connection, row.id, for_update=True)
            if current is None or current.state != WAITING:
                return False
            until = int(time.time()) + KEPT_SECONDS
            wallets.end_presentation(connection, row.id, state, sealed, until)
            return True

        if not await self._bank.database.write(end):
            raise WalletRefused("invalid_request", "the request was answered already")


def _document(one: Presented) -> dict[str, Any]:
    members = {"format": one.format, "credential": one.credential, "claims": one.claims}
    return members if one.holder is None else members | {"holder": one.holder}


def _worst(reports: Sequence[Report]) -> Result:
    found = {report.result for report in reports}
    return next(one for one in (Result.NOT_VALID, Result.UNDECIDABLE, Result.VALID) if one in found)
