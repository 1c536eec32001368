"""What wallets and desks are answered, as published shapes; the protocols' own open to more."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from creditbank.api.shapes import Id, Shape, Time
from creditbank.domain.verification.schemas import Verification


class Protocol(BaseModel):
    """Base of answers whose form a protocol prescribes, which may have further members."""

    model_config = ConfigDict(extra="allow")


class WalletError(Protocol):
    """An error in the form of OAuth 2.0 (RFC 6749, section 5.2)."""

    error: str
    error_description: str | None = None


class CredentialIssuerMetadata(Protocol):
    """Metadata of a credential issuer (OpenID4VCI 1.0, section 12.2)."""

    credential_issuer: str
    credential_endpoint: str
    nonce_endpoint: str
    deferred_credential_endpoint: str
    credential_configurations_supported: dict[str, dict[str, Any]]


class AuthorisationServerMetadata(Protocol):
    """Metadata of an authorisation server (RFC 8414)."""

    issuer: str
    token_endpoint: str
    grant_types_supported: list[str]


class CredentialOffer(Protocol):
    """A credential offer (OpenID4VCI 1.0, section 4.1.1)."""

    credential_issuer: str
    credential_configuration_ids: list[str]
    grants: dict[str, dict[str, Any]]


class WalletToken(Protocol):
    """An access token (RFC 6749, section 5.1), good for the wallet's endpoints alone."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    authorization_details: list[dict[str, Any]] | None = None


class WalletNonce(Protocol):
    """A nonce for a key proof (OpenID4VCI 1.0, section 7.2)."""

    c_nonce: str


class IssuedToWallet(Protocol):
    """The certificate (OpenID4VCI 1.0, section 8.3)."""

    credentials: list[dict[str, Any]]


class DeferredForWallet(Protocol):
    """That it is to be asked for again (OpenID4VCI 1.0, section 8.3)."""

    transaction_id: str
    interval: int


class TakenFromWallet(Protocol):
    """That what a wallet showed was taken (OpenID4VP 1.0, section 8.2)."""


class WalletOffer(Shape):
    """An offer to a wallet. `transaction_code` is shown to the learner apart from the QR code."""

    offer: Id
    uri: Annotated[str, Field(description="Opens a wallet; shown as a QR code or a link.")]
    uri_by_value: str
    transaction_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    expires_at: Time


class AskedWallet(Shape):
    """A request to a wallet."""

    presentation: Id
    uri: Annotated[str, Field(description="Opens a wallet; shown as a QR code or a link.")]
    expires_at: Time


class ShownCredential(Shape):
    """A certificate that a wallet showed: what it says, and what was found about it."""

    format: Literal["dc+sd-jwt", "ldp_vc"]
    holder: str | None = None
    credential: dict[str, Any] | str
    claims: dict[str, Any]
    report: Verification


class Presentation(Shape):
    """What became of a request to a wallet."""

    presentation: Id
    state: Literal["waiting", "answered", "refused"]
    expires_at: Time | None = None
    error: str | None = None
    result: Literal["valid", "not_valid", "undecidable"] | None = None
    shown: list[ShownCredential] | None = None
