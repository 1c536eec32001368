"""From our errors to problem documents (RFC 9457): the one table of status codes.

`type` is the address of a page that explains the problem, `title` and `detail` are in the language
that the request asks for, the error's fields are further members. A failure that nobody foresaw
becomes the problem `internal`, with the id under which it was logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from creditbank import logs
from creditbank.api.answers import item_document, to_json
from creditbank.errors import CreditBankError
from creditbank.errors.api import Internal, MethodNotAllowed, NotFound, RequestInvalid
from creditbank.errors.recording import BatchRefused
from creditbank.services.posting import Posted
from creditbank.texts import Locale, negotiate, translate_error

MEDIA_TYPE: Final = "application/problem+json"

STATUSES: Final[Mapping[str, int]] = {
    # the request itself
    "malformed-json": 400,
    "wallet-refused": 400,
    "not-found": 404,
    "method-not-allowed": 405,
    "body-too-large": 413,
    "batch-too-large": 413,
    "request-invalid": 422,
    "submission-invalid": 422,
    "not-canonical": 422,
    # who asks
    "unauthenticated": 401,
    "code-wrong": 401,
    "forbidden": 403,
    "outside-jurisdiction": 403,
    "rulebook-not-yours": 403,
    "step-not-yours": 403,
    "evidence-not-yours": 403,
    "rulebook-not-the-owners": 403,
    "not-granted": 403,
    "host-not-allowed": 403,
    "rate-limited": 429,
    # what is asked for
    "token-unknown": 404,
    "grant-unknown": 404,
    "learner-unknown": 404,
    "entry-unknown": 404,
    "batch-unknown": 404,
    "register-kind-unknown": 404,
    "register-unknown": 404,
    "conversion-unknown": 404,
    "outcome-unknown": 404,
    "credential-unknown": 404,
    "share-unknown": 404,
    "status-list-unknown": 404,
    "not-in-log": 404,
    "presentation-unknown": 404,
    "erased": 410,
    # values that cannot be
    "amount-not-exact": 422,
    "certificate-number-contradicts": 422,
    "invalid-amount": 422,
    "invalid-certificate-number": 422,
    "invalid-date": 422,
    "invalid-document": 422,
    "invalid-name": 422,
    "invalid-occupation-code": 422,
    "invalid-organisation-code": 422,
    "invalid-region": 422,
    "learner-unnamed": 422,
    "nothing-to-change": 422,
    "register-invalid": 422,
    "yaml-unreadable": 422,
    "rulebook-draft-unreadable": 422,
    "rulebook-too-large": 422,
    "rulebook-cycle": 422,
    "rulebook-code-unknown": 422,
    "rulebook-cap-idle": 422,
    "rulebook-contradictory": 422,
    "rulebook-dates-overlap": 422,
    "rulebook-breaks-frame": 422,
    "rulebook-case-fails": 422,
    "rulebook-not-signed-off": 422,
    "context-unknown": 422,
    "facts-invalid": 422,
    "target-unknown": 422,
    "conversion-too-large": 422,
    "rule-not-evaluable": 422,
    "malformed-did": 422,
    "status-list-unusable": 422,
    "form-unavailable": 422,
    "countersignature-invalid": 422,
    # a rule says no: 403 is kept for what another token could do
    "batch-refused": 422,
    "consent-missing": 422,
    "rulebook-unknown": 422,
    "certificate-kind-unknown": 422,
    "credit-system-unknown": 422,
    "date-in-future": 422,
    "dates-reversed": 422,
    "institution-unknown": 422,
    "module-unknown": 422,
    "not-authorised": 422,
    "not-offerable": 422,
    "result-contradicts": 422,
    "too-few-hours": 422,
    "verification-incomplete": 422,
    "version-not-in-force": 422,
    "attestation-invalid": 422,
    "attestation-key-unknown": 422,
    "attestation-missing": 422,
    # what is on record says no
    "account-restricted": 409,
    "conversion-ended": 409,
    "conversion-flagged": 409,
    "conversion-irrevocable": 409,
    "conversion-moved": 409,
    "conversion-not-met": 409,
    "nothing-to-review": 409,
    "too-much-evidence": 409,
    "public-notice-running": 409,
    "step-not-next": 409,
    "not-certifiable": 409,
    "nothing-to-certify": 409,
    "credential-ended": 409,
    "issued-too-often": 409,
    "already-credited": 409,
    "already-initialised": 409,
    "attempt-already-recorded": 409,
    "certificate-already-recorded": 409,
    "checkpoint-not-ours": 409,
    "document-taken": 409,
    "name-mismatch": 409,
    "document-of-another": 409,
    "not-revocable": 409,
    "not-yet-published": 409,
    "record-exists": 409,
    "register-version-exists": 409,
    "restriction-stands": 409,
    "rotation-conflict": 409,
    "source-id-reused": 409,
    "stage-already-recorded": 409,
    # not now
    "host-unreachable": 503,
    "clock-off": 503,
    "overloaded": 503,
    "registers-moved": 503,
    "record-unavailable": 503,
    "storage-unavailable": 503,
    # ourselves
    "broken-chain": 500,
    "broken-link": 500,
    "credential-not-signable": 500,
    "internal": 500,
    "key-missing": 500,
    "log-frozen": 500,
    "log-key-missing": 500,
    "not-initialised": 500,
    "protection-missing": 500,
    "seal-broken": 500,
    "wrong-bank": 500,
}
"""Status by slug. A slug that is not here cannot be the answer to a request; see the test."""

_RETRY_SECONDS: Final = 2
_ANSWERED: Final = frozenset({"type", "title", "status", "detail", "where", "request_id"})

# The published reason codes of parameters, where pydantic has names of its own.
_PARAMETER_REASONS: Final = {
    "string_pattern_mismatch": "form",
    "int_parsing": "form",
    "bool_parsing": "form",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "int_parsing_size": "range",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
}


def status_of(error: CreditBankError) -> int:
    """Return the status code of an error."""
    return STATUSES.get(error.slug, 500)


def problem_of(error: CreditBankError, public_url: str, locale: Locale) -> dict[str, Any]:
    """Return the problem document of an error; the fields that it has are further members."""
    title, detail = translate_error(error, locale)
    problem: dict[str, Any] = {
        "type": f"{public_url}/problems/{error.slug}",
        "title": title,
        "status": status_of(error),
        "detail": detail,
    }
    if error.where is not None:
        problem["where"] = error.where
    return problem | {name: value for name, value in error.fields.items() if name not in _ANSWERED}


def batch_results(
    results: Sequence[Posted | CreditBankError],
    public_url: str,
    locale: Locale,
    *,
    dry_run: bool = False,
) -> list[dict[str, Any]]:
    """Return what became of each item of a batch, in order; rows count from one."""
    return [
        {"row": row, "status": "refused", "problem": problem_of(result, public_url, locale)}
        if isinstance(result, CreditBankError)
        else item_document(row, result, dry_run=dry_run)
        for row, result in enumerate(results, start=1)
    ]


def locale_of(request: Request) -> Locale:
    """Return the language that the request asks for, Chinese if it asks for none."""
    return negotiate(request.headers.get("accept-language"))


def problem_response(request: Request, error: CreditBankError) -> Response:
    """Return the answer that says why a request was refused, and note the slug for the log."""
    url = request.app.state.context.settings.public_url
    locale = locale_of(request)
    problem = problem_of(error, url, locale)
    if isinstance(error, BatchRefused):
        results = cast("Sequence[Posted | CreditBankError]", error.fields["results"])
        # Nothing was recorded, so what would have been has no place in the log.
        problem["results"] = batch_results(results, url, locale, dry_run=True)
    request_id = logs.request_id()
    if request_id is not None:
        problem["request_id"] = request_id
    logs.note(outcome=error.slug)
    return Response(
        to_json(problem),
        problem["status"],
        media_type=MEDIA_TYPE,
        headers=_headers(error, problem["status"], locale),
    )


def _headers(error: CreditBankError, status: int, locale: Locale) -> dict[str, str]:
    headers = {
        "content-language": locale.replace("_", "-"),
        "vary": "Accept-Language",
        "cache-control": "no-store",
    }
    if status == 401:  # noqa: PLR2004  # RFC 9110, section 15.5.2
        headers["www-authenticate"] = 'Bearer realm="creditbank"'
    if status == 503:  # noqa: PLR2004  # RFC 9110, section 15.6.4
        headers["retry-after"] = str(_RETRY_SECONDS)
    if "retry_after" in error.fields:
        headers["retry-after"] = str(error.fields["retry_after"])
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = str(error.fields["allowed"])
    return headers


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer one of our errors."""
    assert isinstance(error, CreditBankError)  # noqa: S101  # registered for these alone
    if status_of(error) == 500:  # noqa: PLR2004  # our own record failed a check: page somebody
        structlog.get_logger().error("internal", exc_info=error)
    return problem_response(request, error)


