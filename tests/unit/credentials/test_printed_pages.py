"""The printed certificate: archival, accessible, with the credential in it and a code to scan."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from creditbank.credentials import pages, typesetting
from creditbank.texts import LOCALES, Translator, translator
from tests.printed import attached, opened, scanned
from tests.unit.credentials.shown_badge import ADDRESS, badge, record


@pytest.fixture(params=LOCALES)
def texts(request: pytest.FixtureRequest) -> Translator:
    """The texts of each language in turn."""
    return translator(request.param)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in opened(pdf).pages)


def test_a_page_is_archival_and_accessible(texts: Translator) -> None:
    pdf = pages.certificate_pdf(badge(), texts, ADDRESS)
    catalogue: Any = opened(pdf).trailer["/Root"]
    metadata = catalogue["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert catalogue["/MarkInfo"]["/Marked"].value
    assert catalogue["/OutputIntents"]
    assert catalogue["/Lang"] == ("zh-CN" if texts.locale == "zh_CN" else "en")
    assert opened(pdf).metadata.title  # type: ignore[union-attr]  # UA-1 asks for one


def test_the_credential_is_attached_as_the_source_of_the_page(texts: Translator) -> None:
    pdf = pages.certificate_pdf(badge(), texts, ADDRESS)
    assert json.loads(attached(pdf)) == badge()
    assert attached(pdf) == pages.file_bytes(badge())
    catalogue: Any = opened(pdf).trailer["/Root"]
    (file,) = catalogue["/AF"]
    specification = file.get_object()
    assert specification["/AFRelationship"] == "/Source"
    embedded = specification["/EF"]["/F"].get_object()
    assert embedded["/Subtype"] == "/application/vc+ld+json"


def test_the_code_on_the_page_leads_to_its_address(texts: Translator, tmp_path: Path) -> None:
    address = ADDRESS + "?share=" + "s" * 43
    pdf = pages.certificate_pdf(badge(), texts, address)
    assert scanned(pdf, tmp_path) == address


def test_a_page_says_what_the_document_says() -> None:
    chinese = text_of(pages.certificate_pdf(badge(), translator("zh_CN"), ADDRESS))
    for text in (
        "张三丰",
        "工业视觉检测",
        "1.50（十六学时制）；2.40（十学时制）",
        "87.00",
        "五级/初级工",
    ):
        assert text in chinese
    english = text_of(pages.certificate_pdf(badge(), translator("en"), ADDRESS))
    for text in ("Industrial vision inspection", "Certificate of a learning outcome", "1234"):
        assert text in english
    assert "理论 8.00，实操 16.00" in chinese
    assert "theory 8.00, practice 16.00" in english


def test_the_same_credential_gives_the_same_bytes(texts: Translator) -> None:
    first = pages.certificate_pdf(badge(), texts, ADDRESS)
    assert pages.certificate_pdf(badge(), texts, ADDRESS) == first


@pytest.mark.parametrize("name", ["龘𬭎", "A\u202eB\x07", "😀", "#set page()", '"; $x$ *b* \\'])
def test_no_name_can_spoil_a_page(name: str, texts: Translator) -> None:
    pdf = pages.certificate_pdf(badge(name), texts, ADDRESS)
    shown = text_of(pdf)
    assert typesetting.settable(name).replace(" ", "") in shown.replace(" ", "")
    assert json.loads(attached(pdf)) == badge(name)
    assert ("〓" in shown) == ("😀" in name)


def test_a_long_statement_takes_as_many_pages_as_it_needs(texts: Translator) -> None:
    pdf = pages.certificate_pdf(record(60), texts, ADDRESS)
    assert len(opened(pdf).pages) > 2
    assert text_of(pdf).count("2026-10-30") == 60


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": "x", "credentialSubject": [1], "issuer": 5, "proof": "x", "evidence": {}},
        {"name": {"@value": "x", "@language": "fr"}, "credentialSubject": {"stage": ["x", {}]}},
        {"credentialSubject": {"achievement": [[]], "result": {"value": True}}},
    ],
)
def test_documents_of_others_are_shown_as_far_as_they_go(document: dict[str, Any]) -> None:
    pdf = pages.certificate_pdf(document, translator("en"), ADDRESS)
    assert json.loads(attached(pdf)) == document


def test_a_page_is_set_within_a_fraction_of_a_second(texts: Translator) -> None:
    pages.certificate_pdf(badge(), texts, ADDRESS)  # the font is read once
    started = time.thread_time()
    for number in range(5):
        pages.certificate_pdf(badge(f"第{number}人"), texts, ADDRESS)
    assert time.thread_time() - started < 5
