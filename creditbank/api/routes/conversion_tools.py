"""批量试算、学习路径、认定表 An intake at once, the path to a target, the sheet that is printed."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api import conversion_examples as examples
from creditbank.api.answers import NOT_STORED, answer
from creditbank.api.asking import question_of, statements_in, targets_in
from creditbank.api.bodies import off_loop, read_as
from creditbank.api.conversion_models import INTAKE, LEARNERS_MAX, PATH
from creditbank.api.conversion_shapes import Intake, Path
from creditbank.api.dependencies import HexId, Holder, UsedContext
from creditbank.api.openapi import described
from creditbank.api.problems import locale_of, problem_of
from creditbank.api.refusals import OF_CONVERSIONS, OF_DECISIONS_READ
from creditbank.credentials.conversion_sheets import sheet_html, sheet_pdf
from creditbank.domain.access import Scope
from creditbank.domain.conversion.facts import Request as Target
from creditbank.errors import CreditBankError
from creditbank.services import converting, pathing, sheeting, taking_in
from creditbank.services.permitting import require
from creditbank.services.sentences import spoken
from creditbank.texts import translator

router = APIRouter()

_PARTIES: Final = (Scope.OWN, Scope.DECIDE, Scope.SERVE_LEARNER, Scope.AUDIT)
# The page is complete in itself: nothing is loaded, and nothing may run.
_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_HTML: Final = "text/html"
_PDF: Final = "application/pdf"


@router.post(
    "/v1/conversions/intake",
    **described(
        "批量试算 · Evaluate an intake",
        {200: Intake},
        tag="conversions",
        body="IntakeAsking",
        examples={"intake": examples.INTAKE},
        refuses=OF_CONVERSIONS,
    ),
)
async def evaluate_intake(request: Request, context: UsedContext, principal: Holder) -> Response:
    """Evaluate up to two hundred learners under one rulebook; nothing is reserved.

    For an organisation with grants, the desk and auditors. Who may not be read has the refusal in
    their place. Without learners: those who granted the organisation a look, page after page.
    """
    body = await read_as(request, INTAKE)
    require(principal, *(Scope.READ_GRANTED, Scope.SERVE_LEARNER, Scope.AUDIT))
    learners = None
    if "learners" in body:
        learners = [
            taking_in.Asked(
                one["account"],
                statements_in(one.get("evidence", {}), principal, f"/learners/{place}/evidence"),
            )
            for place, one in enumerate(body["learners"])
        ]
    found = await taking_in.take_in(
        context.bank,
        principal,
        body["rulebook"],
        targets_in(body),
        learners,
        after=body.get("after"),
        limit=LEARNERS_MAX,
    )
    logs.note(verb="intake", learners=len(found.results))
    url, locale = context.settings.public_url, locale_of(request)
    document: dict[str, Any] = {
        "on": found.on,
        "rulebooks": converting.references(found.books),
        "learners": [
            {"account": account, "problem": problem_of(result, url, locale)}
            if isinstance(result, CreditBankError)
            else {
                "account": account,
                "results": spoken(one.document() for one in result.results),
            }
            for account, result in found.results
        ],
    }
    return answer(document | ({} if found.more is None else {"next": found.more}))


@router.post(
    "/v1/conversions/path",
    **described(
        "学习路径 · Path to a target",
        {200: Path},
        tag="conversions",
        body="PathAsking",
        examples={"course": examples.PATH},
        refuses=OF_CONVERSIONS,
    ),
)
async def show_path(request: Request, context: UsedContext, principal: Holder) -> Response:
    """Return the modules in force that are left to learn for a target, in their order (一人一策).

    The fewest class-hours, then the fewest modules; prerequisites and caps are respected, and no
    module is in it that no rule asks for. For whoever may evaluate; nothing is reserved.
    """
    body = await read_as(request, PATH)
    target = body["target"]
    found = await pathing.find(
        context.bank,
        principal,
        question_of(body, principal),
        Target(target["rule"], target.get("course")),
        body.get("modules"),
    )
    return answer(found.document())


@router.get(
    "/v1/conversions/{conversion}/sheet",
    **described(
        "学分转换认定表 · Conversion sheet",
        {},
        tag="conversions",
        refuses=OF_DECISIONS_READ,
        more={
            200: {
                "description": "The sheet, to be printed.",
                "content": {
                    _HTML: {"schema": {"type": "string"}},
                    _PDF: {"schema": {"type": "string", "format": "binary"}},
                },
            }
        },
    ),
)
async def show_sheet(
    request: Request,
    context: UsedContext,
    principal: Holder,
    conversion: HexId,
    form: Annotated[
        Literal["html", "pdf"] | None, Query(alias="format", description="Instead of Accept.")
    ] = None,
) -> Response:
    """Return the sheet of a decision: rule text, reasons, steps and where each entry stands.

    For whoever may see the decision, in the language of Accept-Language; a page of HTML, or PDF/A.
    """
    require(principal, *_PARTIES)
    texts = translator(locale_of(request))
    address = context.settings.public_url
    sheet = await sheeting.read_sheet(context.bank, principal, conversion, texts, address)
    headers = NOT_STORED | {"vary": "Accept, Accept-Language"}
    if (form or _wanted(request)) == "pdf":
        content = await off_loop(sheet_pdf, sheet, long=True)
        name = f'inline; filename="conversion-{conversion}.pdf"'
        return Response(content, headers=headers | {"content-disposition": name}, media_type=_PDF)
    policy = {"content-security-policy": _PAGE_POLICY, "x-content-type-options": "nosniff"}
    return Response(sheet_html(sheet), headers=headers | policy, media_type=_HTML)


def _wanted(request: Request) -> str:
    return "pdf" if _PDF in request.headers.get("accept", "") else "html"