async def answer_http(request: Request, error: Exception) -> Response:
    """Answer what routing refuses: no such path, or no such method there."""
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 405:  # noqa: PLR2004
        allowed = ", ".join(_methods_of(request))
        return problem_response(request, MethodNotAllowed(allowed=allowed))
    if error.status_code == 404:  # noqa: PLR2004
        return problem_response(request, NotFound())
    return await answer_unexpected(request, error)


def _methods_of(request: Request) -> list[str]:
    """Return every method of the request's path; each of them is a route of its own."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)


async def answer_invalid(request: Request, error: Exception) -> Response:
    """Answer parameters that are not of the published form; their values are not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [
        {
            "where": ":".join(str(step) for step in fault["loc"][:2]),
            "reason": _PARAMETER_REASONS.get(fault["type"], fault["type"]),
        }
        for fault in error.errors()
    ]
    return problem_response(request, RequestInvalid(where=faults[0]["where"], errors=faults))


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw, after logging it under the request's id."""
    structlog.get_logger().error("internal", exc_info=error)
    return problem_response(request, Internal())


HANDLERS: Final[dict[type[Exception], Any]] = {
    CreditBankError: answer_error,
    HTTPException: answer_http,
    RequestValidationError: answer_invalid,
    Exception: answer_unexpected,
}
"""What answers which exception: every one of them, so that no answer is a bare 500."""
