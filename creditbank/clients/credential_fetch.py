"""Fetching what certificates name: DID documents and status lists, from hosts that are listed.

Whoever wrote the certificate chose the address, so it is a request by a stranger from inside our
network. Asked are only hosts on the list, by HTTPS, at the address that was resolved and found to
be public (openvc.fetch connects to that very address, so that the name cannot be turned meanwhile),
never after a redirect, for a limited time and size. A development bank may ask listed hosts by
HTTP and at private addresses.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from openvc.did.did_webvh import DidWebvhResolver
from openvc.errors import OpenvcError
from openvc.fetch import UnsafeUrlError, https_bytes_fetch

from creditbank.credentials import did
from creditbank.credentials.limits import MAX_LIST_BYTES, read_json
from creditbank.errors.credentials import HostNotAllowed, HostUnreachable, MalformedDid
from creditbank.errors.verification import MalformedDocument

MAX_BYTES: Final = MAX_LIST_BYTES
TIMEOUT_SECONDS: Final = 5.0

_WEBVH: Final = "did:webvh:"
_PORTS: Final = {"https": 443, "http": 80}
_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
_ACCEPT: Final = "application/json, application/ld+json, application/vc, application/statuslist+jwt"
_PLAIN: Final = {"accept": _ACCEPT, "accept-encoding": "identity"}


class Fetcher:
    """Asks the listed hosts (`host`, or `host:port` where it is not the scheme's own).

    `local` is for development: HTTP and private addresses are allowed for listed hosts.
    """

    def __init__(
        self, hosts: Iterable[str], *, local: bool = False, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._hosts = frozenset(host.strip().lower() for host in hosts if host.strip())
        self._local, self._timeout = local, timeout

    def get(self, url: str, most: int = MAX_BYTES) -> bytes:
        """Return the bytes at `url`, at most `most`.

        Raises:
            HostNotAllowed: if the host is not listed, or the address may not be asked.
            HostUnreachable: if it gives no usable answer.
        """
        host, scheme = self._allowed(url)
        if self._local:
            return self._get_locally(url, host, most)
        if scheme != "https":
            raise HostNotAllowed(host=host, reason="scheme")
        try:
            return https_bytes_fetch(url, timeout_s=self._timeout, max_bytes=most)
        except UnsafeUrlError as error:
            if "redirect" in str(error):
                raise HostUnreachable(host=host, reason="redirect") from None
            if "cannot resolve" in str(error) or "did not resolve" in str(error):
                raise HostUnreachable(host=host, reason="connect") from None
            raise HostNotAllowed(host=host, reason="address") from None
        except OpenvcError as error:
            raise HostUnreachable(host=host, reason=_reason(error)) from None

    def resolve_did(self, name: str) -> Mapping[str, Any]:
        """Return the document of a `did:web` or `did:webvh`.

        Raises:
            MalformedDid: if it is of another method, or its log does not hold.
            HostNotAllowed, HostUnreachable: as `get`.
        """
        if name.startswith(_WEBVH):
            return self._resolve_webvh(name)
        url = did.document_url(name)
        if self._local and urlsplit(url).hostname in {"localhost", "127.0.0.1"}:
            url = did.document_url(name, "http")
        host, _ = self._allowed(url)
        try:
            document = read_json(self.get(url))
        except MalformedDocument:
            raise HostUnreachable(host=host, reason="syntax") from None
        if not isinstance(document, dict):
            raise HostUnreachable(host=host, reason="object")
        return document

    def fetch_status(self, url: str) -> bytes:
        """Return the bytes of a status list; raises as `get`."""
        return self.get(url)

    def _resolve_webvh(self, name: str) -> Mapping[str, Any]:
        try:
            found = DidWebvhResolver(lambda url: self.get(url).decode()).resolve(name)
        except (OpenvcError, UnicodeDecodeError):
            raise MalformedDid(reason="form") from None
        raw: Mapping[str, Any] = found.raw
        return raw

    def _allowed(self, url: str) -> tuple[str, str]:
        """Return host and scheme of an address whose host is listed."""
        try:
            parts = urlsplit(url)
            name, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise HostNotAllowed(host="—", reason="form") from None
        host = name if port in {None, _PORTS.get(parts.scheme)} else f"{name}:{port}"
        if not url.isascii() or "@" in parts.netloc or not name:
            raise HostNotAllowed(host=host[:200] or "—", reason="form")
        if host not in self._hosts:
            raise HostNotAllowed(host=host[:200], reason="not_listed")
        if parts.scheme not in _PORTS:
            raise HostNotAllowed(host=host, reason="scheme")
        return host, parts.scheme

    def _get_locally(self, url: str, host: str, most: int) -> bytes:
        ends, content = time.monotonic() + self._timeout, bytearray()
        try:
            with (
                httpx.Client(timeout=self._timeout, trust_env=False) as client,
                client.stream("GET", url, headers=_PLAIN) as response,
            ):
                if response.status_code in _REDIRECTS:
                    raise HostUnreachable(host=host, reason="redirect")
                if response.status_code != _OK:
                    raise HostUnreachable(host=host, reason="answer")
                for chunk in response.iter_raw(64 * 1024):  # as it came: nothing is unpacked
                    content += chunk
                    if len(content) > most:
                        raise HostUnreachable(host=host, reason="size")
                    if time.monotonic() > ends:
                        raise HostUnreachable(host=host, reason="timeout")
        except httpx.TimeoutException:
            raise HostUnreachable(host=host, reason="timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise HostUnreachable(host=host, reason="connect") from None
        return bytes(content)


def _reason(error: OpenvcError) -> str:
    """Return why a host gave no usable answer, as openvc's fetch says it."""
    text = str(error)
    if isinstance(error.__cause__, TimeoutError) or "deadline" in text:
        return "timeout"
    if "unexpected status" in text:
        return "answer"
    return "size" if "exceeds" in text else "connect"
