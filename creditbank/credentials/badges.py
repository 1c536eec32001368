"""Open Badges 3.0: one outcome as an `OpenBadgeCredential` (W3C VC 2.0)."""

from __future__ import annotations

from typing import Any

from creditbank.domain.certifying import AchievementFacts, HolderFacts, IssueFacts, IssuerFacts


def open_badge(
    achievement: AchievementFacts, holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts
) -> dict[str, Any]:
    """Return the unsigned credential: the bank is issuer, the institution is `source`.

    Raises:
        DocumentNotSignable: if a fact cannot be stated, such as a URL that is none.
    """
    raise NotImplementedError


def context_urls(issuer: IssuerFacts) -> tuple[str, ...]:
    """Return the contexts of badges and decisions, in order: what `contexts.digests` is to pin."""
    raise NotImplementedError
