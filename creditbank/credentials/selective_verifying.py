"""Verifying an SD-JWT VC: the same steps and answers as for credentials with embedded proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from openvc.did.base import DidDocument
from openvc.errors import OpenvcError
from openvc.keys import verify_signature
from openvc.proof.errors import ClaimsInvalid
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status import decode_status_list, get_status, verify_status_list_token

from creditbank.credentials import did, issuers, jose, selective, standings
from creditbank.credentials.signing import PURPOSE
from creditbank.credentials.subjects import Sources
from creditbank.domain.verification.answers import Answer
from creditbank.domain.verification.report import CredentialReport, Message, Report, Step
from creditbank.domain.verification.subject import plain
from creditbank.errors import N_
from creditbank.errors.credentials import MalformedDid
from creditbank.errors.verification import MalformedDocument
from creditbank.ledger.times import MAX_TIME, format_time

KIND: Final = "sd_jwt_vc"

_ALWAYS: Final = frozenset({"iss", "vct", "jti", "iat", "nbf", "exp", "sub", "cnf", "status"})
_REVOKED, _SUSPENDED = 1, 2


def verify(sd_jwt: str, sources: Sources, report: Report) -> None:
    """Add to the report every step after the first."""
    report.document_kind = KIND
    signed, *disclosures = sd_jwt.split("~")
    if disclosures and "." in disclosures[-1]:  # a key binding of another presentation
        disclosures[-1] = ""
    text = "~".join([signed, *disclosures])
    form, read = _check_form(signed)
    report.steps.append(form)
    if read is None:
        return
    header, claims = read
    found, document = _check_issuer(claims, sources)
    jwk, step = _check_signature(text, header, document)
    report.steps += [found, step]
    if jwk is not None:
        _check_coverage(report, text, jwk)
    report.steps.append(_check_times(claims, sources, skipped=jwk is None))
    report.steps.append(_check_status(claims, document, sources, report))


def _check_form(signed: str) -> tuple[Step, tuple[dict[str, Any], dict[str, Any]] | None]:
    step = Step(
        "form",
        N_("It is of the form of a verifiable credential, and of its kind"),
        Message(N_("held against RFC 9901 and SD-JWT VC (dc+sd-jwt)")),
    )
    try:
        header, claims = jose.peek(signed)
    except MalformedDocument as error:
        text = N_("no certificate can be read from it ({reason})")
        step.fail(Answer.MALFORMED, text, reason=error.fields["reason"])
        return step, None
    fault = next(_faults(header, claims), None)
    if fault is not None:
        step.fail(Answer.MALFORMED, N_("{member} is missing or not of the form"), member=fault)
        return step, None
    return step, (header, claims)


def _faults(header: Mapping[str, Any], claims: Mapping[str, Any]) -> Iterator[str]:
    """Yield the members that are not of the form."""
    if header.get("typ") != selective.TYP:
        yield "typ"
    for name in ("iss", "vct"):
        if not isinstance(claims.get(name), str) or not claims[name]:
            yield name
    for name in ("iat", "nbf", "exp"):
        if name in claims and (type(claims[name]) is not int or not 0 <= claims[name] <= MAX_TIME):
            yield name
    if "aud" in claims or "aka_vcts" in claims:  # for one recipient, or of several types
        yield "aud"


def _check_issuer(claims: Mapping[str, Any], sources: Sources) -> tuple[Step, DidDocument | None]:
    step = Step(
        "issuer",
        N_("The issuer is known, and the key is the issuer's"),
        Message(N_("the issuer's DID document, and the issuers that are relied on here")),
    )
    try:
        identity = _identity(str(claims["iss"]))
    except MalformedDid:
        text = N_("{issuer} is none of the issuers known to us, and its keys may not be fetched")
        step.leave_open(Answer.ISSUER_UNKNOWN, text, issuer=plain(str(claims["iss"])))
        return step, None
    return step, issuers.resolve_issuer(step, identity, sources, ())


def _identity(issuer: str) -> str:
    """Return the DID of an issuer that names itself by its web site: the same host says both."""
    return issuer if issuer.startswith("did:") else did.web_did(issuer)


def _check_signature(
    text: str, header: Mapping[str, Any], document: DidDocument | None
) -> tuple[dict[str, Any] | None, Step]:
    """Return the issuer's key if the signature held under it."""
    step = Step(
        "signature",
        N_("Nothing was changed since the issuer signed it"),
        Message(N_("each signature of the issuer held against the issuer's key")),
    )
    if document is None:
        step.skipped = True
        return None, step
    kid, alg = header.get("kid"), header.get("alg")
    named = document.key_for_purpose(kid, PURPOSE) if isinstance(kid, str) else None
    if named is None or not isinstance(alg, str):
        withdrawn = any(one.id == kid for one in document.verification_methods)
        answer = Answer.KEY_NOT_IN_FORCE if withdrawn else Answer.FORGED
        text_of = (
            N_("the issuer has withdrawn the key {key}")
            if withdrawn
            else N_("the key {key} that signed it is none of the issuer's")
        )
        step.fail(answer, text_of, key=plain(str(kid)))
        return None, step
    if not _holds(text, alg, named.public_key_jwk):
        step.fail(Answer.FORGED, N_("the signature does not hold: it was changed, or made up"))
        return None, step
    return named.public_key_jwk, step


