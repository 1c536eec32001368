"""Certificate numbers: what can be read from them, and whether it agrees with the record.

None of the formats has a check digit, so a number is known by its structure alone, and a number
of no known structure is kept as unrecognised and needs a person's look. It is never refused for
its format, because provinces, industries and schools have formats of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from creditbank.domain.plain_text import text_fault, to_halfwidth, without_invisible
from creditbank.domain.regions import PROVINCES
from creditbank.errors.identifiers import CertificateNumberContradicts, InvalidCertificateNumber

CertificateFormat = Literal[
    "skill_level_22", "skill_level_master_22", "qualification_16", "unrecognised"
]
EvaluatorCategory = Literal["employer", "social", "centre", "national", "local", "industry"]

_LONGEST: Final = 64
_PROVINCIAL: Final = "0000"
_GRADES: Final = 5
_FIRST_OLD_YEAR: Final = 90
"""Two-digit years from here on are of the twentieth century; qualifications began in 1994."""

# category, evaluator's code, province, evaluator's sequence, year, grade, sequence
_SKILL_LEVEL: Final = re.compile(
    r"(?P<category>[YS])(?P<code>[0-9]{4})(?P<province>[0-9]{2})(?P<evaluator>[0-9]{6})"
    r"(?P<year>[0-9]{2})(?P<grade>[1-5A-Z])(?P<sequence>(?!000000)[0-9]{6})"
)
_MASTER_TWO_LETTERS_FIRST: Final = re.compile(r"[YS][A-Z][0-9]{20}")
# year, province or industry, city, kind of body, body's sequence, grade, sequence
_QUALIFICATION: Final = re.compile(
    r"(?!000)(?P<year>[0-9]{2})(?P<province>[0-9]{2})(?P<city>[0-9]{2})(?P<category>[0-4])"
    r"(?P<evaluator>[0-9]{3})(?P<grade>[1-5])(?P<sequence>[0-9]{5})"
)
_SKILL_CATEGORIES: Final[dict[str, EvaluatorCategory]] = {"Y": "employer", "S": "social"}
_BODIES: Final[dict[str, EvaluatorCategory]] = {
    "0": "centre",
    "1": "national",
    "2": "local",
    "3": "industry",
    "4": "employer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateNumber:
    """What a certificate number says by itself; None where it says nothing."""

    format: CertificateFormat
    text: str
    """The normal form: half-width, upper-case, without white space and invisible characters."""
    year: int | None = None
    """Year of issue, four digits."""
    rank: int | None = None
    """Rank on the five-grade scale: 1 is 五级 (lowest), 5 is 一级. The number's own digit counts
    the other way round."""
    region: str | None = None
    """Region of the evaluator or the issuing body, as a GB/T 2260 code of six digits."""
    category: EvaluatorCategory | None = None
    filed_with: Literal["ministry", "province"] | None = None
    """Where the evaluator was first filed: 人力资源社会保障部 or a province."""
    evaluator: str | None = None
    """Code of the evaluator: the ministry's four digits, or region and sequence of the province."""
    sequence: str | None = None


def parse_certificate_number(number: str, *, where: str | None = None) -> CertificateNumber:
    """Return what `number` says, with the format "unrecognised" if its structure is not known.

    Known are the 22-character number of 职业技能等级证书 (a letter and 21 digits; two letters and
    20 digits for 特级技师 and above) and the 16-digit number of the older 职业资格证书. Raises
    InvalidCertificateNumber only for what cannot be kept as a line of text: empty, longer than
    64 characters, control characters, half a character, a change of writing direction.
    """
    text = _normal_form(number, where)
    if match := _SKILL_LEVEL.fullmatch(text):
        return _skill_level(match)
    if _MASTER_TWO_LETTERS_FIRST.fullmatch(text):
        # two letters and 20 digits, but with them the seven parts do not keep their places
        category = _SKILL_CATEGORIES[text[0]]
        return CertificateNumber(format="skill_level_master_22", text=text, category=category)
    if match := _QUALIFICATION.fullmatch(text):
        return _qualification(match)
    return CertificateNumber(format="unrecognised", text=text)


def cross_check_certificate(
    number: str, issued_on: date, rank: int | None, *, where: str | None = None
) -> None:
    """Check a number against the record's date of issue and its rank on the five-grade scale.

    `rank` is None where the record has no grade, or one of another scale. What the number does
    not say is not compared, so an unrecognised number always passes. Call it only for kinds of
    certificate that use these numbers. Raises CertificateNumberContradicts, whose `members`
    names what differs (issued_on, rank), and InvalidCertificateNumber.
    """
    said = parse_certificate_number(number, where=where)
    differs = []
    if said.year is not None and said.year != issued_on.year:
        differs.append("issued_on")
    graded = said.rank is not None or said.format == "skill_level_master_22"
    if graded and rank is not None and rank != said.rank:
        differs.append("rank")
    if differs:
        raise CertificateNumberContradicts(where=where, members=", ".join(differs))


def _normal_form(number: str, where: str | None) -> str:
    """Return `number` half-width, upper-case, without white space; raises if it cannot be kept."""
    plain = to_halfwidth(number)
    if fault := "too_long" if len(number) > _LONGEST else text_fault(plain):
        raise InvalidCertificateNumber(where=where, reason=fault)
    text = without_invisible(plain)
    if not text:
        raise InvalidCertificateNumber(where=where, reason="empty")
    # only ASCII letters: upper() would lengthen a few others
    return re.sub("[a-z]+", lambda letters: letters[0].upper(), text)


def _skill_level(match: re.Match[str]) -> CertificateNumber:
    """Return the reading of a 22-character number; unrecognised if there is no such province."""
    part = match.groupdict()
    if part["province"] not in PROVINCES:
        return CertificateNumber(format="unrecognised", text=match[0])
    provincial = part["code"] == _PROVINCIAL
    master = not part["grade"].isdecimal()
    return CertificateNumber(
        format="skill_level_master_22" if master else "skill_level_22",
        text=match[0],
        year=2000 + int(part["year"]),
        rank=None if master else _rank(part["grade"]),
        region=f"{part['province']}0000",
        category=_SKILL_CATEGORIES[part["category"]],
        filed_with="province" if provincial else "ministry",
        evaluator=f"{part['province']}{part['evaluator']}" if provincial else part["code"],
        sequence=part["sequence"],
    )


def _qualification(match: re.Match[str]) -> CertificateNumber:
    """Return the reading of a 16-digit number; an industry's number has no region."""
    part = match.groupdict()
    year = int(part["year"])
    of_province = part["province"] in PROVINCES
    return CertificateNumber(
        format="qualification_16",
        text=match[0],
        year=(1900 if year >= _FIRST_OLD_YEAR else 2000) + year,
        rank=_rank(part["grade"]),
        region=f"{part['province']}{part['city']}00" if of_province else None,
        category=_BODIES[part["category"]],
        evaluator=part["evaluator"],
        sequence=part["sequence"],
    )


def _rank(digit: str) -> int:
    """Return the rank of a grade digit, which counts from 1 for 一级, the highest."""
    return _GRADES + 1 - int(digit)
