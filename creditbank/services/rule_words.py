"""What lint finds, in the words of a language."""

from __future__ import annotations

from creditbank.domain.rules.finding_texts import WHY
from creditbank.domain.rules.findings import Finding
from creditbank.texts import Locale, translator
from creditbank.words import WORDS


def finding_words(finding: Finding, locale: str) -> tuple[str, str]:
    """Return what is the matter, and what to do."""
    texts = translator(locale)
    words = WORDS | WHY
    fields = {
        name: texts.gettext(words[value]) if value in words else value
        for name, value in finding.fields.items()
    }
    message = texts.gettext(finding.message).format(**fields)
    return message, texts.gettext(finding.remedy).format(**fields)


def finding_document(finding: Finding, locale: Locale) -> dict[str, str]:
    """Return a finding as JSON values, with its words."""
    message, remedy = finding_words(finding, locale)
    words = {"severity": finding.severity, "message": message, "remedy": remedy}
    return finding.members() | words
