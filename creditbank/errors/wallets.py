"""Exchanges with wallets that are refused: certificates offered to them, and shown by them."""

from __future__ import annotations

from creditbank.errors import N_, Refused


class WalletRefused(Refused):
    """A wallet's request is refused in the form that its protocol has for that.

    `error` is the code of the protocol (OAuth 2.0, OpenID4VCI 1.0, OpenID4VP 1.0), `description`
    says more in ASCII. A bearer token that will not do is answered with 401, all else with 400.
    """

    slug = "wallet-refused"
    title = N_("The wallet's request was refused")
    detail = N_("{error}: {description}.")

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error=error, description=description)
        self.error, self.description = error, description


class PresentationUnknown(Refused):
    """There is no such request to a wallet of this organisation, or it is over."""

    slug = "presentation-unknown"
    title = N_("No such request to a wallet")
    detail = N_(
        "There is no request {presentation} of this organisation; requests and what they brought "
        "are kept for a day."
    )


class NotOfferable(Refused):
    """What is to be offered to a wallet cannot be issued to one."""

    slug = "not-offerable"
    title = N_("This cannot be offered to a wallet")
    detail = N_("Configuration {configuration} is not one that this bank issues to wallets.")
