"""The SDK: one credit bank, used by a program of an institution, a college or a desk.

    with BankClient("https://bank.example.cn", token) as bank:
        posted = bank.post_outcome(outcome)

Every method is a request of `creditbank.clients.calls`, where its arguments are described; the two
clients differ only in waiting. A refusal raises `BankProblem`. A request that may be repeated is,
when the connection fails or the bank is busy: the same source id is never recorded twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from creditbank.clients import calls, conversion_calls, credential_calls, rule_calls
from creditbank.clients.answers import StatementEntry
from creditbank.clients.batches import Document, PostedItems, Progress, chunks
from creditbank.clients.calls import Call
from creditbank.clients.credential_answers import IssuedRow
from creditbank.clients.credential_bulk import issue_credentials
from creditbank.clients.defaults import CHUNK
from creditbank.clients.exchange import ATTEMPTS, Exchange, attempts
from creditbank.clients.problems import BankProblem, Problem

__all__ = ["AsyncBankClient", "BankClient", "BankProblem", "PostedItems", "Problem"]

T = TypeVar("T")
P = ParamSpec("P")
_PAGE = 500


def _blocking(build: Callable[P, Call[T]]) -> Callable[Concatenate[BankClient, P], T]:
    """Return the method that makes the request which `build` describes."""

    @wraps(build)
    def method(self: BankClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(build(*args, **kwargs))

    return method


def _awaited(
    build: Callable[P, Call[T]],
) -> Callable[Concatenate[AsyncBankClient, P], Awaitable[T]]:
    """Return the coroutine that makes the request which `build` describes."""

    @wraps(build)
    async def method(self: AsyncBankClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(*args, **kwargs))

    return method


class BankClient:
    """A bank, asked by one thread at a time or by several; close it, or use it in `with`.

    `address` is https://, or http:// on this machine; elsewhere plain HTTP has to be allowed by
    `allow_http`. `language` is that of refusals. Raises `AddressInvalid`, `AddressUnsafe` and
    `TokenInvalid`.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        language: str = "zh-CN",
        allow_http: bool = False,
        attempts: int = ATTEMPTS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._exchange = Exchange(address, token, language=language, allow_http=allow_http)
        self._attempts = attempts
        self._http = httpx.Client(transport=transport, **self._exchange.options())

    def __repr__(self) -> str:
        return f"BankClient({self._exchange!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Return the answer to `call`; raise `BankProblem`, `BankUnreachable`, `AnswerUnreadable`.

        What may be repeated is, as `creditbank.clients.exchange` has it.
        """
        try:
            for attempt in attempts(call, self._attempts):
                with attempt:
                    response = self._http.request(**self._exchange.request(call))
                    answer = self._exchange.read(call, response)
        except httpx.TransportError as error:
            raise self._exchange.unreachable(error) from error
        return answer

    bank = _blocking(calls.bank)
    registers = _blocking(calls.registers)
    log_keys = _blocking(calls.log_keys)
    log_status = _blocking(calls.log_status)
    verify = _blocking(calls.verify)
    register = _blocking(calls.register)
    publish_register = _blocking(calls.publish_register)
    publish_rulebook = _blocking(rule_calls.publish_rulebook)
    check_rulebook = _blocking(rule_calls.check_rulebook)
    post_outcome = _blocking(calls.post_outcome)
    post_batch = _blocking(calls.post_batch)
    batch = _blocking(calls.batch)
    correct = _blocking(calls.correct)
    revoke = _blocking(calls.revoke)
    receipt = _blocking(calls.receipt)
    entries = _blocking(calls.entries)
    entry = _blocking(calls.entry)
    open_learner = _blocking(calls.open_learner)
    learner = _blocking(calls.learner)
    change_identity = _blocking(calls.change_identity)
    issue_code = _blocking(calls.issue_code)
    open_session = _blocking(calls.open_session)
    close_session = _blocking(calls.close_session)
    token_held = _blocking(calls.token_held)
    balance = _blocking(calls.balance)
    outcomes = _blocking(calls.outcomes)
    statement = _blocking(calls.statement)
    proven_statement = _blocking(calls.proven_statement)
    export = _blocking(calls.export)
    access_log = _blocking(calls.access_log)
    restrict = _blocking(calls.restrict)
    end_restriction = _blocking(calls.end_restriction)
    erase = _blocking(calls.erase)
    grant = _blocking(calls.grant)
    grants = _blocking(calls.grants)
    end_grant = _blocking(calls.end_grant)
    issue_credential = _blocking(credential_calls.issue_credential)
    issue_statement = _blocking(credential_calls.issue_statement)
    issue_decision = _blocking(credential_calls.issue_decision)
    credentials = _blocking(credential_calls.credentials)
    credential = _blocking(credential_calls.credential)
    credential_file = _blocking(credential_calls.credential_file)
    suspend_credential = _blocking(credential_calls.suspend_credential)
    resume_credential = _blocking(credential_calls.resume_credential)
    withdraw_credential = _blocking(credential_calls.withdraw_credential)
    countersign_credential = _blocking(credential_calls.countersign_credential)
    share_credential = _blocking(credential_calls.share_credential)
    shares = _blocking(credential_calls.shares)
    end_share = _blocking(credential_calls.end_share)
    verify_certificate = _blocking(credential_calls.verify_certificate)
    evaluate = _blocking(conversion_calls.evaluate)
    apply = _blocking(conversion_calls.apply)
    conversions = _blocking(conversion_calls.conversions)
    conversion = _blocking(conversion_calls.conversion)
    derivation = _blocking(conversion_calls.derivation)
    take_step = _blocking(conversion_calls.take_step)
    withdraw_conversion = _blocking(conversion_calls.withdraw_conversion)
    review_conversion = _blocking(conversion_calls.review_conversion)
    intake = _blocking(conversion_calls.intake)
    path = _blocking(conversion_calls.path)
    conversion_sheet = _blocking(conversion_calls.conversion_sheet)
    supply_evidence = _blocking(conversion_calls.supply_evidence)

    def issue_credentials(self, **what: Any) -> Iterator[IssuedRow]:
        """Yield certificates as they are issued, as `credential_bulk.issue_credentials` has it."""
        return issue_credentials(self, **what)

    def post_items(
        self,
        items: Iterable[Document],
        *,
        chunk: int = CHUNK,
        progress: Progress | None = None,
        **options: Any,
    ) -> PostedItems:
        """Post any number of outcomes in batches of `chunk`, and return what became of each.

        `progress` is told how many have been answered; `options` are those of `post_batch`. If a
        batch fails as a whole, the earlier ones stand: post the same items again.
        """
        posted = PostedItems()
        for part in chunks(items, chunk):
            posted.add(self.post_batch(part, **options))
            if progress is not None:
                progress(posted.items)
        return posted

    def statement_entries(self, account: str = "me") -> Iterator[StatementEntry]:
        """Yield a learner's whole statement, page after page."""
        page = self.statement(account, limit=_PAGE).entries
        while page:
            yield from page
            page = self.statement(account, after=page[-1].seq, limit=_PAGE).entries


