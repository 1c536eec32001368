"""Requests about certificates; see `calls`, which says what a request is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import orjson

from creditbank.clients import credential_answers as answers
from creditbank.clients.answers import Verification
from creditbank.clients.calls import Call

Form = Literal["open_badge", "sd_jwt_vc"]
Rendering = Literal["json", "jwt", "pdf", "png", "svg"]
Suite = Literal["eddsa-rdfc-2022", "eddsa-jcs-2022", "both"]


def issue_credential(
    outcome: str, *, form: Form | None = None, named: bool = True
) -> Call[answers.Issued]:
    """Issue the certificate of an outcome; asking again gets the same as long as it stands."""
    body: dict[str, Any] = {"outcome": outcome, "named": named}
    body |= {} if form is None else {"form": form}
    path = "/v1/credentials"
    return Call("POST", path, answers.Issued.model_validate_json, orjson.dumps(body))


def issue_statement(account: str | None = None, *, named: bool = True) -> Call[answers.Issued]:
    """Issue the certificate of everything that can be certified; the desk names the account."""
    body: dict[str, Any] = {"statement": True, "named": named}
    body |= {} if account is None else {"account": account}
    path = "/v1/credentials"
    return Call("POST", path, answers.Issued.model_validate_json, orjson.dumps(body))


def issue_decision(conversion: str, *, named: bool = True) -> Call[answers.Issued]:
    """Issue the certificate of a registered decision; `parts` are those of further targets."""
    body = {"decision": conversion, "named": named}
    path = "/v1/credentials"
    return Call("POST", path, answers.Issued.model_validate_json, orjson.dumps(body))


def credentials(account: str = "me") -> Call[answers.Credentials]:
    """Return a learner's certificates and how each stands."""
    path = f"/v1/learners/{_step(account)}/credentials"
    return Call("GET", path, answers.Credentials.model_validate_json)


def credential(credential_id: str) -> Call[answers.Credential]:
    """Return what a certificate is about and how it stands."""
    return Call("GET", _path(credential_id), answers.Credential.model_validate_json)


def credential_file(
    credential_id: str, rendering: Rendering = "json", *, suite: Suite | None = None
) -> Call[bytes]:
    """Return a certificate as a file: JSON or SD-JWT (`jwt`), PDF, PNG or SVG."""
    path = f"{_path(credential_id)}.{rendering}"
    return Call("GET", path, bytes, query={} if suite is None else {"suite": suite})


def suspend_credential(credential_id: str, reason: str) -> Call[answers.Changed]:
    """Suspend a certificate, as the desk."""
    return _change(credential_id, "suspension", reason)


def resume_credential(credential_id: str, reason: str) -> Call[answers.Changed]:
    """End a suspension, as the desk."""
    return _change(credential_id, "resumption", reason)


def withdraw_credential(credential_id: str, reason: str) -> Call[answers.Changed]:
    """End a certificate for good, as its holder or the desk; its outcome stands."""
    return _change(credential_id, "withdrawal", reason)


def countersign_credential(
    credential_id: str, proof: Mapping[str, Any]
) -> Call[answers.Countersigned]:
    """Add the proof of the institution that a certificate names, such as the deciding college."""
    path = f"{_path(credential_id)}/countersignature"
    body = orjson.dumps({"proof": dict(proof)})
    return Call("POST", path, answers.Countersigned.model_validate_json, body)


def share_credential(
    credential_id: str, name: str, shows: Sequence[str] = (), *, until: str | None = None
) -> Call[answers.Share]:
    """Show a certificate under a name, and return the link; `public` is for everybody.

    `shows` are `name`, `results` and `document` beside what was achieved.
    """
    body: dict[str, Any] = {"shows": list(shows)} | ({} if until is None else {"until": until})
    path = f"{_path(credential_id)}/shares/{_step(name)}"
    return Call("PUT", path, answers.Share.model_validate_json, orjson.dumps(body))


def shares(credential_id: str) -> Call[answers.Shares]:
    """Return everything that is shown of a certificate, with the links."""
    return Call("GET", f"{_path(credential_id)}/shares", answers.Shares.model_validate_json)


def end_share(credential_id: str, name: str) -> Call[None]:
    """Show nothing under a name any more; its link never works again."""
    return Call("DELETE", f"{_path(credential_id)}/shares/{_step(name)}", _nothing)


def verify_certificate(*, text: str | None = None, url: str | None = None) -> Call[Verification]:
    """Return what the server makes of a certificate, by its text or by its address.

    It asks listed hosts only; `creditbank verify` asks whom you name.
    """
    body = {name: value for name, value in (("text", text), ("url", url)) if value is not None}
    return Call("POST", "/v1/verify", Verification.model_validate_json, orjson.dumps(body))


def _change(credential_id: str, what: str, reason: str) -> Call[answers.Changed]:
    path = f"{_path(credential_id)}/{what}"
    body = orjson.dumps({"reason": reason})
    return Call("POST", path, answers.Changed.model_validate_json, body)


def _path(credential_id: str) -> str:
    return f"/v1/credentials/{_step(credential_id)}"


def _step(text: str) -> str:
    return quote(text, safe="")


def _nothing(_data: bytes) -> None:
    """Read an answer that says no more than that it was done."""
