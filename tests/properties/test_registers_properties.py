"""What holds of every register document, found by looking for one of which it does not."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from creditbank.domain.registers import (
    CreditSystem,
    Module,
    Register,
    check_credits,
    parse_register,
    register_schemas,
    resolve,
)
from creditbank.domain.units import MAX_HUNDREDTHS, amount_text
from creditbank.errors.registers import RegisterInvalid
from creditbank.ledger import canonical
from creditbank.rulebooks import shipped_registers

SHIPPED = [(one.kind, one.document) for one in shipped_registers()]
SCHEMAS = register_schemas()
VALIDATORS = {kind: Draft202012Validator(SCHEMAS[f"{kind}.v1"]) for kind, _ in SHIPPED}
START = date(2026, 1, 1)

texts = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"],
        exclude_characters=[chr(code) for code in range(0x202A, 0x206A)],
    ),
    max_size=50,
).map(lambda text: f"文{text}")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
days = st.integers(0, 40).map(lambda offset: START + timedelta(days=offset))


@st.composite
def modules(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a module document with any class-hours, titles and a period in force."""
    begins, ends = sorted([draw(days), draw(days)])
    theory, practice = draw(st.integers(0, 9999)), draw(st.integers(1, 9999))
    document: dict[str, Any] = {
        "id": "m-1",
        "version": str(draw(st.integers(1, 99))),
        "valid_from": begins.isoformat(),
        "region": "00",
        "title": {"zh": draw(texts)},
        "kind": "other",
        "hours": {"theory": amount_text(theory), "practice": amount_text(practice)},
        "stages": [{"stage": "study", "hours": amount_text(theory + practice)}],
    }
    optional = {
        "valid_to": ends.isoformat(),
        "scene": draw(texts),
        "common_core": True,
        "ext": {
            "school": {"note": draw(texts), "rooms": draw(st.integers(-(2**53) + 1, 2**53 - 1))}
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(optional))))
    return document | {name: value for name, value in optional.items() if name in kept}


@given(modules())
def test_the_normal_form_survives_canonical_json_and_reading_again(
    document: dict[str, Any],
) -> None:
    register = parse_register("module", document)
    normal = register.document()
    assert normal == document
    again = canonical.decode(canonical.encode(normal))
    assert parse_register("module", again) == register
    VALIDATORS["module"].validate(normal)


@given(st.data())
def test_whatever_stands_anywhere_is_read_or_refused_with_its_place(data: st.DataObject) -> None:
    kind, shipped = data.draw(st.sampled_from(SHIPPED))
    document = copy.deepcopy(shipped)
    target: Any = document
    while True:
        steps = sorted(target) if isinstance(target, dict) else range(len(target))
        step = data.draw(st.sampled_from(list(steps)))
        inner = target[step]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        target = inner
    target[step] = data.draw(values)
    register, faults = read(kind, document)
    if register is None:
        assert faults
        return
    # What is read is canonical, fits the published schema, and has a normal form that stays.
    normal = register.document()
    canonical.encode(normal)
    VALIDATORS[kind].validate(normal)
    assert parse_register(kind, normal).document() == normal


def read(kind: str, document: object) -> tuple[Register | None, object]:
    """Return the register, or the faults for which it is refused."""
    try:
        return parse_register(kind, document), None
    except RegisterInvalid as error:
        return None, error.fields["errors"]


@given(st.lists(modules(), max_size=6, unique_by=lambda one: one["version"]), days, st.randoms())
def test_the_version_in_force_is_unique_and_does_not_depend_on_order(
    documents: list[dict[str, Any]], on: date, chance: Any
) -> None:
    versions = [parse_register("module", document) for document in documents]
    found = resolve(versions, on)
    shuffled = list(versions)
    chance.shuffle(shuffled)
    assert resolve(shuffled, on) is found
    begun = [one for one in versions if one.valid_from <= on]
    if found is None:
        assert not begun or any(not one.in_force(on) for one in begun)
    else:
        assert found.in_force(on)
        assert all(one.valid_from <= found.valid_from for one in begun)


@given(st.integers(0, 99999), st.integers(1, 99999), st.integers(1, 9999), st.integers(1, 9999))
def test_credits_made_from_the_hours_pass_and_any_other_amount_is_refused(
    theory: int, practice: int, theory_per_credit: int, practice_per_credit: int
) -> None:
    common = {"id": "i", "version": "1", "valid_from": "2026-01-01", "region": "00"}
    system = CreditSystem.model_validate(
        {
            **common,
            "title": {"zh": "学分"},
            "hours_per_credit": {
                "theory": amount_text(theory_per_credit),
                "practice": amount_text(practice_per_credit),
            },
            "rounding": "half_even",
            "owner": "某学院",
        }
    )

    def module(amount: int) -> Module:
        return Module.model_validate(
            {
                **common,
                "title": {"zh": "模块"},
                "kind": "other",
                "hours": {"theory": amount_text(theory), "practice": amount_text(practice)},
                "stages": [{"stage": "study"}],
                "credits": [{"system": "i", "amount": amount_text(amount)}],
            }
        )

    right = system.credit_for(module(0).hours)
    assume(right <= MAX_HUNDREDTHS)
    check_credits(module(right), {"i": system})
    for wrong in {right + 1, max(right - 1, 0), right + 50} - {right}:
        if wrong <= MAX_HUNDREDTHS:
            with pytest.raises(RegisterInvalid):
                check_credits(module(wrong), {"i": system})
