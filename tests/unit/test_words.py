"""One word per idea: what people read says it as docs/glossary.md does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditbank.texts import translator
from creditbank.words import WORDS

ROOT = Path(__file__).parents[2]
TEXTS = (
    ROOT / "README.zh-CN.md",
    ROOT / "creditbank" / "rulebooks" / "README.md",
    ROOT / "creditbank" / "locales" / "zh_CN" / "LC_MESSAGES" / "creditbank.po",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "creditbank" / "domain" / "rules").glob("*.py")),
)
OTHER_WORDS = {
    "吊销": "撤销",
    "证明材料": "佐证",
    "颁发机构": "发证机构",
    "颁发者": "签发方",
    "签发者": "签发方",
    "查阅记录": "查看记录",
    "保管库": "保险库",
    "运维人员": "运营者",
    "验证公钥": "核验公钥",
    "验证者": "核验者",
    "用途内": "范围内",
    "培养项目": "培养方案",
    "学员证件": "学习者证件",
    "已公布": "已发布",
}
"""Words that once stood beside the glossary's own, each with the one that is meant."""


@pytest.mark.parametrize(("other", "word"), OTHER_WORDS.items())
def test_an_idea_has_one_chinese_word(other: str, word: str) -> None:
    named = [
        f"{path.relative_to(ROOT)}: {other}, for which the word is {word}"
        for path in TEXTS
        if other in path.read_text(encoding="utf-8")
    ]
    assert named == []


def test_no_chinese_word_of_the_glossary_stands_for_two_ideas() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", glossary, re.MULTILINE)
    words = [word for row in rows if row != "中文" for word in re.split(r" [/·] |，", row)]
    # To revoke is one idea, of an outcome and of its certificate.
    assert {word for word in words if words.count(word) > 1} == {"撤销"}


def test_a_withdrawn_decision_and_a_withdrawn_certificate_are_told_apart() -> None:
    chinese = translator("zh_CN").gettext
    assert chinese(WORDS["conversion_withdrawn"]) == "已撤回"
    assert chinese("withdrawn for good") == "已收回"
    assert chinese("This certificate was withdrawn.") == "本证书已收回。"
