"""Rules and results in words, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from creditbank.domain.rules.result_words import target_name, trace_words
from creditbank.domain.rules.words import explain_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from creditbank.domain.rules.rule import Rule

_LANGUAGES: Final = {"zh": "zh_CN", "en": "en"}


def rule_text(rule: Rule, locale: str) -> str:
    """Return what a rule says, in one language."""
    return explain_rule(rule, locale)


def target_text(trace: Mapping[str, Any], locale: str) -> str:
    """Return what people call the target of a result, in one language."""
    return target_name(trace, locale)


def spoken(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents of results, each with its reason in words by language.

    The words are made of the trace alone, so an old decision can be said again.
    """
    return [
        dict(one)
        | {
            "sentence": {
                language: trace_words(one["trace"], locale)
                for language, locale in _LANGUAGES.items()
            }
        }
        for one in results
    ]
