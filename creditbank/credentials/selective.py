"""SD-JWT VC (RFC 9901, `dc+sd-jwt`): one outcome whose members can be shown one by one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from creditbank.credentials.signing import Key
from creditbank.domain.certifying import AchievementFacts, HolderFacts, IssueFacts, IssuerFacts


def sd_jwt_vc(
    achievement: AchievementFacts,
    holder: HolderFacts,
    issue: IssueFacts,
    issuer: IssuerFacts,
    key: Key,
) -> str:
    """Return the signed SD-JWT with all disclosures, ending in `~`.

    Always shown: issuer, type (`vct`), validity, status, and the holder's key if there is one.
    Disclosable one by one: name, achievement, institution, class-hours, credits, stages, results,
    level, skills, log entry, holder's name. Salts are HMACs under `issue.salt_secret`, so that
    signing again gives the same bytes.

    Raises:
        DocumentNotSignable: if `issue.salt_secret` is missing or has fewer than 16 bytes.
    """
    raise NotImplementedError


def present(sd_jwt: str, names: Collection[str]) -> str:
    """Return the SD-JWT with the disclosures of `names` alone, without a key binding."""
    raise NotImplementedError


def type_metadata(issuer: IssuerFacts) -> dict[str, Any]:
    """Return the SD-JWT VC type metadata that stands at the `vct` URL."""
    raise NotImplementedError


def vct(issuer: IssuerFacts) -> str:
    """Return the type of our SD-JWT VCs: `<url>/types/skills-credit-v1`."""
    raise NotImplementedError
