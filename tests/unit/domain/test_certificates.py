from datetime import date

import pytest

from creditbank.domain.certificates import (
    CertificateNumber,
    cross_check_certificate,
    parse_certificate_number,
)
from creditbank.errors.identifiers import CertificateNumberContradicts, InvalidCertificateNumber

PROVINCIAL = "S000044999999265000001"
MINISTRY = "Y123444999999261000001"
MASTER = "Y00004499999926T000001"
OLD = "0844010123400001"


def test_reads_a_number_of_an_evaluator_filed_with_a_province() -> None:
    assert parse_certificate_number(PROVINCIAL) == CertificateNumber(
        format="skill_level_22",
        text=PROVINCIAL,
        year=2026,
        rank=1,
        region="440000",
        category="social",
        filed_with="province",
        evaluator="44999999",
        sequence="000001",
    )


def test_reads_a_number_of_an_evaluator_filed_with_the_ministry() -> None:
    number = parse_certificate_number(MINISTRY)
    assert (number.filed_with, number.evaluator, number.category) == (
        "ministry",
        "1234",
        "employer",
    )
    assert number.rank == 5


@pytest.mark.parametrize(("digit", "rank"), [("1", 5), ("2", 4), ("3", 3), ("4", 2), ("5", 1)])
def test_the_grade_digit_counts_down_and_the_rank_up(digit: str, rank: int) -> None:
    assert parse_certificate_number(f"S00004499999926{digit}000001").rank == rank


def test_reads_a_number_above_the_five_grades() -> None:
    number = parse_certificate_number(MASTER)
    assert number.format == "skill_level_master_22"
    assert (number.year, number.rank, number.region) == (2026, None, "440000")


def test_two_letters_in_front_are_known_but_not_read() -> None:
    number = parse_certificate_number("YT12344499999926000001")
    assert number == CertificateNumber(
        format="skill_level_master_22", text="YT12344499999926000001", category="employer"
    )


def test_reads_an_older_qualification() -> None:
    assert parse_certificate_number("0844010123300001") == CertificateNumber(
        format="qualification_16",
        text="0844010123300001",
        year=2008,
        rank=3,
        region="440100",
        category="centre",
        evaluator="123",
        sequence="00001",
    )


def test_an_older_qualification_may_be_of_the_last_century_or_of_an_industry() -> None:
    number = parse_certificate_number("9802013123400001")
    assert (number.year, number.region, number.category) == (1998, None, "industry")


@pytest.mark.parametrize(
    "written",
    [
        " s000044999999265000001 ",
        "S0000 4499 9999 2650 0000 1",
        "Ｓ００００４４９９９９９９２６５０００００１",
        "S000044999999265000001\u200b\n",
    ],
)
def test_writings_of_one_number_have_one_form(written: str) -> None:
    assert parse_certificate_number(written).text == PROVINCIAL


@pytest.mark.parametrize(
    "number",
    [
        "A000044999999265000001",
        "S000099999999265000001",
        "S000044999999260000001",
        "S000044999999266000001",
        "S000044999999265000000",
        "S00004499999926500001",
        "0844015123400001",
        "0844010123600001",
        # thirteen digits of Shanghai with three zeros in front
        "0001010123400001",
        "RSN44990000126300001",
        "粤人社证字〔2026〕第1号",
        "ſ000044999999265000001",
    ],
)
def test_an_unknown_format_is_kept_as_unrecognised(number: str) -> None:
    assert parse_certificate_number(number) == CertificateNumber(format="unrecognised", text=number)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", "empty"),
        ("\u3000\u200b", "empty"),
        ("1" * 65, "too_long"),
        ("A\x00B", "control"),
        ("A\nB", "control"),
        ("A\udfffB", "surrogate"),
        ("A\u202eB", "direction"),
    ],
)
def test_what_is_not_a_line_of_text_is_refused(number: str, reason: str) -> None:
    with pytest.raises(InvalidCertificateNumber) as caught:
        parse_certificate_number(number, where="/certificate/number")
    assert caught.value.fields == {"reason": reason}
    assert caught.value.where == "/certificate/number"


@pytest.mark.parametrize(
    ("number", "issued_on", "rank"),
    [
        (PROVINCIAL, date(2026, 1, 1), 1),
        (PROVINCIAL, date(2026, 12, 31), None),
        (MASTER, date(2026, 6, 1), None),
        (OLD, date(2008, 6, 1), 2),
        ("unknown-7", date(2001, 6, 1), 4),
        ("YT12344499999926000001", date(2001, 6, 1), None),
    ],
)
def test_a_number_that_agrees_passes(number: str, issued_on: date, rank: int | None) -> None:
    cross_check_certificate(number, issued_on, rank)
    said = parse_certificate_number(number)
    assert said.year in {None, issued_on.year}


@pytest.mark.parametrize(
    ("number", "issued_on", "rank", "members"),
    [
        (PROVINCIAL, date(2025, 12, 31), 1, "issued_on"),
        (PROVINCIAL, date(2026, 1, 1), 5, "rank"),
        (PROVINCIAL, date(2025, 1, 1), 2, "issued_on, rank"),
        (MASTER, date(2026, 1, 1), 5, "rank"),
        (OLD, date(2018, 1, 1), 2, "issued_on"),
    ],
)
def test_a_number_that_differs_is_refused_by_member(
    number: str, issued_on: date, rank: int, members: str
) -> None:
    with pytest.raises(CertificateNumberContradicts) as caught:
        cross_check_certificate(number, issued_on, rank, where="/certificate/number")
    assert caught.value.fields == {"members": members}
    assert caught.value.where == "/certificate/number"
    assert number not in str(caught.value)
