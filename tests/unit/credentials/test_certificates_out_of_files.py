"""What is printed and baked can be taken out again, and verifies as what was signed."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.credentials import pages, pictures
from creditbank.credentials.extracting import extract
from creditbank.domain.verification import Result
from creditbank.texts import translator
from tests.credential_scene import URL, World, badge, decision, signed


@pytest.fixture(scope="module", params=[badge, decision])
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    return signed(request.param())


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_printed_certificate_carries_the_signed_one(made: dict[str, Any], locale: str) -> None:
    pdf = pages.certificate_pdf(made, translator(locale), f"{URL}/credentials/one")
    assert extract(pdf) == made


def test_pictures_carry_the_signed_certificate(made: dict[str, Any]) -> None:
    texts = translator("zh_CN")
    png = pictures.badge_png(made, texts)
    svg = pictures.badge_svg(made, texts)
    assert extract(png) == extract(svg) == made
    report = World().verify(png)
    assert report.result is Result.VALID
    assert World().verify(png[:-40]).result is not Result.VALID
