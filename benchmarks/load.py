"""A load generator that costs little: HTTP/1.1 with content lengths over kept connections.

A general client takes several times what the server takes for a request, and would be measured
instead of it.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

_HEADER_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to send."""

    method: str
    path: str
    token: str = ""
    body: bytes = b""

    def encoded(self) -> bytes:
        """Return the request's bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "host: localhost"]
        if self.token:
            lines.append(f"authorization: Bearer {self.token}")
        if self.body:
            lines += ["content-type: application/json", f"content-length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(_HEADER_END)).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
    return status, await reader.readexactly(length)


async def load(
    port: int, clients: int, requests: int, request: Callable[[int], Request]
) -> tuple[float, float]:
    """Return requests per second and the 99th percentile in milliseconds.

    Raises `AssertionError` if a request is refused.
    """
    taken: list[float] = []
    numbers = iter(range(requests))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
        for number in numbers:
            started = time.perf_counter()
            writer.write(request(number).encoded())
            await writer.drain()
            status, body = await _answer(reader)
            if status >= 400:  # noqa: PLR2004  # RFC 9110: errors begin here
                raise AssertionError(body)
            taken.append(time.perf_counter() - started)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    seconds = time.perf_counter() - started
    slow = statistics.quantiles(taken, n=100)[98] if len(taken) > 1 else taken[0]
    return requests / seconds, slow * 1000
