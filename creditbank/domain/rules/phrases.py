"""Small phrases in both languages, of which sentences about rules and results are made.

They are pairs and not messages for gettext: a reason is said in both languages at once, wherever
it is written down, and must not depend on a catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from creditbank.domain.registers.register import Title

_TYPES: Final = {
    "module": ("模块", "modules"),
    "academic_course": ("学历教育课程", "courses of colleges"),
    "self_study_exam": ("自学考试课程", "self-study examination courses"),
    "online_course": ("网络课程", "online courses"),
    "certificate": ("证书", "certificates"),
    "achievement": ("竞赛、业绩等成果", "achievements"),
}
_CATEGORIES: Final = {
    "public": ("公共课", "public courses"),
    "major_basic": ("专业基础课", "basic courses of the major"),
    "major_core": ("专业核心课", "core courses of the major"),
    "extension": ("拓展课", "extension courses"),
}
_NATURES: Final = {"compulsory": ("必修", "compulsory"), "elective": ("选修", "elective")}
_STAGES: Final = {
    "study": ("学", "study"),
    "training": ("训", "training"),
    "assessment": ("评", "assessment"),
    "certification": ("证", "certification"),
}
_VERIFICATIONS: Final = {
    "self_declared": ("自我申报", "self-declared"),
    "original_seen": ("已验原件", "original seen"),
    "national_query": ("全国联网查验", "checked in the national query"),
    "issuer": ("发证机构报送", "posted by the issuer"),
}
_CONFIRMERS: Final = {
    "learner": ("本人", "the learner"),
    "owner": ("规则所有者", "the owner of the rules"),
    "registry": ("登记机构", "a registry"),
}
_EVIDENCE: Final = {
    "enrolment": ("学籍", "enrolment"),
    "work": ("从业经历", "periods of work"),
    "schooling": ("学历证明", "proof of schooling"),
    "apprenticeship": ("学徒期满证明", "proof of apprenticeship"),
    "birth_date": ("出生日期", "date of birth"),
    "amount": ("数额", "an amount"),
    "statement": ("确认", "a statement"),
}
_SCOPES: Final = {
    "academic": ("学业", "academic"),
    "grade": ("技能等级", "grade"),
    "programme": ("培养方案", "programme"),
    "subsidy": ("补贴", "subsidy"),
}
_GROUPS: Final = {
    "issuer": ("每个发证机构", "of each issuer"),
    "type": ("每类成果", "of each type of outcome"),
    "certificate_kind": ("每种证书", "of each kind of certificate"),
    "outcome": ("每项成果", "of each outcome"),
    "year": ("每年", "of each year"),
    "term": ("每学期", "of each term"),
    "content": ("每一相同内容", "of each content"),
}
_DELIVERIES: Final = {
    "online": ("线上", "online"),
    "onsite": ("线下", "on site"),
    "mixed": ("混合", "mixed"),
}
_ROLES: Final = {
    "college": ("院校", "colleges"),
    "training": ("培训机构", "training institutions"),
    "assessor": ("评价机构", "assessors"),
    "enterprise": ("企业", "enterprises"),
    "authority": ("主管部门", "authorities"),
}
_STEPS: Final = {
    "learner": ("本人办理", "taken by the learner"),
    "owner": ("规则所有者办理", "taken by the owner of the rules"),
    "evaluator": ("评价机构办理", "taken by an assessor"),
    "authority": ("主管部门办理", "taken by an authority"),
    "bank": ("学分银行办理", "taken by the bank"),
}
_EACH: Final = {
    "occupation": ("每个职业一组", "a group for each occupation"),
    "equivalence_group": ("每个等价组一组", "a group for each equivalence group"),
    "module": ("每个模块一组", "a group for each module"),
}
_WORDS: Final = {
    "type": _TYPES,
    "category": _CATEGORIES,
    "nature": _NATURES,
    "stage": _STAGES,
    "verification": _VERIFICATIONS,
    "confirmer": _CONFIRMERS,
    "evidence": _EVIDENCE,
    "scope": _SCOPES,
    "group": _GROUPS,
    "delivery": _DELIVERIES,
    "role": _ROLES,
    "step": _STEPS,
    "each": _EACH,
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says phrases in one language: Chinese unless the locale begins with `en`."""

    locale: str

    @property
    def is_chinese(self) -> bool:
        """Whether it speaks Chinese."""
        return not self.locale.lower().startswith("en")

    def say(self, zh: str, en: str) -> str:
        """Return the phrase in the language."""
        return zh if self.is_chinese else en

    def word(self, kind: str, code: str) -> str:
        """Return what people say for a code; the code itself if it has no word."""
        pair = _WORDS[kind].get(code)
        return code if pair is None else self.say(*pair)

    def words(self, kind: str, codes: Iterable[str]) -> str:
        """Return several codes in words, one of which has to be."""
        return self.either(self.word(kind, code) for code in codes)

    def title(self, title: Title | Mapping[str, Any] | None) -> str:
        """Return a title, in Chinese where it has no English; empty without one."""
        if title is None:
            return ""
        if isinstance(title, Title):
            return title.zh if self.is_chinese or title.en is None else title.en
        chinese = str(title.get("zh", ""))
        return chinese if self.is_chinese else str(title.get("en", chinese))

    def listed(self, items: Iterable[str]) -> str:
        """Return items in a row."""
        return self.say("、", ", ").join(items)

    def either(self, items: Iterable[str]) -> str:
        """Return items of which one has to be."""
        several = list(items)
        if len(several) < 2:  # noqa: PLR2004  # nothing to join
            return "".join(several)
        if self.is_chinese:
            return "、".join(several[:-1]) + "或" + several[-1]
        return ", ".join(several[:-1]) + " or " + several[-1]

    def clauses(self, items: Iterable[str]) -> str:
        """Return clauses of one sentence."""
        return self.say("；", "; ").join(item for item in items if item)

    def sentence(self, text: str) -> str:
        """Return text with the stop that ends a sentence."""
        if not text:
            return ""
        if self.is_chinese:
            return text if text.endswith("。") else text + "。"
        first = text[0].upper() + text[1:]
        return first if first.endswith(".") else first + "."

    def sentences(self, items: Iterable[str]) -> str:
        """Return sentences one after the other."""
        return self.say("", " ").join(self.sentence(item) for item in items if item)

    def quoted(self, text: str) -> str:
        """Return text in quotation marks."""
        return self.say(f"“{text}”", f"“{text}”")

    def bracketed(self, text: str) -> str:
        """Return text in brackets, with the space that English has before them; empty if none."""
        return self.say(f"（{text}）", f" ({text})") if text else ""

    def amount(self, amount: str, unit: str) -> str:
        """Return an amount with its unit, as units are written in traces: credit:cn-16."""
        measure, _, system = unit.partition(":")
        number = plain_number(amount)
        if measure == "class_hours":
            return self.say(f"{number} 学时", f"{number} class-hours")
        if measure == "outcomes":
            return self.say(f"{number} 项成果", f"{number} " + _plural(number, "outcome"))
        credit = _plural(number, "credit")
        tail = self.bracketed(system)
        return self.say(f"{number} 学分{tail}", f"{number} {credit}{tail}")

    def period(self, period: str) -> str:
        """Return a period such as P1Y6M."""
        years, _, months = period[1:].rpartition("Y")
        return self.months(int(years or 0) * 12 + int(months.rstrip("M") or 0))

    def months(self, months: int) -> str:
        """Return months as years and months."""
        years, rest = divmod(months, 12)
        parts = []
        if years:
            parts.append(self.say(f"{years} 年", f"{years} " + _plural(str(years), "year")))
        if rest or not years:
            parts.append(self.say(f"{rest} 个月", f"{rest} " + _plural(str(rest), "month")))
        return self.say("", " and ").join(parts)


def plain_number(amount: str) -> str:
    """Return an amount as people write it: 8.00 is 8, 1.50 stays 1.50."""
    whole, _, decimals = amount.partition(".")
    return amount if decimals.strip("0") else whole


def _plural(number: str, noun: str) -> str:
    return noun if number == "1" else noun + "s"
