"""Having many certificates issued at once, told of each as it is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from creditbank.clients.calls import Call
from creditbank.clients.credential_answers import IssuedRow

if TYPE_CHECKING:
    from creditbank.clients.bank import BankClient


def issue_credentials(
    bank: BankClient,
    *,
    batch: str | None = None,
    outcomes: Sequence[str] | None = None,
    form: str | None = None,
    named: bool = True,
) -> Iterator[IssuedRow]:
    """Yield what became of each outcome of a list, or of a batch, as soon as it is committed.

    What was issued stays so if this breaks off; asking again goes on. Raises as `BankClient.send`.
    """
    members = {"batch": batch, "outcomes": outcomes and list(outcomes), "form": form}
    body = {name: value for name, value in members.items() if value is not None}
    call: Call[Any] = Call(
        "POST", "/v1/credentials/bulk", bytes, orjson.dumps(body | {"named": named})
    )
    try:
        with bank._http.stream(**bank._exchange.request(call)) as response:  # noqa: SLF001
            if not response.is_success:
                response.read()
                bank._exchange.read(call, response)  # noqa: SLF001  # raises what it says
            for line in response.iter_lines():
                if '"row"' in line:
                    yield IssuedRow.model_validate_json(line)
    except httpx.TransportError as error:
        raise bank._exchange.unreachable(error) from error  # noqa: SLF001
