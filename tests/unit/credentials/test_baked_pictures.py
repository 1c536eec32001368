"""Badges as pictures: what they carry, where, and that they can be looked at."""

from __future__ import annotations

import io
import json
import re

import PIL.Image
import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # has no types
from openbadgeslib import baking

from creditbank.credentials import pages, pictures
from creditbank.texts import translator
from tests.unit.credentials.shown_badge import badge

TEXTS = translator("zh_CN")
NAMESPACE = "{https://purl.imsglobal.org/ob/v3p0}"


def test_a_png_carries_the_credential_uncompressed_and_once() -> None:
    made = pictures.badge_png(badge(), TEXTS)
    picture = PIL.Image.open(io.BytesIO(made))
    assert picture.size == (600, 600)
    picture.load()  # up to the end, where the credential stands
    assert picture.info["openbadgecredential"] == pages.file_bytes(badge()).decode()
    assert made.count(b"openbadgecredential\x00") == 1
    assert pages.file_bytes(badge()) in made


def test_an_svg_carries_the_credential_directly_after_its_opening_tag() -> None:
    made = pictures.badge_svg(badge(), TEXTS)
    first = next(iter(fromstring(made)))
    assert first.tag == NAMESPACE + "credential"
    assert json.loads(first.text or "") == badge()
    assert re.search(rb"<svg [^>]*><openbadges:credential><!\[CDATA\[\{", made)
    assert made.count(b"<openbadges:credential>") == 1


@pytest.mark.parametrize("text", ["]]>", "]]]]><![CDATA[>", "<script>alert(1)</script>", "&amp;"])
def test_no_text_can_end_the_element_of_an_svg(text: str) -> None:
    document = badge() | {"name": text}
    made = pictures.badge_svg(document, TEXTS)
    assert json.loads(next(iter(fromstring(made))).text or "") == document


def test_other_software_finds_the_credential_in_both() -> None:
    options = {"element": baking.SVG_ELEMENT_OB3, "text_fallback": True}
    svg = baking.extract_svg(pictures.badge_svg(badge(), TEXTS), **options)  # type: ignore[arg-type]
    png = baking.extract_png(pictures.badge_png(badge(), TEXTS), keyword=baking.ITXT_KEYWORD_OB3)
    assert json.loads(svg or "") == json.loads(png or "") == badge()


def test_a_picture_has_no_active_content_and_refers_to_nothing_outside() -> None:
    made = pictures.badge_svg(badge(), TEXTS)
    drawing = made[: made.index(b"<openbadges")] + made[made.index(b"</openbadges") :]
    assert not re.search(rb"<script|<foreignObject|\son\w+=|href=\"(?!#)", drawing)


def test_a_picture_is_the_same_each_time_and_shows_the_name_of_its_language() -> None:
    assert pictures.badge_svg(badge(), TEXTS) == pictures.badge_svg(badge(), TEXTS)
    english = pictures.badge_png(badge(), translator("en"))
    assert english != pictures.badge_png(badge(), TEXTS)
