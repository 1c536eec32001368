"""A credential's summary in sentences and tables of one language: what pages and pictures show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from creditbank.credentials.summary import Stage, Summary
from creditbank.domain.civil_time import civil_clock
from creditbank.errors import N_
from creditbank.errors.ledger import NotCanonical
from creditbank.ledger.times import parse_time
from creditbank.words import WORDS

Pair = tuple[str, str]


class Texts(Protocol):
    """The texts of one locale; `creditbank.texts.translator` has them."""

    @property
    def locale(self) -> str:
        """The locale: `zh_CN` or `en`."""

    def gettext(self, message: str) -> str:
        """Return `message` in this locale."""


_DECISIONS = {
    "recognised": N_("recognised"),
    "refused": N_("refused"),
    "eligible": N_("conditions met: eligible to apply"),
    "not_eligible": N_("conditions not met"),
}
_MODULE_KINDS = {
    "micro": N_("micro-module"),
    "ai_literacy": N_("AI literacy topic"),
    "occupation_course": N_("occupation course"),
    "course": N_("course"),
    "certificate": N_("recorded certificate"),
    "achievement": N_("achievement"),
}
_STAGE_HEADS = (N_("Stage"), N_("Institution"), N_("Class-hours"), N_("Dates"))
_PART_HEADS = (N_("Outcome"), N_("Institution"), N_("Class-hours"), N_("Credit"), N_("Achieved on"))


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` are shares of the line, 0 for as wide as its content."""

    caption: str
    widths: tuple[int, ...]
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]


def heading(summary: Summary, texts: Texts) -> str:
    """Return what kind of document it is."""
    if summary.is_record:
        return texts.gettext("Statement of learning outcomes")
    if summary.decision:
        return texts.gettext("Decision of recognition")
    return texts.gettext("Certificate of a learning outcome")


def name(summary: Summary, texts: Texts) -> str:
    """Return what was achieved, in the language of `texts` if the document has it."""
    return summary.name.in_locale(texts.locale)


def other_name(summary: Summary, texts: Texts) -> str | None:
    """Return the name in the other language, None if there is no other."""
    names = {summary.name.zh, summary.name.en} - {None, "", name(summary, texts)}
    return names.pop() if names else None


def rows(summary: Summary, texts: Texts) -> list[Pair]:
    """Return what the document says, one line for each fact that it states."""
    gettext = texts.gettext
    criteria = "" if summary.is_record else summary.criteria.in_locale(texts.locale)
    found = [
        (gettext("Decision"), gettext(_DECISIONS.get(summary.decision, summary.decision))),
        (gettext("Credit"), credit(summary, texts)),
        (gettext("Class-hours"), hours(summary, texts)),
        (gettext("Level"), summary.level),
        (gettext("Results"), _results(summary, texts)),
        (gettext("Institution"), summary.institution),
        (gettext("Achieved on"), summary.achieved_on),
        (gettext("Kind"), gettext(_MODULE_KINDS.get(summary.module_kind, summary.module_kind))),
        (gettext("Code"), " / ".join(filter(None, (summary.code, summary.version)))),
        (gettext("Rule"), summary.rule),
        (gettext("Missing"), _joined(summary.missing, texts)),
        (gettext("Skills"), _skills(summary, texts)),
        (gettext("Criteria"), criteria),
        (gettext("Verification"), gettext(WORDS.get(summary.verification, summary.verification))),
        (gettext("Valid until"), moment(summary.valid_until, texts)),
    ]
    return [(label, value) for label, value in found if value]


def credit(summary: Summary, texts: Texts) -> str:
    """Return the amounts with their credit systems; amounts of different ones are never added."""
    around = "{amount}（{system}）" if texts.locale == "zh_CN" else "{amount} ({system})"
    many = [
        around.format(amount=one.amount, system=one.system) if one.system else one.amount
        for one in summary.amounts
    ]
    return _joined(many, texts)


def hours(summary: Summary, texts: Texts) -> str:
    """Return the class-hours of theory and practice."""
    if not (summary.hours_theory or summary.hours_practice):
        return ""
    text = texts.gettext("theory {theory}, practice {practice}")
    return text.format(theory=summary.hours_theory or "0", practice=summary.hours_practice or "0")


def tables(summary: Summary, texts: Texts) -> list[Table]:
    """Return the tables: the stages of an outcome, or the outcomes of a statement."""
    found = []
    if summary.stages:
        heads = tuple(texts.gettext(head) for head in _STAGE_HEADS)
        body = tuple(_stage(stage, texts) for stage in summary.stages)
        found.append(Table(texts.gettext("Stages"), (0, 1, 0, 0), heads, body))
    if summary.parts:
        heads = tuple(texts.gettext(head) for head in _PART_HEADS)
        body = tuple(_part(part, texts) for part in summary.parts)
        found.append(Table(texts.gettext("Outcomes"), (3, 2, 2, 2, 0), heads, body))
    return found


def marks(summary: Summary, texts: Texts) -> list[Pair]:
    """Return by what the document is told from others: number, key, time, place in the log."""
    entry = summary.entry
    found = [
        (texts.gettext("Certificate no."), summary.id),
        (
            texts.gettext("Issuer"),
            " ".join(filter(None, (_issuer(summary, texts), summary.issuer_id))),
        ),
        (texts.gettext("Signed"), moment(summary.signed_at, texts)),
        (texts.gettext("Log entry"), f"{entry.origin} · {entry.index}" if entry else ""),
        (texts.gettext("Leaf hash"), entry.leaf_hash if entry else ""),
    ]
    return [(label, value) for label, value in found if value]


def moment(text: str, texts: Texts) -> str:
    """Return a time of RFC 3339 in civil time; of any other form, the text as it is."""
    try:
        seconds = parse_time(text)
    except NotCanonical:
        return text
    return texts.gettext("{time} Beijing time").format(time=civil_clock(seconds)[:-3])


def _issuer(summary: Summary, texts: Texts) -> str:
    return summary.issuer.in_locale(texts.locale)


def _results(summary: Summary, texts: Texts) -> str:
    return _joined(
        [" ".join(filter(None, (one.name, one.value))) for one in summary.results], texts
    )


def _skills(summary: Summary, texts: Texts) -> str:
    named = (
        one.name + (f" ({' '.join(filter(None, (one.framework, one.code)))})" if one.code else "")
        for one in summary.skills
    )
    return _joined(list(named), texts)


def _stage(stage: Stage, texts: Texts) -> tuple[str, ...]:
    days = dict.fromkeys(filter(None, (stage.started_on, stage.ended_on)))
    return (
        texts.gettext(WORDS.get(stage.stage, stage.stage)),
        stage.institution,
        stage.hours,
        " – ".join(days),
    )


def _part(part: Summary, texts: Texts) -> tuple[str, ...]:
    return (
        name(part, texts),
        part.institution,
        hours(part, texts),
        credit(part, texts),
        part.achieved_on,
    )


def _joined(many: Sequence[str], texts: Texts) -> str:
    return ("；" if texts.locale == "zh_CN" else "; ").join(filter(None, many))
