"""Attestations: one signature for a batch, and what each item can prove by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from creditbank.domain.attest_forms import ATTEST_IN
from creditbank.domain.attestation import (
    Attestation,
    Item,
    attestation_fault,
    attested_root,
    check_attestation,
    institution_key,
    learner_commitment,
    parse_attestation,
    sign_items,
    signed_bytes,
    submitted_attestation,
)
from creditbank.domain.registers import Institution, parse_register
from creditbank.domain.registers.institution import SigningKey
from creditbank.errors.identifiers import InvalidDocument
from creditbank.errors.ledger import MalformedPart, MalformedProof, SignatureInvalid
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer, Signer
from tests import factories
from tests.proof_scene import ALICE, ORIGIN, SCHOOL

SIGNERS: dict[str, Signer] = {
    "ed25519": Ed25519Signer(b"\4" * 32),
    "ml-dsa-44": MlDsa44Signer(b"\5" * 32),
}
LEARNER = learner_commitment({"account": ALICE}, b"l" * 16)
SALT = b"s" * 16


def items(count: int) -> list[Item]:
    return [
        Item({"source_id": str(number)}, LEARNER, bytes([number]) * 16) for number in range(count)
    ]


def key(alg: str = "ed25519", **more: Any) -> SigningKey:
    members = {"kid": "k1", "alg": alg, "public": SIGNERS[alg].public.hex()}
    return SigningKey.model_validate(members | {"valid_from": "2026-01-01"} | more)


def sign(batch: list[Item], alg: str = "ed25519") -> list[Attestation]:
    return sign_items(batch, log=ORIGIN, org=SCHOOL, kid="k1", alg=alg, signer=SIGNERS[alg])


def check(attestation: Attestation, item: Item, **more: Any) -> None:
    given: dict[str, Any] = {"log": ORIGIN, "org": SCHOOL, "key": key()} | more
    check_attestation(attestation, attested_root(attestation, item), **given)


def test_signed_bytes_name_bank_institution_and_batch() -> None:
    message = signed_bytes(log=ORIGIN, org=SCHOOL, root=bytes(32), size=3)
    assert message == (
        b'creditbank/attest/batch/1\0{"log":"bank.example/log","org":"%s","root":"%s","size":3}'
        % (SCHOOL.encode(), b"00" * 32)
    )


@pytest.mark.parametrize("alg", ["ed25519", "ml-dsa-44"])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_every_item_of_a_batch_proves_itself(alg: str, count: int) -> None:
    batch = items(count)
    signed = sign(batch, alg)
    assert len({attestation.sig for attestation in signed}) == 1
    for attestation, item in zip(signed, batch, strict=True):
        check(attestation, item, key=key(alg))
        assert parse_attestation(attestation.part()) == attestation


def test_nothing_to_sign_makes_no_signature() -> None:
    assert sign([]) == []


def test_an_item_is_not_another_one() -> None:
    batch = items(5)
    signed = sign(batch)
    others = [
        batch[3],
        replace(batch[2], salt=SALT),
        replace(batch[2], learner=learner_commitment({"account": ALICE}, SALT)),
        replace(batch[2], submission={"source_id": "2", "more": True}),
    ]
    for other in others:
        with pytest.raises(SignatureInvalid):
            check(signed[2], other)


def test_signature_is_for_one_bank_one_institution_and_one_key() -> None:
    batch = items(3)
    signed = sign(batch)[1]
    check(signed, batch[1])
    for more in (
        {"log": "other.example/log"},
        {"org": factories.organisation_code(2)},
        {"key": key(public=Ed25519Signer(b"\6" * 32).public.hex())},
        {"key": key("ml-dsa-44")},
    ):
        with pytest.raises(SignatureInvalid):
            check(signed, batch[1], **more)


def test_place_cannot_be_moved() -> None:
    batch = items(4)
    signed = sign(batch)[1]
    for changes in ({"index": 0}, {"size": 3}, {"sig": bytes(64)}, {"path": signed.path[::-1]}):
        with pytest.raises(SignatureInvalid):
            check(replace(signed, **changes), batch[1])
    for changes in ({"index": 4}, {"size": 0}, {"size": 5}, {"path": signed.path[1:]}):
        with pytest.raises(MalformedProof):
            check(replace(signed, **changes), batch[1])


def test_learner_is_committed_to_by_the_normal_form_of_the_document() -> None:
    number = factories.resident_id(1)
    learner = {"document": {"kind": "resident_id", "number": f" {number.lower()} "}, "name": "甲"}
    plain = {"document": {"kind": "resident_id", "number": number}}
    assert learner_commitment(learner, SALT) == learner_commitment(plain, SALT)
    assert learner_commitment(plain, SALT) != learner_commitment(plain, b"t" * 16)
    assert learner_commitment(plain, SALT) != learner_commitment({"account": ALICE}, SALT)
    with pytest.raises(InvalidDocument):
        learner_commitment({"document": {"kind": "resident_id", "number": "1"}}, SALT)
    with pytest.raises(MalformedPart):
        learner_commitment(plain, b"short")


def test_submitted_form_opens_the_commitment_once() -> None:
    item = Item({"source_id": "1"}, LEARNER, SALT)
    signed = sign([item])[0]
    sent = signed.submitted(b"l" * 16)
    assert "learner" not in sent
    checked = ATTEST_IN.validate_python(sent)
    assert submitted_attestation(checked, {"account": ALICE}) == signed
    assert submitted_attestation(checked, {"account": "la-cccccccccccccccc"}) != signed


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "rsa"},
        {"kid": "a b"},
        {"sig": "AAA"},
        {"sig": "AAB="},
        {"sig": 1},
        {"index": -1},
        {"index": True},
        {"size": 2**53},
        {"path": ["00"]},
        {"path": ["00" * 32] * 64},
        {"salt": "00" * 15},
        {"learner": "FF" * 32},
        {"learner": None},
        {"more": 1},
    ],
)
def test_other_values_are_no_attestation(changes: dict[str, Any]) -> None:
    value = sign(items(3))[0].part() | changes
    with pytest.raises(MalformedPart):
        parse_attestation({name: one for name, one in value.items() if one is not None})
    with pytest.raises(ValidationError):
        ATTEST_IN.validate_python(value)


def test_key_counts_on_the_days_on_which_it_is_valid() -> None:
    dated = {"valid_from": "2026-02-01", "valid_to": "2026-02-28"}
    members = {"kid": "k1", "alg": "ed25519", "public": SIGNERS["ed25519"].public.hex()}
    register = parse_register("institution", factories.institution(SCHOOL, keys=[members | dated]))
    assert isinstance(register, Institution)
    found = [institution_key(register, "k1", date(2026, 2, day)) for day in (1, 28)]
    assert all(found)
    assert institution_key(register, "k1", date(2026, 1, 31)) is None
    assert institution_key(register, "k1", date(2026, 3, 1)) is None
    assert institution_key(register, "k2", date(2026, 2, 1)) is None


@given(st.integers(1, 40), st.data())
def test_a_flipped_bit_anywhere_shows(count: int, data: st.DataObject) -> None:
    batch = items(count)
    place = data.draw(st.integers(0, count - 1))
    signed = sign(batch)[place]
    name = data.draw(
        st.sampled_from(["sig", "salt", "learner", *(["path"] if signed.path else [])])
    )
    if name == "path":
        at = data.draw(st.integers(0, len(signed.path) - 1))
        path = list(signed.path)
        path[at] = _flipped(path[at], data)
        changed = replace(signed, path=tuple(path))
    else:
        changes: dict[str, Any] = {name: _flipped(getattr(signed, name), data)}
        changed = replace(signed, **changes)
    item = Item(batch[place].submission, changed.learner, changed.salt)
    with pytest.raises(SignatureInvalid):
        check(changed, item)


def _flipped(value: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def test_audit_tells_what_is_wrong_with_a_recorded_attestation() -> None:
    batch = items(3)
    value = sign(batch)[1].part()
    keys = [{"kid": "k1", "alg": "ed25519", "public": SIGNERS["ed25519"].public.hex()}]
    dated = [one | {"valid_from": "2026-01-01"} for one in keys]
    register = parse_register("institution", factories.institution(SCHOOL, keys=dated))
    assert isinstance(register, Institution)
    on = date(2026, 6, 21)

    def fault(value: object, **more: Any) -> str | None:
        given: dict[str, Any] = {"log": ORIGIN, "org": SCHOOL, "institution": register, "on": on}
        return attestation_fault(value, batch[1].submission, **(given | more))

    assert fault(value) is None
    assert fault({}) == "form"
    assert fault(value, institution=None) == "key"
    assert fault(value | {"kid": "k2"}) == "key"
    assert fault(value, on=date(2025, 12, 31)) == "key"
    assert fault(value | {"index": 3}) == "place"
    assert fault(value, org="other") == "signature"
    assert fault(value | {"index": 0}) == "signature"
