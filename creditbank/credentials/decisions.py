"""Decisions (学分转换, 申报资格核验) as Open Badges 3.0, which a college may countersign."""

from __future__ import annotations

from typing import Any

from creditbank.domain.certifying import DecisionFacts, HolderFacts, IssueFacts, IssuerFacts


def decision_badge(
    decision: DecisionFacts, holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts
) -> dict[str, Any]:
    """Return the unsigned credential of a decision; the deciding college is `source`.

    The college countersigns it with `signing.countersign`; its proof goes into `signing.sign` as
    one of `others`. A refusal is stated as one, with what is missing.

    Raises:
        DocumentNotSignable: if a fact cannot be stated.
    """
    raise NotImplementedError
