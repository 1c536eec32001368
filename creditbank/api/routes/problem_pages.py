"""问题说明页 The pages that problem documents name as their type."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from creditbank.api.openapi import described
from creditbank.api.pages import CONTENT_POLICY, problem_page, problem_text
from creditbank.api.problems import locale_of
from creditbank.errors.api import NotFound

router = APIRouter()

_HEADERS = CONTENT_POLICY | {"cache-control": "public, max-age=3600", "vary": "Accept"}


@router.get(
    "/problems/{slug}",
    **described(
        "问题说明 · What a problem means",
        {},
        tag="operation",
        token=False,
        refuses=(NotFound,),
        more={
            200: {
                "description": "The page in Chinese and English.",
                "content": {
                    "text/html": {"schema": {"type": "string"}},
                    "text/markdown": {"schema": {"type": "string"}},
                },
            }
        },
    ),
)
async def show_problem(
    request: Request, slug: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
) -> Response:
    """Return what a problem means, why it occurs and what to do; Markdown if that is accepted."""
    if "text/markdown" in request.headers.get("accept", ""):
        return Response(problem_text(slug), headers=_HEADERS, media_type="text/markdown")
    language = locale_of(request).replace("_", "-")
    return HTMLResponse(problem_page(slug, language=language), headers=_HEADERS)
