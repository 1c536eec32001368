"""Rules and results in words, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditbank.domain.rules.rule import Rule


def rule_text(rule: Rule, locale: str) -> str:
    """Return what a rule says, in one language."""
    explanation = rule.explanation or rule.title
    return explanation.en or explanation.zh if locale == "en" else explanation.zh


def with_sentence(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result with its reason in words, by language."""
    return result
