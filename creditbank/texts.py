"""What people read, in Chinese and English.

English is the message itself; `locales/zh_CN/LC_MESSAGES/creditbank.po` is its translation.
The .po file is the source and is read at start, so no compiled catalogue can be out of date. It
is read by a few lines of our own, because every command waits for it; Babel is for `check`.
`python -m creditbank.texts check` lists what is not translated; `make texts` collects messages.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import orjson

from creditbank.errors import CreditBankError
from creditbank.words import WORDS

if TYPE_CHECKING:
    from babel.messages import Catalog

Locale = Literal["zh_CN", "en"]
LOCALES: Final[tuple[Locale, ...]] = ("zh_CN", "en")
DEFAULT: Final[Locale] = "zh_CN"

_PACKAGE = Path(__file__).parent
# Script and region do not matter yet: every Chinese is zh_CN, every English is en.
_BY_LANGUAGE: Final[dict[str, Locale]] = {"zh": "zh_CN", "en": "en"}
_KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
}
# RFC 9110, section 12.4.2, and a language range of RFC 4647, section 2.1.
_RANGE = re.compile(
    r"\s*(?P<tag>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*"
    r"(?:;\s*q=(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)

# An entry of a catalogue, as GNU gettext's manual has it ("The Format of PO Files"): what it is
# flagged as, the message, its plural if it has one, and the translation, of a plural its first
# form, which is the only one that Chinese has.
_STRING = r'((?:[ \t]*"(?:[^"\\\n]|\\.)*"\n)+)'
_ENTRY = re.compile(
    rf"((?:^\#.*\n)*)^msgid{_STRING}(?:^msgid_plural{_STRING})?^msgstr(?:\[0\])?{_STRING}",
    re.MULTILINE,
)
_FUZZY = re.compile(r"^\#,.*\bfuzzy\b", re.MULTILINE)

_RANGES_MAX = 32  # more than any browser sends; the rest of a longer header is not read


@dataclass(frozen=True, slots=True)
class Translator:
    """The texts of one locale."""

    locale: Locale
    _messages: Mapping[str, str]

    def gettext(self, message: str) -> str:
        """Return `message` in this locale, or unchanged if it is not in the catalogue."""
        return self._messages.get(message, message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Return the form for `count` things in this locale, not yet filled in."""
        return self._messages.get(singular, singular if count == 1 else plural)


@cache
def translator(locale: str) -> Translator:
    """Return the texts of `locale`; of Chinese, if the bank does not speak it."""
    known = _known(locale)
    return Translator(known, dict(read_catalogue(_path(known).read_text(encoding="utf-8"))))


def read_catalogue(text: str) -> Iterator[tuple[str, str]]:
    """Yield each message of a .po file with its translation, if that is there and settled."""
    for comments, message, _plural, translation in _ENTRY.findall(text):
        read = _unquoted(translation)
        # The empty message is the catalogue's header, which is nobody's text.
        if read and not _FUZZY.search(comments) and (key := _unquoted(message)):
            yield key, read


def _unquoted(strings: str) -> str:
    """Return the one text that the quoted strings, each on a line, are together."""
    parts: list[str] = [orjson.loads(line) for line in strings.splitlines()]
    return "".join(parts)


def negotiate(accept_language: str | None) -> Locale:
    """Return the best locale for an Accept-Language header; Chinese if it decides nothing.

    Ranges are weighed as in RFC 9110, section 12.5.4; one of weight 0 is never chosen, and one
    that is not of the form is passed over.
    """
    parts = (accept_language or "").lower().split(",")[:_RANGES_MAX]
    ranges = [match for match in map(_RANGE.fullmatch, parts) if match]
    named = {match["tag"].partition("-")[0] for match in ranges}
    preferred: list[str] = []
    # The sort is stable: of equal weights, the first stands first.
    for match in sorted(ranges, key=_weight, reverse=True):
        if _weight(match) > 0:
            rest = (language for language in _BY_LANGUAGE if language not in named)
            preferred.extend(rest if match["tag"] == "*" else [match["tag"]])
    languages = (tag.partition("-")[0] for tag in preferred)
    return next((_BY_LANGUAGE[name] for name in languages if name in _BY_LANGUAGE), DEFAULT)


