"""Who may what: refusals of tokens, roles and grants."""

from __future__ import annotations

from creditbank.errors import N_, Refused


class Unauthenticated(Refused):
    """No token, or one that is unknown, expired or revoked."""

    slug = "unauthenticated"
    title = N_("A valid token is needed")
    detail = N_(
        "Send `Authorization: Bearer …` with a token that is neither expired nor revoked. The "
        "bank's operator issues tokens."
    )


class Forbidden(Refused):
    """The token's role or scopes do not allow this."""

    slug = "forbidden"
    title = N_("The token does not allow this")
    detail = N_("This needs the scope {scope}. Ask the bank's operator for a token that has it.")


class OutsideJurisdiction(Refused):
    """The authority's jurisdiction does not cover the region."""

    slug = "outside-jurisdiction"
    title = N_("Outside the authority's jurisdiction")
    detail = N_("Region {region} is outside the jurisdiction of {institution}.")


class NotGranted(Refused):
    """The learner granted nothing to this organisation, or the grant ended."""

    slug = "not-granted"
    title = N_("The learner has not granted this")
    detail = N_("Ask the learner for a grant to your organisation; an earlier one may have ended.")


class GrantUnknown(Refused):
    """There is no such grant of this learner."""

    slug = "grant-unknown"
    title = N_("No such grant")
    detail = N_("There is no grant {grant} that this learner could end.")


class CodeWrong(Refused):
    """The one-time code is wrong, used, expired or was tried too often."""

    slug = "code-wrong"
    title = N_("The code is not valid")
    detail = N_("The one-time code is wrong, used or expired. Ask the desk for a new one.")


class RateLimited(Refused):
    """Too many requests with one token, or too many attempts to sign in."""

    slug = "rate-limited"
    title = N_("Too many requests")
    detail = N_("No more than {limit} are taken. Wait {retry_after} seconds and send it again.")


class TokenUnknown(Refused):
    """There is no such token."""

    slug = "token-unknown"
    title = N_("No such token")
    detail = N_("There is no token {token}. `creditbank token list` shows them.")
