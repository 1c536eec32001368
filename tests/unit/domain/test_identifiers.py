import pytest
from pydantic import BaseModel, ValidationError

from creditbank.domain.identifiers import (
    OccupationCode,
    RegionCode,
    Uscc,
    check_occupation_code,
    check_region,
    check_uscc,
    normalise_name,
    region_contains,
    uscc_check_character,
)
from creditbank.errors.identifiers import (
    REASONS,
    InvalidName,
    InvalidOccupationCode,
    InvalidOrganisationCode,
    InvalidRegion,
    Unreadable,
)

STANDARD_EXAMPLE = "91350100M000100Y43"


class Codes(BaseModel):
    organisation: Uscc
    region: RegionCode
    occupation: OccupationCode


@pytest.mark.parametrize(
    "code",
    [
        STANDARD_EXAMPLE,
        "91110000600037341L",
        "91110108551385082Q",
        # the weighted sum is a multiple of 31
        "91442406PMJ1BDC9X0",
    ],
)
def test_published_organisation_codes_pass(code: str) -> None:
    assert check_uscc(code) == code
    assert uscc_check_character(code[:17]) == code[17]


@pytest.mark.parametrize(
    "code", ["91350100m000100y43", " 91350100M000100Y43\n", "９１３５０１００Ｍ０００１００Ｙ４３"]
)
def test_an_organisation_code_is_normalised(code: str) -> None:
    assert check_uscc(code) == STANDARD_EXAMPLE


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "empty"),
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y433", "length"),
        ("91350100M000100Y43" + " " * 99 + "x", "length"),
        ("91350100M000100Y44", "check_digit"),
        ("91350100M000I00Y43", "characters"),
        ("9135O100M000100Y43", "characters"),
        ("913501A0M000100Y43", "characters"),
        ("91350100M000-00Y43", "characters"),
        ("91350100M\x0000100Y43", "characters"),
        ("91350100M\ud80000100Y43", "characters"),
        # upper() would make SS of this letter
        ("91350100M000100Yß3", "characters"),
    ],
)
def test_an_organisation_code_is_refused(code: str, reason: str) -> None:
    with pytest.raises(InvalidOrganisationCode) as caught:
        check_uscc(code, where="/organisation")
    assert caught.value.fields == {"reason": reason}
    assert caught.value.where == "/organisation"


@pytest.mark.parametrize(
    ("code", "normal"),
    [
        ("00", "00"),
        ("440000", "440000"),
        ("440300", "440300"),
        ("440305", "440305"),
        ("429004", "429004"),
        (" ４４０３００ ", "440300"),
    ],
)
def test_a_region_code_is_normalised(code: str, normal: str) -> None:
    assert check_region(code) == normal


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "length"),
        ("44", "length"),
        ("0", "length"),
        ("4403000", "length"),
        ("440005", "form"),
        ("44O300", "form"),
        ("٤٤٠٣٠٠", "form"),
        ("440\x0000", "form"),
        ("000000", "region"),
        ("100000", "region"),
        ("990000", "region"),
    ],
)
def test_a_region_code_is_refused(code: str, reason: str) -> None:
    with pytest.raises(InvalidRegion) as caught:
        check_region(code)
    assert caught.value.fields == {"reason": reason}


@pytest.mark.parametrize(
    ("outer", "inner", "contained"),
    [
        ("00", "00", True),
        ("00", "440305", True),
        ("440000", "440000", True),
        ("440000", "440305", True),
        ("440300", "440305", True),
        ("440305", "440305", True),
        ("500000", "500101", True),
        ("440000", "450000", False),
        ("440300", "440000", False),
        ("440305", "440306", False),
        ("440000", "00", False),
    ],
)
def test_a_region_contains_what_lies_below_it(outer: str, inner: str, contained: bool) -> None:
    assert region_contains(outer, inner) is contained


@pytest.mark.parametrize(
    "code", ["4-04-05-05", " 4－04－05－05 ", "4–04–05–05", "４-０４-０５-０５"]
)
def test_an_occupation_code_is_normalised(code: str) -> None:
    assert check_occupation_code(code) == "4-04-05-05"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "empty"),
        ("40405-05", "form"),
        ("4-04-05", "form"),
        ("4-04-05-05 S", "form"),
        ("4-4-5-5", "form"),
        ("4-04-05-0\x00", "form"),
        ("0-04-05-05", "group"),
        ("9-04-05-05", "group"),
    ],
)
def test_an_occupation_code_is_refused(code: str, reason: str) -> None:
    with pytest.raises(InvalidOccupationCode) as caught:
        check_occupation_code(code)
    assert caught.value.fields == {"reason": reason}


def test_fields_of_a_model_hold_normal_forms() -> None:
    codes = Codes(
        organisation=STANDARD_EXAMPLE.lower(), region="４４００００", occupation="4－04－05－05"
    )
    assert codes.model_dump() == {
        "organisation": STANDARD_EXAMPLE,
        "region": "440000",
        "occupation": "4-04-05-05",
    }
    assert Codes.model_json_schema()["properties"]["organisation"]["type"] == "string"


def test_a_model_says_which_field_and_why() -> None:
    with pytest.raises(ValidationError) as caught:
        Codes(organisation="x", region="999999", occupation="0-00-00-00")
    errors = caught.value.errors(include_input=False)
    assert [(e["loc"], e["type"], e["ctx"]["reason"]) for e in errors] == [
        (("organisation",), "invalid_organisation_code", "length"),
        (("region",), "invalid_region", "region"),
        (("occupation",), "invalid_occupation_code", "group"),
    ]
    assert all(REASONS[e["ctx"]["reason"]] in e["msg"] for e in errors)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张三", "张 三"),
        ("张三", "张\u3000三"),
        ("张三", "张\u200b三\ufeff"),
        ("买买提·艾力", "买买提•艾力"),
        ("买买提·艾力", "买买提．艾力"),
        ("买买提·艾力", "买买提・艾力"),
        ("JOHN O'NEIL", "John O’Neil"),
        ("Jean-Paul", "ＪＥＡＮ－ＰＡＵＬ"),
        ("José", "Jose\u0301"),
        ("STRASSE", "Straße"),
        # a Kangxi radical, as copied from a PDF
        ("一二", "⼀⼆"),
        # a variation selector asks for another drawing of the same character
        ("葛飾", "葛\U000e0100飾"),
    ],
)
def test_two_writings_of_a_name_compare_equal(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


def test_different_names_stay_different() -> None:
    assert len({normalise_name(n) for n in ("张三", "章三", "张山", "José", "Jose")}) == 5


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (" \u3000\u200b", "empty"),
        ("张" * 201, "too_long"),
        # one character that NFKC makes eighteen of
        ("\ufdfa" * 20, "too_long"),
        ("张\x00三", "control"),
        ("张\n三", "control"),
        ("张\ud800三", "surrogate"),
        ("张\u202e三", "direction"),
        ("张\u2066三\u2069", "direction"),
    ],
)
def test_a_name_is_refused(name: str, reason: str) -> None:
    with pytest.raises(InvalidName) as caught:
        normalise_name(name, where="/learner/name")
    assert caught.value.fields == {"reason": reason}
    assert caught.value.where == "/learner/name"


def test_an_error_without_a_known_reason_still_has_a_text() -> None:
    assert "odd" in str(InvalidName(reason="odd"))
    assert issubclass(InvalidName, Unreadable)
