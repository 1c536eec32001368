import pytest
from pydantic import TypeAdapter, ValidationError

from creditbank.domain.units import (
    AmountText,
    Rounding,
    amount_text,
    class_hours_to_credit,
    hundredths,
    mixed_class_hours_to_credit,
)
from creditbank.errors.identifiers import AmountNotExact, InvalidAmount

AMOUNT: TypeAdapter[str] = TypeAdapter(AmountText)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("0.0", 0),
        ("0.01", 1),
        ("24", 2400),
        ("24.5", 2450),
        ("24.05", 2405),
        ("24.00", 2400),
        ("999999.99", 99_999_999),
    ],
)
def test_reads_an_amount(text: str, amount: int) -> None:
    assert hundredths(text) == amount


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "form"),
        ("-1", "sign"),
        ("+1", "sign"),
        ("−1", "sign"),
        ("1.001", "places"),
        ("1000000", "too_large"),
        ("1000000.00", "too_large"),
        ("9" * 5000, "too_large"),
        ("024", "form"),
        (".5", "form"),
        ("5.", "form"),
        ("1e3", "form"),
        ("1,000", "form"),
        (" 1", "form"),
        ("1\n", "form"),
        ("１", "form"),
        ("٣", "form"),
        ("NaN", "form"),
        ("1\x00", "form"),
    ],
)
def test_refuses_what_is_not_an_amount(text: str, reason: str) -> None:
    with pytest.raises(InvalidAmount) as caught:
        hundredths(text)
    assert caught.value.fields == {"reason": reason}


def test_writes_two_places_and_totals_without_limit() -> None:
    assert amount_text(2400) == "24.00"
    assert amount_text(5) == "0.05"
    assert amount_text(1_800_000_00) == "1800000.00"
    with pytest.raises(InvalidAmount):
        amount_text(-1)


@pytest.mark.parametrize("given", ["24", "24.0", "24.00", 24])
def test_a_field_holds_the_normal_form(given: object) -> None:
    assert AMOUNT.validate_python(given) == "24.00"
    assert AMOUNT.validate_python(given, strict=True) == "24.00"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (24.0, "float"),
        (float("nan"), "float"),
        (True, "form"),
        (None, "form"),
        (b"24", "form"),
        (["24"], "form"),
        (-1, "sign"),
        (1_000_000, "too_large"),
        ("1.234", "places"),
    ],
)
def test_a_field_refuses_what_is_not_exact(given: object, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        AMOUNT.validate_python(given)
    (error,) = caught.value.errors()
    assert error["type"] == "invalid_amount"
    assert error["ctx"]["reason"] == reason


def test_a_json_number_with_a_point_is_refused() -> None:
    assert AMOUNT.validate_json("24") == "24.00"
    with pytest.raises(ValidationError):
        AMOUNT.validate_json("24.5")


def test_the_schema_of_what_is_kept_is_narrower() -> None:
    assert set(AMOUNT.json_schema(mode="validation")) == {"anyOf", "examples"}
    assert AMOUNT.json_schema(mode="serialization")["type"] == "string"


@pytest.mark.parametrize(
    ("hours", "per_credit", "rounding", "credit"),
    [
        ("24", "16", Rounding.EXACT, "1.50"),
        ("24", "10", Rounding.EXACT, "2.40"),
        ("24", "24", Rounding.EXACT, "1.00"),
        ("0", "16", Rounding.EXACT, "0.00"),
        ("15", "18", Rounding.HALF_UP, "0.83"),
        ("15", "18", Rounding.DOWN, "0.83"),
        ("15", "18", Rounding.UP, "0.84"),
        ("30", "18", Rounding.HALF_UP, "1.67"),
        ("30", "18", Rounding.DOWN, "1.66"),
        ("1", "200", Rounding.UP, "0.01"),
        # 0.005 and 0.015 lie half way
        ("1", "200", Rounding.HALF_UP, "0.01"),
        ("1", "200", Rounding.HALF_EVEN, "0.00"),
        ("3", "200", Rounding.HALF_UP, "0.02"),
        ("3", "200", Rounding.HALF_EVEN, "0.02"),
        ("1", "300", Rounding.HALF_EVEN, "0.00"),
        ("2", "300", Rounding.HALF_EVEN, "0.01"),
    ],
)
def test_class_hours_become_credit(
    hours: str, per_credit: str, rounding: Rounding, credit: str
) -> None:
    found = class_hours_to_credit(hundredths(hours), hundredths(per_credit), rounding)
    assert amount_text(found) == credit


def test_credit_may_be_counted_in_halves() -> None:
    assert class_hours_to_credit(2400, 1800, Rounding.DOWN, step_hundredths=50) == 100
    assert class_hours_to_credit(2400, 1800, Rounding.HALF_UP, step_hundredths=50) == 150
    assert class_hours_to_credit(2700, 1800, Rounding.EXACT, step_hundredths=50) == 150


def test_a_system_that_does_not_round_refuses() -> None:
    with pytest.raises(AmountNotExact):
        class_hours_to_credit(1500, 1800, Rounding.EXACT)


def test_theory_and_practice_are_rounded_once() -> None:
    third = (800, 2400)
    assert mixed_class_hours_to_credit([third, third, third], Rounding.EXACT) == 100
    assert mixed_class_hours_to_credit([(1600, 1600), (1200, 2400)], Rounding.EXACT) == 150
    assert mixed_class_hours_to_credit([], Rounding.EXACT) == 0


@pytest.mark.parametrize(
    ("hours", "per_credit", "step", "reason"),
    [(-1, 1600, 1, "sign"), (1, 0, 1, "zero"), (1, -1, 1, "sign"), (1, 1600, 0, "zero")],
)
def test_nothing_is_negative_or_divided_by_zero(
    hours: int, per_credit: int, step: int, reason: str
) -> None:
    with pytest.raises(InvalidAmount) as caught:
        class_hours_to_credit(hours, per_credit, Rounding.DOWN, step_hundredths=step)
    assert caught.value.fields == {"reason": reason}
