"""Institutions sign what they post: checked at the door, recorded, and proved by receipts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from creditbank.clients.signing import InstitutionSigner, load_signer, new_key_file
from creditbank.domain.attestation import learner_commitment
from creditbank.domain.verification import Answer, Result
from creditbank.errors.recording import SourceIdReused, SubmissionInvalid
from creditbank.errors.verification import (
    AttestationInvalid,
    AttestationKeyUnknown,
    AttestationMissing,
    SigningKeyInvalid,
)
from creditbank.services.batching import BatchAnswer
from creditbank.services.posting import Posted
from tests import factories
from tests.banks import ASSESSOR, ORIGIN, SCHOOL, refusal_of
from tests.integration.proving.publishing_desk import Desk, Document


@pytest.fixture
def signer(desk: Desk) -> InstitutionSigner:
    """The school's key, which its register has."""
    signer = desk.signer_of()
    desk.register(signer)
    return signer


def test_signed_posting_is_recorded_with_its_signature(
    desk: Desk, signer: InstitutionSigner
) -> None:
    posted = desk.bank.post(signer.sign(factories.completion("a", 1)))
    desk.publish()
    report = desk.verify(desk.receipt(posted.index))
    assert (report.result, report.entries[0].signature) == (Result.VALID, "signed")
    report = desk.verify(desk.statement(posted.account))
    assert [entry.signature for entry in report.entries] == [None, "signed"]
    desk.bank.require_clean()


def test_batch_is_signed_once_and_each_entry_proves_itself(
    desk: Desk, signer: InstitutionSigner
) -> None:
    outcomes = [factories.completion(f"a{number}", number) for number in range(5)]
    answer = post_all(desk, signer.sign_all(outcomes))
    desk.publish()
    entries = [result for result in answer.results if isinstance(result, Posted)]
    parts = [desk.receipt(one.index)["parts"]["attest"]["value"] for one in entries]
    assert len(entries) == 5
    assert len({part["sig"] for part in parts}) == 1
    assert [(part["index"], part["size"], len(part["path"])) for part in parts] == [
        (0, 5, 3), (1, 5, 3), (2, 5, 3), (3, 5, 3), (4, 5, 1),
    ]  # fmt: skip
    for one in entries:
        assert desk.verify(desk.receipt(one.index)).entries[0].signature == "signed"


def post_all(desk: Desk, documents: list[Document]) -> BatchAnswer:
    answer: BatchAnswer = desk.bank.do(desk.bank.intake.batch(documents, desk.bank.poster()))
    return answer


def test_signed_items_may_be_sent_apart_and_in_another_order(
    desk: Desk, signer: InstitutionSigner
) -> None:
    signed = signer.sign_all([factories.completion(f"a{number}", number) for number in range(4)])
    answer = post_all(desk, [signed[3], signed[1]])
    assert answer.count("recorded") == 2
    assert desk.bank.post(signed[0]).replayed is False


def test_what_is_not_of_the_form_is_not_signed_and_refused_as_ever(
    desk: Desk, signer: InstitutionSigner
) -> None:
    bad: list[Document] = [
        factories.completion("b", 2, more=1),
        {},
        factories.completion("c", 3) | {"learner": {"name": "甲"}},
        factories.completion("d", 4)
        | {"learner": {"document": {"kind": "passport", "number": "?", "country": "KAZ"}}},
    ]
    signed = signer.sign_all([factories.completion("a", 1), *bad])
    assert ["attest" in one for one in signed] == [True, False, False, False, False]
    assert signed[1:] == bad
    answer = post_all(desk, signed)
    assert (answer.count("recorded"), answer.count("refused")) == (1, 4)


def test_operators_travel_beside_what_is_signed(signer: InstitutionSigner) -> None:
    outcome = factories.completion("a", 1) | {"operator": "甲", "reviewer": "乙"}
    signed = signer.sign(outcome)
    assert {name: signed[name] for name in outcome} == outcome
    assert "attest" in signed


def test_signing_again_replaces_the_signature(desk: Desk, signer: InstitutionSigner) -> None:
    twice = signer.sign(signer.sign(factories.completion("a", 1)))
    assert desk.bank.post(twice).replayed is False


def test_correction_is_signed_with_what_it_corrects(desk: Desk, signer: InstitutionSigner) -> None:
    wrong = desk.bank.post(signer.sign(factories.course("a", 1)))
    right = factories.course("b", 1, completed_on="2026-06-29")
    refusal_of(lambda: desk.bank.correct(signer.sign(right), wrong.index), AttestationInvalid)
    signed = signer.sign_correction(right, index=wrong.index, reason="录入有误")
    refusal_of(lambda: desk.bank.correct(signed, wrong.index, reason="别的"), AttestationInvalid)
    refusal_of(lambda: desk.bank.post(signed), AttestationInvalid)
    posted = desk.bank.correct(signed, wrong.index)
    desk.publish()
    report = desk.verify(desk.statement(posted.account))
    assert [entry.signature for entry in report.entries] == [None, "signed", None, "signed"]
    assert Answer.SUPERSEDED in report.answers


