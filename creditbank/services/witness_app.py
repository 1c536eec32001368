"""The witness as a web application: add-checkpoint, and what was cosigned last.

It runs by itself, beside a bank or far from one, and shares neither its database nor its keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from creditbank.errors import CreditBankError
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.note import NoteSigner
from creditbank.services.witnessing import REQUEST_BYTES_MAX, TEXT_TYPE, CosignerWitness

_NOT_STORED: Final = {"cache-control": "no-store"}


def create_witness_app(
    state_dir: Path, signers: NoteSigner | Sequence[NoteSigner], logs: Iterable[VerifierKey]
) -> Starlette:
    """Return the application of the witness whose memory is in `state_dir`.

    `signers` are its own keys (0x04, 0x06), `logs` the keys of the logs that it cosigns, several
    for one origin if need be. Raises as `CosignerWitness`.
    """
    given = [signers] if isinstance(signers, NoteSigner) else list(signers)
    witness = CosignerWitness(state_dir, given, logs)

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > REQUEST_BYTES_MAX:
                break  # it is refused for its length
        answer = await asyncio.to_thread(witness.add_checkpoint, bytes(body))
        headers = {**_NOT_STORED, "content-type": answer.media_type}
        return Response(answer.body, answer.status, headers)

    async def show_checkpoint(request: Request) -> Response:
        note = await asyncio.to_thread(witness.checkpoint, request.path_params["digest"])
        headers = {**_NOT_STORED, "content-type": TEXT_TYPE}
        if note is None:
            return Response("no checkpoint of such a log\n", 404, headers)
        return Response(note, 200, headers)

    async def answer_failure(_request: Request, error: Exception) -> Response:
        structlog.get_logger().error("witness_failed", exc_info=error)
        return Response("try again later\n", 503, {**_NOT_STORED, "content-type": TEXT_TYPE})

    return Starlette(
        exception_handlers={CreditBankError: answer_failure},
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{digest}/checkpoint", show_checkpoint, methods=["GET"]),
        ],
    )