def locale_from_environment(environ: Mapping[str, str] = os.environ) -> Locale:
    """Return the locale of the command line.

    CREDITBANK_LANGUAGE decides, then LC_ALL, LC_MESSAGES and LANG as in POSIX; the first that
    is set. C and POSIX name no language and so mean Chinese.
    """
    names = ("CREDITBANK_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    return _known(next((environ[name] for name in names if environ.get(name)), DEFAULT))


def translate_error(error: CreditBankError, locale: str) -> tuple[str, str]:
    """Return the title and the detail of `error` in `locale`, with its fields filled in.

    A field may be a code that the error's module explains in its REASONS, or one of `WORDS`, or
    a message id, or a sequence of those; then it is put into words too. On the wire it stays.
    """
    texts = translator(locale)
    reasons: Mapping[str, str] = getattr(sys.modules[type(error).__module__], "REASONS", {})
    words = {**WORDS, **reasons}
    fields = {name: _field(value, words, texts) for name, value in error.fields.items()}
    return texts.gettext(error.title), texts.gettext(error.detail).format(**fields)


def missing_translations() -> list[str]:
    """Return the messages of the program that Chinese lacks or has with other {fields}."""
    catalog = _catalog("zh_CN")
    return sorted(text for text in _messages() if not _is_translated(catalog, text))


def _weight(language_range: re.Match[str]) -> float:
    """Return the weight of a language range, 1 if it names none."""
    return float(language_range["q"] or 1)


def _field(value: object, words: Mapping[str, str], texts: Translator) -> object:
    """Return `value` as it stands in a sentence of `texts`' locale."""
    if isinstance(value, str):
        return texts.gettext(words.get(value, value))
    if isinstance(value, (list, tuple)):
        separator = "；" if texts.locale == "zh_CN" else "; "
        return separator.join(str(_field(item, words, texts)) for item in value)
    return value


def _known(locale: str) -> Locale:
    """Return the locale of ours that `locale` is (zh-Hans-CN, en_GB.UTF-8, …), or the default."""
    language = re.split(r"[-_.@]", locale, maxsplit=1)[0].lower()
    return _BY_LANGUAGE.get(language, DEFAULT)


def _path(locale: Locale) -> Path:
    """Return where the catalogue of `locale` is."""
    return _PACKAGE / "locales" / locale / "LC_MESSAGES" / "creditbank.po"


def _catalog(locale: Locale) -> Catalog:
    """Return the catalogue of `locale` as Babel reads it."""
    from babel.messages.pofile import read_po

    with _path(locale).open("rb") as file:
        return read_po(file, locale=locale, domain="creditbank", abort_invalid=True)


def _messages() -> Iterator[str]:
    """Yield every message id in the source; of a plural, its singular."""
    from babel.messages.extract import extract_from_dir

    found = extract_from_dir(_PACKAGE, method_map=[("**.py", "python")], keywords=_KEYWORDS)
    for _file, _line, message, _comments, _context in found:
        singular = message if isinstance(message, str) else message[0]
        if singular:
            yield singular


def _is_translated(catalog: Catalog, text: str) -> bool:
    """Return whether Chinese has `text`, settled and with the same {fields}."""
    entry = catalog.get(text)
    if entry is None or entry.fuzzy or not entry.string:
        return False
    forms = [entry.string] if isinstance(entry.string, str) else list(entry.string)
    return all(form and _names(form) == _names(text) for form in forms)


def _names(text: str) -> set[str]:
    """Return the names of the {fields} in `text`."""
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def main(arguments: list[str]) -> int:
    """Return 0 if `check` finds every message translated, 1 if not, 2 for another command."""
    if arguments != ["check"]:
        sys.stderr.write("usage: python -m creditbank.texts check\n")
        return 2
    missing = missing_translations()
    for text in missing:
        sys.stdout.write(f"not in Chinese, or with other fields: {text}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
