"""What a client of a bank meets: an address that is not safe, no answer, an answer of no sense."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, CreditBankError, Malformed, Refused, Unavailable

REASONS: Final[dict[str, str]] = {
    "address_form": N_("it does not begin with https:// or http:// and a host"),
    "connect": N_("no connection could be made"),
    "connection_lost": N_("the connection broke before the answer was complete"),
    "not_json": N_("it is not JSON"),
    "other_form": N_("it does not have the form that this version of the program knows"),
    "timeout": N_("it did not answer in time"),
    "token_form": N_("it has characters that no token has"),
}
"""What each reason code means, as message ids; the English text is the id."""


class _Explained(CreditBankError):
    """Says in its English detail what the code of its reason means."""

    def __str__(self) -> str:
        """Return the detail with the text of the reason in place of its code."""
        reason = str(self.fields.get("reason", ""))
        return self.detail.format(**{**self.fields, "reason": REASONS.get(reason, reason)})


class AddressInvalid(_Explained, Malformed):
    """The address of the bank is not an address."""

    slug = "address-invalid"
    title = N_("The address of the bank is not valid")
    detail = N_(
        "The address is refused: {reason}. Write it as the bank gives it, for example"
        " https://bank.example.cn."
    )


class AddressUnsafe(Refused):
    """Plain HTTP to another machine: whoever is on the way reads token and identity numbers."""

    slug = "address-unsafe"
    title = N_("The address of the bank is not encrypted")
    detail = N_(
        "Over http:// everybody on the way to {host} can read the token and the identity numbers."
        " Use the bank's https:// address. In a network that you trust, allow it expressly:"
        " --allow-http, or allow_http=True in a program."
    )


class TokenInvalid(_Explained, Malformed):
    """What was given as a token cannot be one."""

    slug = "token-invalid"
    title = N_("The token is not valid")
    detail = N_("The token is refused: {reason}. Copy it again, as it was shown at its creation.")


class BankUnreachable(_Explained, Unavailable):
    """The bank did not answer, however often it was asked."""

    slug = "bank-unreachable"
    title = N_("The bank cannot be reached")
    detail = N_(
        "There was no answer from {host}: {reason}. Whether the last request was recorded is not"
        " known; send it again with the same source ids, and nothing counts twice."
    )


class AnswerUnreadable(_Explained, Corrupt):
    """The bank answered with something that this program cannot read."""

    slug = "answer-unreadable"
    title = N_("The bank's answer cannot be read")
    detail = N_(
        "The answer to {request} is refused: {reason}. Check that the address is that of a credit"
        " bank, and that this program is not older than the bank."
    )
