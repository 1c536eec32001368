"""Numbers here are made up: prefix 449999 belongs to no county."""

from datetime import date

import pytest

from creditbank.domain.check_digits import resident_check_digit
from creditbank.domain.identifiers import (
    DocumentKind,
    document_birth_date,
    mask_document,
    normalise_document,
    read_document,
)
from creditbank.errors.identifiers import REASONS, InvalidDocument

RESIDENT = DocumentKind.RESIDENT_ID
PERMIT = DocumentKind.RESIDENCE_PERMIT_HK_MO_TW
HK_MO = DocumentKind.MAINLAND_TRAVEL_PERMIT_HK_MO
TW = DocumentKind.MAINLAND_TRAVEL_PERMIT_TW
FOREIGN = DocumentKind.FOREIGN_PERMANENT_RESIDENT_ID
PASSPORT = DocumentKind.PASSPORT


@pytest.mark.parametrize("number", ["360426199101010071", "120103198806018241"])
def test_published_resident_numbers_pass(number: str) -> None:
    assert normalise_document(RESIDENT, number) == number
    assert resident_check_digit(number[:17]) == number[17]


@pytest.mark.parametrize(
    ("kind", "number", "normal"),
    [
        (RESIDENT, "449999199001010019", "449999199001010019"),
        (RESIDENT, "44999919900101006x", "44999919900101006X"),
        (RESIDENT, "４４９９９９１９９００１０１００６ｘ", "44999919900101006X"),
        (RESIDENT, "\u3000449999199001010019 \n", "449999199001010019"),
        (RESIDENT, "449999200002290011", "449999200002290011"),
        (PERMIT, "810000199001010019", "810000199001010019"),
        (PERMIT, "820000199001010029", "820000199001010029"),
        (PERMIT, "830000199001010039", "830000199001010039"),
        (HK_MO, "h00000001", "H00000001"),
        (HK_MO, "M0000000102", "M0000000102"),
        (TW, "00000001", "00000001"),
        (TW, "0000000102", "0000000102"),
        (TW, "0000000102(B)", "0000000102(B)"),
        (TW, "0000000102（b）", "0000000102(B)"),
        (TW, "0000000102b", "0000000102(B)"),
        (TW, "0000000102(1)", "0000000102(1)"),
        (FOREIGN, "xxa449990010119", "XXA449990010119"),
        (FOREIGN, "944840198401010010", "944840198401010010"),
        (PASSPORT, "xx0000001", "XX0000001"),
        (PASSPORT, "12E345678", "12E345678"),
        (PASSPORT, "A1234567890123456789", "A1234567890123456789"),
    ],
)
def test_each_kind_has_a_normal_form(kind: DocumentKind, number: str, normal: str) -> None:
    assert normalise_document(kind, number) == normal