def _holds(text: str, alg: str, jwk: dict[str, Any]) -> bool:
    signed, _, signature = text.partition("~")[0].rpartition(".")
    try:
        return verify_signature(
            alg=alg,
            public_jwk=jwk,
            signing_input=signed.encode(),
            signature=jose.decode(signature),
        )
    except (OpenvcError, MalformedDocument, ValueError):
        return False


def _check_coverage(report: Report, text: str, jwk: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is shown, if every disclosure is one that the issuer signed."""
    step = Step(
        "coverage",
        N_("The signature covers everything that it shows"),
        Message(N_("each disclosure held against its digest in what was signed")),
    )
    report.steps.append(step)
    try:
        shown = SdJwtVcProofSuite().verify(text, public_key_jwk=jwk, check_temporal=False)
    except ClaimsInvalid:  # of what openvc judges beside the form, only times are left
        step.fail(Answer.NOT_YET_VALID, N_("it is valid from {time} on"), time="nbf")
        return None
    except (OpenvcError, RecursionError):
        text_of = N_("it has members that the signature does not cover: anybody can have added it")
        step.fail(Answer.NOT_COVERED, text_of)
        return None
    claims = dict(shown.claims)
    report.credentials = [_describe(claims)]
    report.signed_by = (plain(str(jose.peek(text.partition("~")[0])[0]["kid"])),)
    report.as_of = _moment(claims.get("iat"))
    return claims


def _check_times(claims: Mapping[str, Any], sources: Sources, *, skipped: bool) -> Step:
    step = Step(
        "validity",
        N_("It is valid at this time"),
        Message(N_("the times that it states held against the clock of whoever verifies")),
        skipped=skipped,
    )
    for name in ("nbf", "exp"):
        if name in claims and not skipped:
            standings.check_bound(step, (), name, claims[name], sources.now)
    return step


def _check_status(
    claims: Mapping[str, Any], document: DidDocument | None, sources: Sources, report: Report
) -> Step:
    step = Step(
        "status",
        N_("It was neither revoked nor suspended"),
        Message(N_("the issuer's status lists, fetched now, their signatures checked")),
        skipped=not report.credentials,
    )
    if document is None or not report.credentials:
        return step
    place = _place(claims.get("status"))
    if "status" not in claims:
        text = N_("it names no status list: whether it was revoked cannot be told")
        step.note(Answer.LATER_UNKNOWN, text)
    elif place is None:
        _unusable(step, "form")
    else:
        _read_status(step, place, document, sources, report.credentials[0])
    return step


def _read_status(
    step: Step,
    place: tuple[str, int],
    document: DidDocument,
    sources: Sources,
    report: CredentialReport,
) -> None:
    url, position = place
    raw = standings.fetch(step, (), url, sources)
    if raw is None:
        return
    value = _status_value(raw, url, position, document, sources.now)
    if value is None:
        _unusable(step, "signature")
    elif value == _REVOKED:
        report.standing = "revoked"
        step.fail(Answer.REVOKED, N_("the issuer has revoked it"))
    elif value == _SUSPENDED:
        report.standing = "suspended"
        step.fail(Answer.SUSPENDED, N_("the issuer has suspended it for now"))
    elif value == 0:
        report.standing = "stands"
    else:
        _unusable(step, "form")


def _status_value(
    raw: bytes, url: str, position: int, document: DidDocument, now: int
) -> int | None:
    """Return what a Token Status List says of a position, None if it cannot be relied on."""
    try:
        token = raw.decode("ascii").strip()
        header, _ = jose.peek(token)
        named = document.key_for_purpose(str(header.get("kid")), PURPOSE)
        if named is None:
            return None
        moment = datetime.fromtimestamp(now, UTC)
        claims = verify_status_list_token(
            token, public_key_jwk=named.public_key_jwk, expected_uri=url, now=moment
        )
        listed = claims["status_list"]
        return get_status(decode_status_list(listed["lst"]), position, bits=listed["bits"])
    except (OpenvcError, MalformedDocument, ValueError, KeyError, TypeError, AttributeError):
        return None


def _place(value: object) -> tuple[str, int] | None:
    listed = value.get("status_list") if isinstance(value, Mapping) else None
    if not isinstance(listed, Mapping):
        return None
    url, position = listed.get("uri"), listed.get("idx")
    if not isinstance(url, str) or type(position) is not int or position < 0:
        return None
    return url, position


def _unusable(step: Step, reason: str) -> None:
    text = N_("its status list cannot be relied on ({reason}): the status is not known")
    step.leave_open(Answer.STATUS_UNUSABLE, text, reason=reason)


def _describe(claims: Mapping[str, Any]) -> CredentialReport:
    return CredentialReport(
        id=plain(str(claims.get("jti", ""))),
        kind=KIND,
        issuer=plain(str(claims["iss"])),
        name=_text(claims.get("name")),
        holder=_text(claims.get("holder_name")),
        subject=_text(claims.get("sub")),
        valid_from=_moment(claims.get("nbf")),
        valid_until=_moment(claims.get("exp")),
        shown=tuple(sorted(plain(name) for name in claims.keys() - _ALWAYS)),
    )


def _text(value: object) -> str | None:
    return plain(value) if isinstance(value, str) else None


def _moment(value: object) -> str | None:
    return format_time(value) if type(value) is int and 0 <= value <= MAX_TIME else None
