"""The people of the demonstration and the sheets about them: fictitious, and the same each time.

Their identity numbers pass every check; the county 449999 in them does not exist, so they are
nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from creditbank.domain.identifiers import resident_check_digit

_FAMILY_NAMES: Final = "陈林黄张李王吴刘蔡杨许郑谢郭洪曾邱廖赖徐周叶苏庄吕江何萧罗高"
_GIVEN_NAMES: Final = (
    *("伟民", "秀英", "志强", "丽华", "建国", "桂花", "文杰", "小红", "海涛", "晓燕", "永福"),
    *("春梅", "国栋", "雪琴", "子轩", "美玲", "俊杰", "玉兰", "浩然", "凤珍", "家豪", "淑贞"),
)

HEADINGS: Final = (
    *("序号", "姓名", "证件类型", "证件号码", "模块代码", "理论学时", "实操学时"),
    *("开始日期", "结束日期", "评价日期", "理论成绩", "操作成绩", "是否合格"),
)
_EVERY: Final = 25
TRAINING: Final = ("理论学时", "实操学时", "开始日期", "结束日期")
ASSESSMENT: Final = ("评价日期", "理论成绩", "操作成绩", "是否合格")

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name and a resident ID."""

    name: str
    number: str


def person(index: int) -> Person:
    """Return the person of an index below 10,000; each has another number."""
    family = _FAMILY_NAMES[index % len(_FAMILY_NAMES)]
    given = _GIVEN_NAMES[index // len(_FAMILY_NAMES) % len(_GIVEN_NAMES)]
    born = f"{1966 + index * 7 % 40}{1 + index % 12:02d}{1 + index * 11 % 28:02d}"
    body = f"449999{born}{index % 1000:03d}"
    return Person(family + given, body + resident_check_digit(body))


def row(index: int, module: str) -> Row:
    """Return a row of somebody who trained and was assessed; every 25th failed, but the first."""
    somebody = person(index)
    passed = index == 0 or index % _EVERY != 0
    values = (
        *("", somebody.name, "居民身份证", somebody.number, module, "8", "16"),
        *("2026年1月5日", "2026/1/16", "2026.1.19"),
        *(str(60 + index * 7 % 41), str(60 + index * 3 % 41) if passed else "52"),
        "合格" if passed else "不合格",
    )
    return dict(zip(HEADINGS, values, strict=True))


def trained_row(index: int, module: str) -> Row:
    """Return a row of somebody who trained, to be assessed elsewhere."""
    return row(index, module) | dict.fromkeys(ASSESSMENT, "")


def assessed_row(index: int, module: str) -> Row:
    """Return a row of somebody who was trained elsewhere; every 25th did not come."""
    result = row(index, module) | dict.fromkeys(TRAINING, "")
    if index % _EVERY == 1:
        result |= {"理论成绩": "缺考", "操作成绩": "", "是否合格": ""}
    return result


def bad_rows(module: str, other_module: str, first: int) -> list[Row]:
    """Return rows with the mistakes that sheets have, of people from index `first` on.

    The last one has somebody else's number, who stands further up in the same sheet.
    """
    lost, wrong, unsaid, future, short, other = (row(first + n, module) for n in range(6))
    lost["证件号码"] = f"{lost['证件号码'][0]}.{lost['证件号码'][1:6]}E+17"
    last = wrong["证件号码"][-1]
    wrong["证件号码"] = wrong["证件号码"][:-1] + ("0" if last != "0" else "1")
    unsaid["是否合格"] = ""
    future["评价日期"] = "2126.1.19"
    short["实操学时"] = "12"
    other |= {"证件号码": person(1).number, "模块代码": other_module}
    return [lost, wrong, unsaid, future, short, other]


def sheet(title: str, rows: Sequence[Row]) -> str:
    """Return a sheet as CSV, with a title above the heading and a note below the rows."""
    width = len(HEADINGS)
    numbered = [row | {"序号": str(number)} for number, row in enumerate(rows, start=1)]
    lines: list[Iterable[str]] = [
        [title, *[""] * (width - 1)],
        HEADINGS,
        *(list(row.values()) for row in numbered),
        ["填表人：示例", *[""] * (width - 1)],
    ]
    return "".join(",".join(line) + "\r\n" for line in lines)
