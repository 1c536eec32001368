"""网页 Pages for people: a certificate at its permanent address, and verification of anything.

Without a token and without scripts. A program that asks the same address for JSON gets the signed
document, where its holder shows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from creditbank import logs
from creditbank.api.dependencies import UsedContext, context_of
from creditbank.api.openapi import described, path_parameter
from creditbank.api.plain import PlainRoute
from creditbank.api.problems import locale_of, status_of
from creditbank.api.routes.credentials import CredentialName
from creditbank.credentials import extracting, signing
from creditbank.credentials.pages import MEDIA_TYPE, file_bytes
from creditbank.credentials.summary import Summary, summary_of, summary_of_sd_jwt
from creditbank.errors import CreditBankError
from creditbank.errors.api import NotFound
from creditbank.errors.certifying import CredentialUnknown, ShareUnknown
from creditbank.errors.storage import Erased, Overloaded
from creditbank.errors.verification import MalformedDocument
from creditbank.services.verifying import names_entries
from creditbank.services.viewing import View, view
from creditbank.texts import Translator, translate_error, translator
from creditbank.web import pages as made
from creditbank.web import rendering
from creditbank.web.rendering import STATIC_PATH

router = APIRouter()
plain = APIRouter(route_class=PlainRoute)

SD_JWT_TYPE: Final = "application/dc+sd-jwt"
_JSON_TYPES: Final = frozenset(
    {MEDIA_TYPE, "application/vc", "application/ld+json", "application/json"}
)
_HTML: Final = {"text/html": {"schema": {"type": "string"}}}
_PART_BYTES_MAX: Final = extracting.MAX_FILE_BYTES

Secret = Annotated[
    str | None, Query(alias="k", max_length=100, description="The secret of a link.")
]
Wanted = Annotated[
    str | None, Query(alias="as", pattern="^json$", description="`json` for the signed document.")
]


@router.get(
    "/credentials/{credential}",
    **described(
        "证书网页 · A certificate's page",
        {},
        tag="credentials",
        token=False,
        refuses=(CredentialUnknown, ShareUnknown, Erased, Overloaded),
        more={
            200: {
                "description": "The page, or the signed document for whoever asks for JSON.",
                "content": _HTML
                | {MEDIA_TYPE: {"schema": {"type": "object"}}}
                | {SD_JWT_TYPE: {"schema": {"type": "string"}}},
            }
        },
    ),
)
async def show_certificate(
    request: Request,
    context: UsedContext,
    credential: CredentialName,
    secret: Secret = None,
    wanted: Wanted = None,
) -> Response:
    """Return what the holder shows at the permanent address of a certificate, and nothing else.

    The status is shown to everybody. `k` is the secret of a link that the holder gave out.
    """
    if wanted is not None or _wants_document(request):
        shown = await view(context.certificates, credential, secret, signing.RDFC)
        return _document(shown)

    async def page() -> Response:
        shown = await view(context.certificates, credential, secret)
        report = await context.verifier.verify(shown.signed)
        logs.note(verb="show_certificate", outcome=report.result.value)
        texts = _texts(request)
        query = "?as=json" if secret is None else f"?k={secret}&as=json"
        document = report.document(texts.gettext)
        return made.certificate_page(shown, document, texts, f"/credentials/{credential}{query}")

    return await _as_page(request, page)


@router.get(
    "/verify",
    **described(
        "核验网页 · The verification page",
        {},
        tag="credentials",
        token=False,
        more={200: {"description": "The page.", "content": _HTML}},
    ),
)
async def show_verification(request: Request) -> Response:
    """Return the page on which anybody pastes or uploads what is to be verified."""
    return made.verify_page(_texts(request))


@router.post(
    "/verify",
    **described(
        "核验网页结果 · What the verification page found",
        {},
        tag="credentials",
        token=False,
        refuses=(Overloaded,),
        more={
            status: {"description": "The page with the result.", "content": _HTML}
            for status in (200, 400, 413)
        },
    )
    | {
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "file": {"type": "string", "format": "binary"},
                                "text": {"type": "string"},
                            },
                        }
                    }
                },
            }
        }
    },
)
async def verify_on_page(request: Request, context: UsedContext) -> Response:
    """Verify an uploaded file or a pasted text; nothing of it is kept."""
    texts = _texts(request)
    data, status = await _given(request)
    if data is None:
        problem = {
            400: texts.gettext("Choose a file or paste a text."),
            413: texts.gettext("This is too large to be a certificate, a receipt or a statement."),
        }[status]
        return made.verify_page(texts, problem=problem, status=status)

    async def page() -> Response:
        report = await context.verifier.verify(data, keys=await context.proofs.keys())
        logs.note(verb="verify_on_page", outcome=report.result.value)
        return made.verify_page(texts, report.document(texts.gettext), _summaries(data))

    return await _as_page(request, page)


@plain.get(
    STATIC_PATH + "/{file}",
    **described(
        "网页文件 · Style and script",
        {},
        tag="credentials",
        token=False,
        parameters=(path_parameter("file", "^[a-z.]+$", "A file of the pages.", "page.css"),),
        refuses=(NotFound,),
        more={
            200: {
                "description": "A style sheet or a script of the pages.",
                "content": {
                    media: {"schema": {"type": "string"}}
                    for media in ("text/css", "text/javascript")
                },
            }
        },
    ),
)
async def show_static(request: Request) -> Response:
    """Return a style sheet or a script of the pages."""
    return rendering.static(request.path_params["file"])


def _texts(request: Request) -> Translator:
    return translator(locale_of(request))


def _wants_document(request: Request) -> bool:
    """Return whether a document is asked for: browsers name HTML, which then comes first."""
    named = [one.partition(";")[0].strip() for one in request.headers.get("accept", "").split(",")]
    first = next((one for one in named if one in _JSON_TYPES or one == "text/html"), "")
    return first in _JSON_TYPES or SD_JWT_TYPE in named


def _document(shown: View) -> Response:
    """Return the signed document; refuse with `ShareUnknown` where it is not shown."""
    if shown.document is None:
        raise ShareUnknown
    headers = {
        "cache-control": "no-store",
        "vary": "Accept, Accept-Language",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-disposition": f'attachment; filename="{shown.credential.id}.json"',
    }
    if isinstance(shown.document, str):
        return Response(shown.document, headers=headers, media_type=SD_JWT_TYPE)
    return Response(file_bytes(shown.document), headers=headers, media_type=MEDIA_TYPE)


async def _as_page(request: Request, work: Callable[[], Awaitable[Response]]) -> Response:
    """Return a page; where somebody reads it in a browser, a refusal is a page too."""
    try:
        return await work()
    except CreditBankError as error:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        texts = _texts(request)
        title, detail = translate_error(error, texts.locale)
        logs.note(outcome=error.slug)
        return made.problem_page(title, detail, status_of(error), texts)


async def _given(request: Request) -> tuple[bytes | None, int]:
    """Return the file or the text of the form, or None and the status that says why not."""
    announced = request.headers.get("content-length", "")
    most: int = min(context_of(request).settings.request_body_bytes_max, 2 * _PART_BYTES_MAX)
    if not announced.isdecimal() or int(announced) > most:
        return None, 413 if announced.isdecimal() else 400
    try:
        async with request.form(max_files=1, max_fields=4, max_part_size=_PART_BYTES_MAX) as form:
            file, text = form.get("file"), form.get("text")
            data = await file.read(_PART_BYTES_MAX + 1) if isinstance(file, UploadFile) else b""
    except (HTTPException, MultiPartException, MultipartParseError, ValueError):
        return None, 400
    if not data and isinstance(text, str):
        data = text.strip().encode(errors="surrogatepass")
    if len(data) > _PART_BYTES_MAX:
        return None, 413
    return (data, 200) if data else (None, 400)


def _summaries(data: bytes) -> list[Summary]:
    """Return what a certificate says; nothing of what cannot be read as one."""
    if names_entries(data):
        return []
    try:
        found: Any = extracting.extract(data)
        return [summary_of_sd_jwt(found) if isinstance(found, str) else summary_of(found)]
    except (MalformedDocument, RecursionError):
        return []