@pytest.mark.parametrize(
    ("kind", "number", "reason"),
    [
        (RESIDENT, "", "empty"),
        (RESIDENT, " \u3000 ", "empty"),
        (RESIDENT, "4" * 65, "too_long"),
        (RESIDENT, "449999199001010018", "check_digit"),
        (RESIDENT, "449999199001011000", "digits_lost"),
        (RESIDENT, "449999900101001", "fifteen_digit"),
        (RESIDENT, "4.49999E+17", "spreadsheet_number"),
        (RESIDENT, "449999199001010019.0", "spreadsheet_number"),
        (RESIDENT, "44999919900101001", "form"),
        (RESIDENT, "4499991990010100190", "form"),
        (RESIDENT, "4499991990010100X9", "form"),
        (RESIDENT, "449999199002300018", "birth_date"),
        (RESIDENT, "449999189901010015", "birth_date"),
        (RESIDENT, "999999199001010016", "foreign_permanent_resident"),
        (RESIDENT, "944840198401010010", "foreign_permanent_resident"),
        (RESIDENT, "099999199001010016", "region"),
        (RESIDENT, "819999199001010016", "check_digit"),
        (RESIDENT, "810000199001010019", "residence_permit"),
        (RESIDENT, "830000199001010039", "residence_permit"),
        (RESIDENT, "449999 199001010019", "characters"),
        (RESIDENT, "449999\u200b199001010019", "characters"),
        (RESIDENT, "\u202a449999199001010019", "characters"),
        (RESIDENT, "449999\x00199001010019", "characters"),
        (RESIDENT, "449999\ud800199001010019", "characters"),
        (RESIDENT, "44999919900101001\u0669", "characters"),
        (PERMIT, "449999199001010019", "region"),
        (PERMIT, "810000199001010018", "check_digit"),
        (PERMIT, "810000199013010018", "birth_date"),
        (PERMIT, "810000900101001", "form"),
        (HK_MO, "C00000001", "form"),
        (HK_MO, "H000000012", "form"),
        (HK_MO, "H0000000", "form"),
        (TW, "0000001", "form"),
        (TW, "00000001025", "form"),
        (TW, "0000000102(BB)", "form"),
        (TW, "00000001(B)", "form"),
        (TW, "1E+08", "spreadsheet_number"),
        (FOREIGN, "449999199001010019", "form"),
        (FOREIGN, "944840198401010019", "check_digit"),
        (FOREIGN, "944840198413010010", "birth_date"),
        (FOREIGN, "XX4499990010119", "form"),
        (FOREIGN, "449999900101001", "form"),
        (PASSPORT, "A1234", "form"),
        (PASSPORT, "A12345678901234567890", "form"),
        (PASSPORT, "A-1234567", "form"),
        (PASSPORT, "1.5E+12", "spreadsheet_number"),
        # upper() would make S of this letter
        (PASSPORT, "\u017f1234567", "characters"),
    ],
)
def test_each_refusal_says_why(kind: DocumentKind, number: str, reason: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        normalise_document(kind, number, where="/learner/document/number")
    error = caught.value
    assert error.fields == {"kind": kind.value, "reason": reason}
    assert error.where == "/learner/document/number"
    assert REASONS[reason] in str(error)


def test_an_error_does_not_repeat_the_number() -> None:
    number = "449999199001010018"
    with pytest.raises(InvalidDocument) as caught:
        normalise_document(RESIDENT, number)
    shown = f"{caught.value!s} {caught.value!r} {caught.value.fields} {caught.value.args}"
    assert number not in shown
    assert caught.value.__suppress_context__


def test_the_kind_is_given_and_not_guessed() -> None:
    number = "449999199001010019"
    assert normalise_document(PASSPORT, number) == number
    with pytest.raises(InvalidDocument):
        normalise_document(PERMIT, number)


@pytest.mark.parametrize(
    ("kind", "number", "born"),
    [
        (RESIDENT, "44999919900101006x", date(1990, 1, 1)),
        (RESIDENT, "449999200002290011", date(2000, 2, 29)),
        (PERMIT, "830000199001010039", date(1990, 1, 1)),
        (FOREIGN, "944840198401010010", date(1984, 1, 1)),
        (FOREIGN, "XXA449990010119", None),
        (HK_MO, "H00000001", None),
        (TW, "00000001", None),
        (PASSPORT, "XX0000001", None),
        (PASSPORT, "449999199001010019", None),
    ],
)
def test_the_birth_date_is_read_where_there_is_one(
    kind: DocumentKind, number: str, born: date | None
) -> None:
    assert document_birth_date(kind, number) == born


def test_no_birth_date_of_an_invalid_number() -> None:
    with pytest.raises(InvalidDocument):
        document_birth_date(RESIDENT, "449999199001010018")


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("449999199001010019", "44**************19"),
        ("XX0000001", "X*******1"),
        ("A12345", "*****5"),
        ("A12", "***"),
        ("", ""),
        (" A12345 ", "*****5"),
        ("四四9999199001010九九", "*****************"),
        ("4\x0099991990010100\n9", "4****************9"),
        ("1" * 500, "11****************11"),
    ],
)
def test_a_masked_number_shows_a_quarter_at_most(number: str, masked: str) -> None:
    assert mask_document(number) == masked


@pytest.mark.parametrize(
    ("country", "code"),
    [("KAZ", "KAZ"), (" kaz ", "KAZ"), ("D<<", "DEU"), ("d", "DEU"), ("XXB", "XXB")],
)
def test_a_passport_is_of_the_country_that_issued_it(country: str, code: str) -> None:
    document = {"kind": "passport", "number": " e1234567", "country": country}
    assert read_document(document) == {"kind": "passport", "number": "E1234567", "country": code}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"kind": "passport", "number": "E1234567"}, "country_missing"),
        ({"kind": "passport", "number": "E1234567", "country": "KZ"}, "country"),
        ({"kind": "passport", "number": "E1234567", "country": "QQQ"}, "country"),
        ({"kind": "passport", "number": "E1234567", "country": ""}, "country"),
        (
            {"kind": "mainland_travel_permit_tw", "number": "12345678", "country": "TWN"},
            "country_unasked",
        ),
    ],
)
def test_a_country_is_given_for_a_passport_and_for_nothing_else(
    document: dict[str, str], reason: str
) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read_document(document, where="/learner/document")
    assert caught.value.fields["reason"] == reason
    assert caught.value.where == "/learner/document/country"