def test_replay_needs_no_signature_and_keeps_the_first(
    desk: Desk, signer: InstitutionSigner
) -> None:
    outcome = factories.completion("a", 1)
    first = desk.bank.post(signer.sign(outcome))
    for again in (outcome, signer.sign(outcome), desk.signer_of(seed=9).sign(outcome)):
        assert desk.bank.post(again).replayed
    refusal_of(lambda: desk.bank.post(signer.sign(factories.completion("a", 2))), SourceIdReused)
    plain = desk.bank.post(factories.completion("b", 2))
    assert desk.bank.post(signer.sign(factories.completion("b", 2))).index == plain.index
    desk.publish()
    assert "attest" in desk.receipt(first.index)["digests"]
    assert "attest" not in desk.receipt(plain.index)["digests"]


# --- what is refused


def test_institution_that_has_to_sign_is_refused_without(
    desk: Desk, signer: InstitutionSigner
) -> None:
    desk.register(signer, version="3", signing="required")
    size = desk.bank.size
    error = refusal_of(lambda: desk.bank.post(factories.completion("a", 1)), AttestationMissing)
    assert (error.where, error.fields) == ("/attest", {"institution": SCHOOL})
    assert desk.bank.size == size, "not even an account was opened"
    answer = post_all(
        desk, [factories.completion("b", 1), signer.sign(factories.completion("c", 2))]
    )
    assert [type(result) for result in answer.results] == [AttestationMissing, Posted]
    assert desk.bank.post(signer.sign(factories.completion("a", 1))).replayed is False
    stage = factories.completion("x", 5, factories.assessment())
    assert desk.bank.post(stage, ASSESSOR).index, "others need not sign"


def change(**changes: Any) -> Callable[[Document], Document]:
    return lambda signed: signed | {"attest": signed["attest"] | changes}


CHANGES: dict[str, Callable[[Document], Document]] = {
    "another source id": lambda signed: signed | {"source_id": "other"},
    "another learner": lambda signed: signed | {"learner": factories.learner(2)},
    "another stage": lambda signed: signed | {"stages": [factories.study(), factories.training()]},
    "another salt": change(salt="00" * 16),
    "another learner's salt": change(learner_salt="00" * 16),
    "another signature": change(sig="AAAA"),
    "another algorithm": change(alg="ml-dsa-44"),
    "another size": change(size=1, index=0),
    "another place": change(index=0),
    "no such place": change(index=7),
    "another path": change(path=["00" * 32, "00" * 32]),
    "a shorter path": change(path=[]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_signature_that_does_not_fit_is_refused(
    desk: Desk, signer: InstitutionSigner, name: str
) -> None:
    signed = signer.sign_all([factories.completion(f"a{number}", 1) for number in range(3)])[1]
    size = desk.bank.size
    error = refusal_of(lambda: desk.bank.post(CHANGES[name](signed)), AttestationInvalid)
    assert (error.where, error.fields["kid"], error.fields["log"]) == ("/attest", "k1", ORIGIN)
    assert desk.bank.size == size


def test_what_was_signed_for_another_bank_or_institution_is_refused(
    desk: Desk, signer: InstitutionSigner
) -> None:
    outcome = factories.completion("a", 1)
    elsewhere = InstitutionSigner.from_seed(bytes([4]) * 32, log="other/log", org=SCHOOL, kid="k1")
    refusal_of(lambda: desk.bank.post(elsewhere.sign(outcome)), AttestationInvalid)
    other = desk.signer_of(org=ASSESSOR)
    refusal_of(lambda: desk.bank.post(other.sign(outcome)), AttestationInvalid)
    refusal_of(lambda: desk.bank.post(desk.signer_of(seed=9).sign(outcome)), AttestationInvalid)
    assert desk.bank.post(signer.sign(outcome)).replayed is False


def test_key_has_to_be_registered_and_in_force(desk: Desk) -> None:
    signer, old = desk.signer_of(), desk.signer_of(kid="k0", seed=5)
    outcome = factories.completion("a", 1)
    error = refusal_of(lambda: desk.bank.post(signer.sign(outcome)), AttestationKeyUnknown)
    assert (error.where, error.fields["kid"]) == ("/attest/kid", "k1")
    keys = [
        signer.public_key | {"valid_from": "2099-01-01"},
        old.public_key | {"valid_from": "2026-01-01", "valid_to": "2026-06-30"},
    ]
    desk.bank.publish("institution", factories.institution(SCHOOL, version="2", keys=keys))
    refusal_of(lambda: desk.bank.post(signer.sign(outcome)), AttestationKeyUnknown)
    refusal_of(lambda: desk.bank.post(old.sign(outcome)), AttestationKeyUnknown)
    desk.register(signer, version="3")
    assert desk.bank.post(signer.sign(outcome)).replayed is False


def test_old_entries_keep_their_proof_when_a_key_is_replaced(
    desk: Desk, signer: InstitutionSigner
) -> None:
    before = desk.bank.post(signer.sign(factories.completion("a", 1)))
    new = desk.signer_of(kid="k2", seed=6)
    desk.register(new, version="3")
    after = desk.bank.post(new.sign(factories.course("b", 1)))
    refusal_of(lambda: desk.bank.post(signer.sign(factories.course("c", 2))), AttestationKeyUnknown)
    desk.publish()
    statement = desk.statement(before.account)
    assert len(statement["registers"]) == 2
    signatures = {entry.index: entry.signature for entry in desk.verify(statement).entries}
    assert (signatures[before.index], signatures[after.index]) == ("signed", "signed")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"alg": "rsa"}, "/attest/alg"),
        ({"sig": "?"}, "/attest/sig"),
        ({"learner_salt": "00"}, "/attest/learner_salt"),
        ({"more": 1}, "/attest/more"),
    ],
)
def test_attest_of_another_form_is_named_at_its_place(
    desk: Desk, signer: InstitutionSigner, changes: Document, where: str
) -> None:
    signed = change(**changes)(signer.sign(factories.completion("a", 1)))
    error = refusal_of(lambda: desk.bank.post(signed), SubmissionInvalid)
    assert (error.where, [fault["where"] for fault in error.fields["errors"]]) == (where, [where])


