"""报送 Posting outcomes one by one: the route that is called most, so a plain one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import examples
from creditbank.api.answers import answer, posted_document
from creditbank.api.bodies import read_json, validated
from creditbank.api.dependencies import context_of, known_principal_of
from creditbank.api.models import OPERATORS
from creditbank.api.openapi import described
from creditbank.api.plain import PlainRoute
from creditbank.api.refusals import OF_SUBMISSIONS
from creditbank.api.shapes import Posted
from creditbank.domain.access import Principal, Scope
from creditbank.services.actors import Poster

router = APIRouter(route_class=PlainRoute)


@router.post(
    "/v1/outcomes",
    **described(
        "报送一条学习成果 · Post one outcome",
        {201: Posted, 200: Posted},
        tag="posting",
        body="OutcomePosting",
        examples={
            "module": examples.MODULE_COMPLETION | examples.OPERATORS,
            "academic_course": examples.COURSE,
            "certificate": examples.CERTIFICATE,
            "achievement": examples.ACHIEVEMENT,
        },
        refuses=OF_SUBMISSIONS,
    ),
)
async def post_outcome(request: Request) -> Response:
    """Record an outcome, or some of its stages, under the institution's own source id.

    Needs `outcomes:post`. 201 means recorded and committed. The same content under the same source
    id gets the first answer again, with 200 and `replayed`; other content is refused with 409,
    which names the fields that differ. A refused submission does not use up its source id.
    """
    principal = await known_principal_of(request, Scope.POST)
    context = context_of(request)
    document, poster = take_operators(await read_json(request), principal)
    posted, signed = await context.submit(context.intake.outcome(document, poster))
    outcome = "replayed" if posted.replayed else "recorded"
    context.metrics.postings.labels(outcome).inc()
    logs.note(verb="post_outcome", index=posted.index, outcome=outcome)
    return answer(posted_document(posted) | signed, 200 if posted.replayed else 201)


def take_operators(document: Any, principal: Principal) -> tuple[Any, Poster]:
    """Return what was posted without the operators that it names, and who posts.

    Refuses operators that are no line of text with `RequestInvalid`.
    """
    if not isinstance(document, dict):
        return document, Poster(principal.token, principal.org)
    named = {name: document.pop(name) for name in ("operator", "reviewer") if name in document}
    if named:
        validated(OPERATORS, named)
    return document, Poster(principal.token, principal.org, **named)
