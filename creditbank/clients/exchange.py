"""What both clients do alike: the address, what is sent along, reading answers, trying again."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any, Final, TypeVar

import httpx
import stamina
from pydantic import ValidationError

from creditbank.clients.calls import Call
from creditbank.clients.problems import BankProblem, Problem
from creditbank.errors.clients import (
    AddressInvalid,
    AddressUnsafe,
    AnswerUnreadable,
    BankUnreachable,
    TokenInvalid,
)

T = TypeVar("T")

ATTEMPTS: Final = 7
"""How often a request is sent at most: over a quarter of a minute or so, unless told to wait."""

_WAIT_SECONDS_MAX: Final = 120
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TIMEOUT: Final = httpx.Timeout(connect=10, read=120, write=120, pool=120)
_BUSY: Final = (502, 503, 504)
_TOO_MANY: Final = 429
# What fails before the first byte is sent cannot have had an effect.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NEVER_RIGHT: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class Exchange:
    """One bank as seen with one token. Says nothing of the token in `repr`."""

    def __init__(self, address: str, token: str | None, *, language: str, allow_http: bool) -> None:
        self.url = _address(address, allow_http=allow_http)
        if token is not None and _TOKEN.fullmatch(token) is None:
            raise TokenInvalid(reason="token_form")
        self._token = token
        self._language = language

    def __repr__(self) -> str:
        """Return the address, any password in it masked."""
        return f"{self.url!r}"

    def options(self) -> dict[str, Any]:
        """Return what an httpx client is made with. No proxy stands before one's own machine."""
        here = self.url.host in _LOOPBACK
        return {"base_url": self.url, "timeout": _TIMEOUT, "trust_env": not here}

    def request(self, call: Call[Any]) -> dict[str, Any]:
        """Return what an httpx client sends for `call`."""
        headers = {
            "Accept": "application/json, application/problem+json",
            "Accept-Language": self._language,
            "User-Agent": f"creditbank/{version('creditbank')}",
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return {
            "method": call.method,
            "url": call.path,
            "params": dict(call.query),
            "content": call.body,
            "headers": headers,
        }

    def read(self, call: Call[T], response: httpx.Response) -> T:
        """Return the answer; raise `BankProblem`, or `AnswerUnreadable`."""
        if not response.is_success:
            raise BankProblem(_problem(response), _retry_after(response))
        try:
            return call.read(response.content)
        except ValidationError as error:
            # What pydantic says repeats the answer, which is personal: it is not passed on.
            reason = "not_json" if error.errors()[0]["type"] == "json_invalid" else "other_form"
        except ValueError:
            reason = "not_json"
        raise AnswerUnreadable(request=f"{call.method} {call.path}", reason=reason)

    def unreachable(self, error: httpx.TransportError) -> BankUnreachable:
        """Return what the loss of the last attempt is to the caller."""
        if isinstance(error, httpx.TimeoutException):
            reason = "timeout"
        else:
            reason = "connect" if isinstance(error, httpx.ConnectError) else "connection_lost"
        return BankUnreachable(host=self.url.host, reason=reason)


def attempts(call: Call[Any], most: int) -> Any:
    """Return stamina's attempts at `call`, which repeat what may be sent again and no more."""
    return stamina.retry_context(
        on=lambda error: _again(call, error),
        attempts=most,
        timeout=_WAIT_SECONDS_MAX,
        wait_initial=0.25,
        wait_max=10,
    )


def _again(call: Call[Any], error: Exception) -> bool | float:
    """Return whether to send `call` again after `error`, or in how many seconds."""
    if isinstance(error, httpx.TransportError):
        may = call.repeatable or isinstance(error, _NEVER_SENT)
        return may and not isinstance(error, _NEVER_RIGHT)
    if not isinstance(error, BankProblem):
        return False
    may = error.status == _TOO_MANY or (call.repeatable and error.status in _BUSY)
    if not may or error.retry_after is None:
        return may
    return error.retry_after <= _WAIT_SECONDS_MAX and float(error.retry_after)


def _retry_after(response: httpx.Response) -> int | None:
    """Return the seconds that Retry-After asks for (RFC 9110, 10.2.3); a date is passed over."""
    text = response.headers.get("Retry-After", "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _problem(response: httpx.Response) -> Problem:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind == "application/problem+json":
        try:
            problem = Problem.model_validate_json(response.content)
        except ValidationError:
            pass
        else:
            return problem.model_copy(update={"status": response.status_code})
    # A proxy's page, say: its text is nobody's answer to the question.
    title = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
    return Problem(status=response.status_code, title=title)


def _address(text: str, *, allow_http: bool) -> httpx.URL:
    try:
        url = httpx.URL(text.rstrip("/"))
    except (httpx.InvalidURL, ValueError, TypeError):
        raise AddressInvalid(reason="address_form") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise AddressInvalid(reason="address_form")
    if url.scheme == "http" and url.host not in _LOOPBACK and not allow_http:
        raise AddressUnsafe(host=url.host)
    return url