# --- what it proves


def test_bank_cannot_give_a_signed_posting_another_content_or_learner(
    desk: Desk, signer: InstitutionSigner
) -> None:
    """Whoever controls the bank can record anything; the institution's signature then fails."""
    posted = desk.bank.post(signer.sign(factories.completion("a", 1)))
    desk.publish()
    attest = desk.receipt(posted.index)["parts"]["attest"]["value"]
    salt = signer.learner_salt(bytes.fromhex(attest["salt"]))
    learners = [learner_commitment(factories.learner(number), salt).hex() for number in (1, 2)]
    assert attest["learner"] == learners[0], "the institution can show whom it posted about"
    assert attest["learner"] != learners[1]
    assert "learner_salt" not in attest, "and nobody can guess the number without its secret"


def test_signature_needs_no_more_than_one_check_for_a_batch(
    desk: Desk, signer: InstitutionSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from creditbank.domain import attestation

    checked = []
    verify_ed25519 = attestation._VERIFIERS["ed25519"]

    def count(*arguments: bytes) -> None:
        checked.append(arguments)
        verify_ed25519(*arguments)

    monkeypatch.setitem(attestation._VERIFIERS, "ed25519", count)
    outcomes = [factories.completion(f"a{number}", number) for number in range(50)]
    answer = post_all(desk, signer.sign_all(outcomes))
    assert (answer.count("recorded"), len(checked)) == (50, 1)


# --- key files


def test_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    made = new_key_file(path, log=ORIGIN, org=SCHOOL, kid="k1", alg="ml-dsa-44")
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = load_signer(path)
    assert loaded.public_key == made.public_key
    assert loaded.learner_secret == made.learner_secret
    assert "seed" not in repr(loaded)
    assert path.read_text()[20:40] not in repr(loaded)
    with pytest.raises(FileExistsError):
        new_key_file(path, log=ORIGIN, org=SCHOOL, kid="k1")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format":"creditbank-signing-key/1","seed":"00"}', "\ud800"]
)
def test_other_files_hold_no_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(SigningKeyInvalid):
        load_signer(path)
    with pytest.raises(SigningKeyInvalid):
        load_signer(tmp_path / "missing.json")


def test_post_quantum_key_signs_too(desk: Desk) -> None:
    signer = InstitutionSigner.from_seed(
        b"\7" * 32, log=ORIGIN, org=SCHOOL, kid="pq", alg="ml-dsa-44"
    )
    desk.register(signer)
    posted = desk.bank.post(signer.sign(factories.completion("a", 1)))
    desk.publish()
    assert desk.verify(desk.receipt(posted.index)).entries[0].signature == "signed"
