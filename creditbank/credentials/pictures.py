"""A badge as a picture, PNG or SVG, with the signed credential baked in (Open Badges 3.0, 5.3).

Drawn by typst from the credential itself, its letters as outlines, so that it looks the same
everywhere. `openbadgeslib` puts the credential into the PNG. Into the SVG it would put it last and
without CDATA, while the specification wants it directly after the opening tag: that is done here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from openbadgeslib import baking

from creditbank.credentials import typesetting, wording
from creditbank.credentials.pages import file_bytes, moment_of
from creditbank.credentials.summary import Summary, summary_of
from creditbank.credentials.wording import Texts

PIXELS_PER_INCH: Final = 127
"""600 pixels for the 12 centimetres of the drawing."""
_NAME_POINTS: Final = ((12, 24), (24, 20), (48, 15), (1000, 11))
"""Sizes of the name, in points, by how many characters it has at most."""
_ROOT: Final = re.compile(rb"<svg\b[^>]*?(?=/?>)")


def badge_png(document: Mapping[str, Any], texts: Texts) -> bytes:
    """Return the picture of a signed credential as PNG, the credential in its `iTXt` chunk."""
    data, created = _drawing(document, texts)
    picture = typesetting.png("badge.typ", data, created=created, ppi=PIXELS_PER_INCH)
    return bake_png(picture, document)


def badge_svg(document: Mapping[str, Any], texts: Texts) -> bytes:
    """Return the picture of a signed credential as SVG, the credential its first element."""
    data, created = _drawing(document, texts)
    return bake_svg(typesetting.svg("badge.typ", data, created=created), document)


def bake_png(picture: bytes, document: Mapping[str, Any]) -> bytes:
    """Return a PNG with a credential in it, uncompressed; `picture` must not have one yet."""
    text = file_bytes(document).decode()
    return baking.bake_png(picture, text, keyword=baking.ITXT_KEYWORD_OB3)


def bake_svg(picture: bytes, document: Mapping[str, Any]) -> bytes:
    """Return an SVG of ours with a credential in it, directly after the opening tag, as CDATA."""
    root = _ROOT.search(picture)
    if root is None:
        raise ValueError("the picture is no SVG")
    # A CDATA section ends at its first ]]>, so one inside the text is cut in two.
    text = file_bytes(document).replace(b"]]>", b"]]]]><![CDATA[>")
    space = f' xmlns:openbadges="{baking.SVG_NS_OB3}"'.encode()
    element = baking.SVG_ELEMENT_OB3.encode()
    baked = b"<" + element + b"><![CDATA[" + text + b"]]></" + element + b">"
    return picture[: root.end()] + space + b">" + baked + picture[root.end() + 1 :]


def _drawing(document: Mapping[str, Any], texts: Texts) -> tuple[dict[str, Any], int]:
    summary = summary_of(document)
    data = typesetting.settable_all(_content(summary, texts))
    return data, int(moment_of(summary).timestamp())


def _content(summary: Summary, texts: Texts) -> dict[str, Any]:
    name = wording.name(summary, texts)
    return {
        "lang": "zh" if texts.locale == "zh_CN" else "en",
        "region": "cn" if texts.locale == "zh_CN" else None,
        "font": typesetting.FAMILY[texts.locale],
        "title": name,
        "bank": summary.issuer.in_locale(texts.locale),
        "name": name,
        "size": next(points for length, points in _NAME_POINTS if len(name) <= length),
        "amount": wording.credit(summary, texts),
        "institution": summary.institution,
        "day": summary.achieved_on,
    }
