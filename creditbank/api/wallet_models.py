"""What is sent to offer a certificate to a wallet, and to ask one."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from creditbank.credentials.presenting import CLAIMS
from creditbank.credentials.wallet_metadata import CONFIGURATIONS

_STRICT = ConfigDict(extra="forbid", strict=True)
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Configuration = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Purpose = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Claim = Literal[CLAIMS]  # type: ignore[valid-type]  # a tuple of names
Format = Literal["dc+sd-jwt", "ldp_vc"]


@with_config(_STRICT)
class WalletOfferPosting(TypedDict):
    """What is offered, an outcome's certificate or a decision's, and in which configurations.

    A decision on several targets has a certificate for each: `target` says which.
    """

    outcome: NotRequired[Id]
    decision: NotRequired[Id]
    target: NotRequired[Annotated[str, StringConstraints(min_length=1, max_length=300)]]
    configurations: NotRequired[
        Annotated[list[Configuration], Field(min_length=1, max_length=len(CONFIGURATIONS))]
    ]


@with_config(_STRICT)
class PresentationPosting(TypedDict):
    """What a wallet is asked to show, and what for: any one of `formats`, with all of `claims`."""

    purpose: Purpose
    formats: NotRequired[Annotated[list[Format], Field(min_length=1, max_length=2)]]
    claims: NotRequired[Annotated[list[Claim], Field(max_length=len(CLAIMS))]]


WALLET_OFFER: Final[TypeAdapter[Any]] = TypeAdapter(WalletOfferPosting)
PRESENTATION: Final[TypeAdapter[Any]] = TypeAdapter(PresentationPosting)
WALLET_BODIES: Final[dict[str, TypeAdapter[Any]]] = {
    "WalletOfferPosting": WALLET_OFFER,
    "PresentationPosting": PRESENTATION,
}
