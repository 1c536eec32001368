"""Single changes in words, of which the difference between two rulebooks is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

from creditbank.domain.registers.register import Title
from creditbank.domain.rules.condition import Cap
from creditbank.domain.rules.phrases import Speaker
from creditbank.domain.rules.rule import Evidence
from creditbank.domain.rules.selection_words import cap_words
from creditbank.domain.units import hundredths

_ZH: Final = Speaker("zh_CN")
_EN: Final = Speaker("en")


class _Named(Protocol):
    @property
    def id(self) -> str:
        """What items of two versions are matched by."""


Effect = Literal["stricter", "wider"]
N = TypeVar("N", bound=_Named)
Words = Callable[[Speaker], str]


@dataclass(frozen=True, slots=True)
class Change:
    """A change at the JSON pointer `where` of the new version; of the old one, if it is gone.

    `effect` is what it does to learners, where the change itself tells: stricter or wider.
    """

    where: str
    kind: Literal["added", "removed", "changed"]
    zh: str
    en: str
    effect: Effect | None = None

    def words(self, locale: str) -> str:
        """Return the change in a language."""
        to = Speaker(locale)
        text = to.say(self.zh, self.en)
        if self.effect is None:
            return text
        word = to.say(
            "更严" if self.effect == "stricter" else "更宽",
            self.effect,
        )
        return text + to.bracketed(word)


RULE: Final = ("规则", "rule")
CAP: Final = ("上限", "cap")
EVIDENCE: Final = ("佐证", "evidence")


def _text(words: Words) -> tuple[str, str]:
    return words(_ZH), words(_EN)


def changed(
    where: str,
    name: tuple[str, str],
    old: Words,
    new: Words,
    effect: Effect | None = None,
) -> Iterator[Change]:
    """Yield the change of a member if its words differ."""
    (zh_before, en_before), (zh_after, en_after) = _text(old), _text(new)
    if (zh_before, en_before) == (zh_after, en_after):
        return
    nothing = ("（无）", "(none)")
    zh = f"{name[0]}：{zh_before or nothing[0]} → {zh_after or nothing[0]}"
    en = f"{name[1]}: {en_before or nothing[1]} → {en_after or nothing[1]}"
    kind: Literal["added", "removed", "changed"] = "changed"
    if not zh_before or not zh_after:
        kind = "added" if zh_after else "removed"
    yield Change(where, kind, zh, en, effect)


def same_for_all(text: object) -> Words:
    """Return words that are the same in every language; none of None."""
    return lambda _to: "" if text is None else str(text)


def listed(  # noqa: PLR0917  # two lists and how to speak of them
    where: str,
    old: Sequence[N],
    new: Sequence[N],
    words: Callable[[N, Speaker], str],
    inside: Callable[[str, N, N], Iterator[Change]] | None,
    name: tuple[str, str],
) -> Iterator[Change]:
    """Yield what was taken out, put in, and changed in lists whose items have ids."""
    before = {one.id: one for one in old}
    kept = {one.id for one in new}
    for position, one in enumerate(old):
        if one.id not in kept:
            zh, en = words(one, _ZH), words(one, _EN)
            text = (f"删去{name[0]} {one.id}：{zh}", f"{name[1]} {one.id} removed: {en}")
            yield Change(f"{where}/{position}", "removed", *text)
    for position, one in enumerate(new):
        place, earlier = f"{where}/{position}", before.get(one.id)
        if earlier is None:
            zh, en = words(one, _ZH), words(one, _EN)
            text = (f"新增{name[0]} {one.id}：{zh}", f"{name[1]} {one.id} added: {en}")
            yield Change(place, "added", *text)
        elif inside is not None:
            yield from inside(place, earlier, one)
        else:
            label = (f"{name[0]} {one.id}", f"{name[1]} {one.id}")
            yield from changed(place, label, _of(words, earlier), _of(words, one))


def _of(words: Callable[[N, Speaker], str], one: N) -> Words:
    return lambda to: words(one, to)


def caps(where: str, old: Cap, new: Cap) -> Iterator[Change]:
    """Yield the change of a cap, with what it does where both say it in the same way."""
    label = (f"上限 {new.id}", f"cap {new.id}")
    does: Effect | None = None
    same_kind = (old.over, old.per, old.category) == (new.over, new.per, new.category)
    if same_kind and old.limit is not None and new.limit is not None:
        does = effect(old.limit, new.limit, more="wider")
    shares = (old.share, new.share)
    if same_kind and shares[0] and shares[1] and shares[0].of == shares[1].of:
        does = effect(shares[0].percent, shares[1].percent, more="wider")
    yield from changed(
        where, label, lambda to: cap_words(old, to), lambda to: cap_words(new, to), does
    )
    yield from wording(f"{where}/text", label, old.text, new.text)


def wording(
    where: str, label: tuple[str, str], old: Title | None, new: Title | None
) -> Iterator[Change]:
    """Yield the change of a text that people read and no result depends on."""
    name = f"{label[0]} 的文字", f"{label[1]}, its words"
    yield from changed(where, name, lambda to: to.title(old), lambda to: to.title(new))


def effect(old: str, new: str, *, more: Effect) -> Effect | None:
    """Return what another amount does to learners, where `more` of it is stricter or wider."""
    if hundredths(old) == hundredths(new):
        return None
    if hundredths(new) > hundredths(old):
        return more
    return "wider" if more == "stricter" else "stricter"


def evidence_words(evidence: Evidence, to: Speaker) -> str:
    """Return what has to be supplied, who confirms it, and what is accepted."""
    by = to.word("confirmer", evidence.confirmed_by)
    accepts = to.listed(
        f"{name}={to.either(values)}" for name, values in sorted(evidence.accepts.items())
    )
    title, kind = to.title(evidence.title), to.word("evidence", evidence.kind)
    if kind != title:
        title += to.bracketed(kind)
    return to.say(f"{title}，由{by}确认", f"{title}, confirmed by {by}") + to.bracketed(accepts)
