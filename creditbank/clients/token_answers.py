"""What the bank answers about the token in use."""

from __future__ import annotations

from creditbank.clients.answers import Answer


class TokenHeld(Answer):
    """The token in use: whose it is, what it opens, until when."""

    id: str
    org: str
    role: str
    scopes: tuple[str, ...] = ()
    expires_at: str
    account: str | None = None
