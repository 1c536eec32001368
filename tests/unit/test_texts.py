"""Texts in Chinese and English: which locale, which words, and that none is missing."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from creditbank import texts
from creditbank.domain.identifiers import DocumentKind
from creditbank.domain.registers import KINDS
from creditbank.errors import N_, CreditBankError, Refused
from creditbank.errors.identifiers import InvalidDocument
from creditbank.errors.settings import InsecureSettings
from creditbank.words import WORDS


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "zh_CN"),
        ("", "zh_CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh-Hant-HK, en;q=0.9", "zh_CN"),
        ("EN;Q=0.5, zh;q=0.4", "en"),
        ("en;q=0.2, zh;q=0.3", "zh_CN"),
        ("zh;q=0.5, en;q=0.50", "zh_CN"),
        ("en;q=0.5, zh;q=0.500", "en"),
        ("fr, de;q=0.9", "zh_CN"),
        ("fr, en;q=0.001", "en"),
        ("*", "zh_CN"),
        ("en;q=0", "zh_CN"),
        ("zh;q=0, *", "en"),
        ("zh;q=0, *;q=0", "zh_CN"),
        ("en;q=0.5, *;q=0.6", "zh_CN"),
        ("en;q=1.5", "zh_CN"),
        ("en;q=", "zh_CN"),
        (";;,,=", "zh_CN"),
        ("fr," * 32 + "en", "zh_CN"),
    ],
)
def test_accept_language_is_weighed_as_rfc_9110_says(header: str | None, locale: str) -> None:
    assert texts.negotiate(header) == locale


@pytest.mark.parametrize(
    ("environ", "locale"),
    [
        ({}, "zh_CN"),
        ({"LANG": "C"}, "zh_CN"),
        ({"LANG": "C.UTF-8"}, "zh_CN"),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, "zh_CN"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_GB", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "zh_TW.Big5", "LC_MESSAGES": "en_GB"}, "zh_CN"),
        ({"CREDITBANK_LANGUAGE": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"CREDITBANK_LANGUAGE": "zh-Hans", "LC_ALL": "en_US"}, "zh_CN"),
        ({"CREDITBANK_LANGUAGE": "", "LANG": "en@euro"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "zh_CN"),
    ],
)
def test_the_command_line_follows_the_environment(environ: dict[str, str], locale: str) -> None:
    assert texts.locale_from_environment(environ) == locale


def test_english_is_the_message_itself() -> None:
    english = texts.translator("en")
    assert english.gettext(InsecureSettings.title) == InsecureSettings.title
    assert english.ngettext("{count} entry", "{count} entries", 1) == "{count} entry"
    assert english.ngettext("{count} entry", "{count} entries", 2) == "{count} entries"


def test_chinese_comes_from_the_catalogue_and_is_the_default() -> None:
    chinese = texts.translator("zh_CN")
    assert chinese.locale == "zh_CN"
    assert chinese.gettext(InsecureSettings.title) == "这些设置不能用于生产环境"
    assert texts.translator("fr").locale == "zh_CN"
    assert texts.translator("zh_CN") is chinese


def test_the_catalogue_is_read_as_babel_reads_it() -> None:
    path = Path(texts.__file__).parent / "locales/zh_CN/LC_MESSAGES/creditbank.po"
    assert dict(texts.read_catalogue(path.read_text("utf-8"))) == _read_by_babel(path.read_bytes())


def test_a_catalogue_of_every_form_is_read_as_babel_reads_it() -> None:
    catalogue = Catalog("zh_CN")
    catalogue.add('said "so"\tand \\n\n', "说“是”\\n\n", locations=[("a file.py", 3)])
    catalogue.add(("{n} entry", "{n} entries"), ("{n} 条",), flags=["python-brace-format"])
    catalogue.add("not settled", "未定", flags=["fuzzy"])
    catalogue.add("not translated", "", user_comments=['msgid "in a comment"'])
    catalogue.add("fuzzy", "模糊", auto_comments=["fuzzy is not only a flag"])
    catalogue.add("a long one " * 30, "长" * 200)
    written = BytesIO()
    write_po(written, catalogue, width=40)
    read = dict(texts.read_catalogue(written.getvalue().decode()))
    assert read == _read_by_babel(written.getvalue())
    assert len(read) == 4


def _read_by_babel(po: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for message in read_po(BytesIO(po), locale="zh_CN"):
        one, first = (
            [text] if isinstance(text, str) else [*(text or ("",))]
            for text in (message.id, message.string)
        )
        if one[0] and first[0] and not message.fuzzy:
            found[one[0]] = first[0]
    return found


def test_an_empty_message_is_not_the_header_of_the_catalogue() -> None:
    assert not texts.translator("zh_CN").gettext("")


def test_reasons_that_are_messages_are_translated_and_joined() -> None:
    reasons = (N_("there are no keys"), N_("there is no rate limit"))
    error = InsecureSettings(reasons=reasons)
    title, detail = texts.translate_error(error, "zh_CN")
    assert title == "这些设置不能用于生产环境"
    assert "没有密钥；没有限流" in detail
    assert "there are no keys; there is no rate limit" in texts.translate_error(error, "en")[1]
    assert error.fields["reasons"] == reasons


def test_a_reason_code_is_explained_by_the_module_of_its_error() -> None:
    error = InvalidDocument(kind="resident_id", reason="check_digit")
    assert "the check digit does not match" in texts.translate_error(error, "en")[1]
    assert "校验码" in texts.translate_error(error, "zh_CN")[1]


def test_a_code_stands_in_a_sentence_as_its_word() -> None:
    error = InvalidDocument(kind="mainland_travel_permit_tw", reason="length")
    assert "“台湾居民来往大陆通行证”" in texts.translate_error(error, "zh_CN")[1]
    assert "mainland travel permit for Taiwan" in texts.translate_error(error, "en")[1]
    assert error.fields["kind"] == "mainland_travel_permit_tw"


def test_every_document_kind_and_register_kind_has_a_word() -> None:
    assert {kind.value for kind in DocumentKind} | set(KINDS) <= set(WORDS)


def test_other_fields_are_filled_in_as_they_are() -> None:
    class Counted(Refused):
        title = "Counted"
        detail = "{size} entries, {rest}"

    error: CreditBankError = Counted(size=7, rest="not a message")
    assert texts.translate_error(error, "zh_CN") == ("Counted", "7 entries, not a message")


def test_every_message_is_translated() -> None:
    assert texts.missing_translations() == []


def test_a_missing_message_and_another_field_are_both_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog = texts._catalog("zh_CN")
    catalog.add("{size} entries", "{count} 条分录")
    catalog.add("settled", "已定")
    catalog.add("not settled", "未定", flags=["fuzzy"])
    catalog.add(("{n} entry", "{n} entries"), ("{n} 条分录",))
    monkeypatch.setattr(texts, "_catalog", lambda _locale: catalog)
    monkeypatch.setattr(
        texts,
        "_messages",
        lambda: ["settled", "not settled", "{size} entries", "{n} entry", "unheard of"],
    )
    assert texts.missing_translations() == ["not settled", "unheard of", "{size} entries"]
    assert texts.main(["check"]) == 1
    assert "unheard of" in capsys.readouterr().out


def test_the_command_accepts_only_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert texts.main(["chek"]) == 2
    assert "usage" in capsys.readouterr().err
