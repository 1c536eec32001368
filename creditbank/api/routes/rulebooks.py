"""规则库 Rulebooks: published by their owners, after everything in them was looked at."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.answers import answer, published_document
from creditbank.api.bodies import read_json, validated
from creditbank.api.context import Context
from creditbank.api.dependencies import RulePublisher, UsedContext
from creditbank.api.openapi import described
from creditbank.api.problems import locale_of
from creditbank.api.refusals import OF_RULEBOOKS, OF_WRITES
from creditbank.api.rulebook_models import RULEBOOK, RULEBOOK_EXAMPLE, RulebookFindings
from creditbank.api.shapes import PublishedRegister
from creditbank.domain.access import Principal
from creditbank.errors.registers import RegisterInvalid
from creditbank.errors.rules import RulebookCycle, RulebookTooLarge
from creditbank.services.actors import Poster
from creditbank.services.rule_words import finding_document
from creditbank.services.rulebooks import PublishRulebook, Vetted, publish_rulebook, vet_document
from creditbank.texts import Locale

router = APIRouter()


@router.post(
    "/v1/rulebooks",
    **described(
        "发布规则库 · Publish a version of one's own rulebook",
        {201: PublishedRegister, 200: PublishedRegister},
        tag="registers",
        body="RulebookPublishing",
        examples={"rulebook": RULEBOOK_EXAMPLE},
        refuses=(*OF_RULEBOOKS, *OF_WRITES),
    ),
)
async def publish(request: Request, context: UsedContext, principal: RulePublisher) -> Response:
    """Publish a version of a rulebook that the token's institution answers for.

    Needs `rules:publish`. Everything in it is looked at first: codes, dates, caps, contradictions,
    the frame above, and its own test cases; what is wrong is refused, each kind as a problem of its
    own. A published version never changes.
    """
    work = await _read(request, context, principal)
    published = await publish_rulebook(context.bank, work)
    logs.note(verb="publish_rulebook", index=published.index)
    return answer(published_document(published), 200 if published.replayed else 201)


@router.post(
    "/v1/rulebooks/checks",
    **described(
        "检查规则库 · Look at a rulebook without publishing it",
        {200: RulebookFindings},
        tag="registers",
        body="RulebookPublishing",
        examples={"rulebook": RULEBOOK_EXAMPLE},
        refuses=(RegisterInvalid, RulebookTooLarge, RulebookCycle),
    ),
)
async def check(request: Request, context: UsedContext, principal: RulePublisher) -> Response:
    """Return what there is to say of a draft among the registers of this bank, in plain words.

    Needs `rules:publish`. Nothing is published. With a finding of severity `error` the draft would
    be refused; warnings are advice.
    """
    work = await _read(request, context, principal)
    vetted = await vet_document(context.bank, work.rulebook)
    return answer(findings_document(vetted, locale_of(request)))


async def _read(request: Request, context: Context, principal: Principal) -> PublishRulebook:
    body = validated(RULEBOOK, await read_json(request))
    poster = Poster(principal.token, principal.org, body.get("operator"), body.get("reviewer"))
    return await asyncio.to_thread(
        PublishRulebook,
        body["rulebook"],
        poster,
        context.bank.keyring,
        signature=body.get("signature"),
    )


def findings_document(vetted: Vetted, locale: Locale) -> dict[str, Any]:
    """Return what there is to say of a rulebook, in a language."""
    return {
        "findings": [finding_document(one, locale) for one in vetted.findings],
        "cases": len(vetted.cases),
        "cases_passed": sum(one.passed for one in vetted.cases),
        "would_be_published": not any(one.severity == "error" for one in vetted.findings),
    }
