"""Administrative regions by their GB/T 2260 codes."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from creditbank.domain.checked import checked
from creditbank.domain.plain_text import to_halfwidth
from creditbank.errors.identifiers import InvalidRegion

NATIONAL: Final = "00"
"""Stands for the whole country where a region is asked for."""

PROVINCES: Final[dict[str, str]] = {
    "11": "北京",
    "12": "天津",
    "13": "河北",
    "14": "山西",
    "15": "内蒙古",
    "21": "辽宁",
    "22": "吉林",
    "23": "黑龙江",
    "31": "上海",
    "32": "江苏",
    "33": "浙江",
    "34": "安徽",
    "35": "福建",
    "36": "江西",
    "37": "山东",
    "41": "河南",
    "42": "湖北",
    "43": "湖南",
    "44": "广东",
    "45": "广西",
    "46": "海南",
    "50": "重庆",
    "51": "四川",
    "52": "贵州",
    "53": "云南",
    "54": "西藏",
    "61": "陕西",
    "62": "甘肃",
    "63": "青海",
    "64": "宁夏",
    "65": "新疆",
    "71": "台湾",
    "81": "香港",
    "82": "澳门",
}
"""The 34 province-level regions: the first two digits of their codes, and their short names."""


def check_region(code: str, *, where: str | None = None) -> str:
    """Return the normal form of a region code: six digits of GB/T 2260, or "00" for the country.

    Full-width digits are made half-width. Prefectures and counties are not looked up, since
    codes of abolished ones stay in records. Raises InvalidRegion for another length or other
    characters, an unknown province, or a county without a prefecture.
    """
    text = to_halfwidth(code)
    if text == NATIONAL:
        return text
    if len(text) != len("440000"):
        raise InvalidRegion(where=where, reason="length")
    if re.fullmatch(r"[0-9]{4}00|[0-9]{2}(?!00)[0-9]{4}", text) is None:
        raise InvalidRegion(where=where, reason="form")
    if text[:2] not in PROVINCES:
        raise InvalidRegion(where=where, reason="region")
    return text


def region_contains(outer: str, inner: str) -> bool:
    """Return whether region `outer` is `inner` or contains it; both are checked codes.

    The code is read as a path: 440000 contains 440300, which contains 440305; "00" contains all.
    """
    if outer == NATIONAL:
        return True
    significant = re.sub(r"(00){1,2}$", "", outer)
    return inner.startswith(significant)


RegionCode = Annotated[
    str,
    AfterValidator(checked(check_region)),
    WithJsonSchema({"type": "string", "pattern": "^(00|[1-8][0-9]{5})$", "examples": ["440000"]}),
]
"""A pydantic field that holds a checked region code."""