class AsyncBankClient:
    """The same for asynchronous programs; close it with `aclose`, or use it in `async with`."""

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        language: str = "zh-CN",
        allow_http: bool = False,
        attempts: int = ATTEMPTS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._exchange = Exchange(address, token, language=language, allow_http=allow_http)
        self._attempts = attempts
        self._http = httpx.AsyncClient(transport=transport, **self._exchange.options())

    def __repr__(self) -> str:
        return f"AsyncBankClient({self._exchange!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Return the answer to `call`; raises as `BankClient.send`."""
        try:
            async for attempt in attempts(call, self._attempts):
                with attempt:
                    response = await self._http.request(**self._exchange.request(call))
                    answer = self._exchange.read(call, response)
        except httpx.TransportError as error:
            raise self._exchange.unreachable(error) from error
        return answer

    bank = _awaited(calls.bank)
    registers = _awaited(calls.registers)
    log_keys = _awaited(calls.log_keys)
    log_status = _awaited(calls.log_status)
    verify = _awaited(calls.verify)
    register = _awaited(calls.register)
    publish_register = _awaited(calls.publish_register)
    publish_rulebook = _awaited(rule_calls.publish_rulebook)
    check_rulebook = _awaited(rule_calls.check_rulebook)
    post_outcome = _awaited(calls.post_outcome)
    post_batch = _awaited(calls.post_batch)
    batch = _awaited(calls.batch)
    correct = _awaited(calls.correct)
    revoke = _awaited(calls.revoke)
    receipt = _awaited(calls.receipt)
    entries = _awaited(calls.entries)
    entry = _awaited(calls.entry)
    open_learner = _awaited(calls.open_learner)
    learner = _awaited(calls.learner)
    change_identity = _awaited(calls.change_identity)
    issue_code = _awaited(calls.issue_code)
    open_session = _awaited(calls.open_session)
    close_session = _awaited(calls.close_session)
    token_held = _awaited(calls.token_held)
    balance = _awaited(calls.balance)
    outcomes = _awaited(calls.outcomes)
    statement = _awaited(calls.statement)
    proven_statement = _awaited(calls.proven_statement)
    export = _awaited(calls.export)
    access_log = _awaited(calls.access_log)
    restrict = _awaited(calls.restrict)
    end_restriction = _awaited(calls.end_restriction)
    erase = _awaited(calls.erase)
    grant = _awaited(calls.grant)
    grants = _awaited(calls.grants)
    end_grant = _awaited(calls.end_grant)
    issue_credential = _awaited(credential_calls.issue_credential)
    issue_statement = _awaited(credential_calls.issue_statement)
    issue_decision = _awaited(credential_calls.issue_decision)
    credentials = _awaited(credential_calls.credentials)
    credential = _awaited(credential_calls.credential)
    credential_file = _awaited(credential_calls.credential_file)
    suspend_credential = _awaited(credential_calls.suspend_credential)
    resume_credential = _awaited(credential_calls.resume_credential)
    withdraw_credential = _awaited(credential_calls.withdraw_credential)
    countersign_credential = _awaited(credential_calls.countersign_credential)
    share_credential = _awaited(credential_calls.share_credential)
    shares = _awaited(credential_calls.shares)
    end_share = _awaited(credential_calls.end_share)
    verify_certificate = _awaited(credential_calls.verify_certificate)
    evaluate = _awaited(conversion_calls.evaluate)
    apply = _awaited(conversion_calls.apply)
    conversions = _awaited(conversion_calls.conversions)
    conversion = _awaited(conversion_calls.conversion)
    derivation = _awaited(conversion_calls.derivation)
    take_step = _awaited(conversion_calls.take_step)
    withdraw_conversion = _awaited(conversion_calls.withdraw_conversion)
    review_conversion = _awaited(conversion_calls.review_conversion)
    intake = _awaited(conversion_calls.intake)
    path = _awaited(conversion_calls.path)
    conversion_sheet = _awaited(conversion_calls.conversion_sheet)
    supply_evidence = _awaited(conversion_calls.supply_evidence)

    async def post_items(
        self,
        items: Iterable[Document],
        *,
        chunk: int = CHUNK,
        progress: Progress | None = None,
        **options: Any,
    ) -> PostedItems:
        """Post any number of outcomes in batches, as `BankClient.post_items`."""
        posted = PostedItems()
        for part in chunks(items, chunk):
            posted.add(await self.post_batch(part, **options))
            if progress is not None:
                progress(posted.items)
        return posted

    async def statement_entries(self, account: str = "me") -> AsyncIterator[StatementEntry]:
        """Yield a learner's whole statement, page after page."""
        page = (await self.statement(account, limit=_PAGE)).entries
        while page:
            for entry in page:
                yield entry
            page = (await self.statement(account, after=page[-1].seq, limit=_PAGE)).entries
