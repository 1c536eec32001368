"""Every answer of a verification is reached, and each by what it says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from creditbank.domain.verification import MEANINGS, Answer, Level, Report, Result, verify
from creditbank.errors.ledger import MalformedKey
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.policy import parse_policy
from creditbank.ledger.suite import Ed25519Signer
from creditbank.ledger.wire import encode_base64
from tests.proof_scene import (
    ACCOUNTS,
    ALICE,
    BOB,
    ED25519,
    KEYS,
    LEARNER,
    MLDSA44,
    ORIGIN,
    SCHOOL,
    WITNESSES,
    Document,
    Log,
    mldsa_key,
    standard_log,
    to_bytes,
)

STRANGER = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\x09" * 32))
ALWAYS = {Answer.LATER_UNKNOWN, Answer.HIDDEN_PART}
POLICY = parse_policy(
    "".join(f"witness W{number} {one.key}\n" for number, one in enumerate(WITNESSES))
    + "group two 2 W0 W1 W2\nquorum two\n"
)


@pytest.fixture
def log() -> Log:
    return standard_log()


def published(log: Log, size: int | None = None, witnesses: int = 0) -> Any:
    return log.checkpoint(size, witnesses=WITNESSES[:witnesses])


def committed(log: Log) -> Any:
    return log.checkpoint(signers=(ED25519,))


def report_of(
    document: Document, keys: Collection[VerifierKey] = KEYS, **more: Any
) -> tuple[Report, set[Answer]]:
    """Return the report, and its answers but those that every receipt gets."""
    report = verify(to_bytes(document), keys, **more)
    return report, set(report.answers) - ALWAYS


# --- what holds


def test_published_receipt_is_valid(log: Log) -> None:
    report, answers = report_of(log.receipt(4))
    assert (report.result, report.level, answers) == (Result.VALID, Level.PUBLISHED, set())
    assert (report.bank, report.size, report.document_kind) == (ORIGIN, 7, "receipt")
    assert report.as_of == "2026-06-21T00:01:00Z"
    entry = report.entries[0]
    assert (entry.index, entry.kind, entry.org) == (4, "outcome/1", SCHOOL)
    assert (entry.signature, entry.standing) == ("signed", None)
    assert entry.shown == ("act", "attest", "learner_link", "person")
    assert entry.hidden == ("actor", "org_link")


def test_published_statement_is_valid(log: Log) -> None:
    report, answers = report_of(log.statement())
    assert (report.result, report.level) == (Result.VALID, Level.PUBLISHED)
    assert answers == {Answer.UNSIGNED}
    assert [entry.index for entry in report.entries] == [2, 4, 6]
    assert [entry.standing for entry in report.entries] == [None, "stands", "stands"]
    assert [step.check for step in report.steps] == [
        *("document", "leaves", "parts", "kinds", "checkpoint", "inclusion"),
        *("account_head", "chain", "publication", "attestation", "standing"),
    ]


def test_receipt_holds_under_every_later_checkpoint(log: Log) -> None:
    for size in (5, 6, 7):
        report, _ = report_of(log.receipt(4, checkpoint=published(log, size)))
        assert (report.result, report.size) == (Result.VALID, size)


def test_reader_may_give_bytes_text_or_the_value(log: Log) -> None:
    document = log.receipt(4)
    results = [verify(form, KEYS) for form in (to_bytes(document), to_bytes(document).decode())]
    results.append(verify(document, [str(key) for key in KEYS]))
    assert {report.result for report in results} == {Result.VALID}


def test_white_space_and_order_are_of_no_consequence(log: Log) -> None:
    document = dict(reversed(log.receipt(4).items()))
    text = to_bytes(document).replace(b'"format":', b'\n "format" : ')
    assert verify(text, KEYS).result is Result.VALID


# --- how far the checkpoint has come


def test_committed_published_and_witnessed_are_told_apart(log: Log) -> None:
    for checkpoint, keys, level in (
        (committed(log), KEYS, Level.COMMITTED),
        (published(log), KEYS, Level.PUBLISHED),
        (published(log), [ED25519.key], Level.COMMITTED),
        (published(log, witnesses=1), KEYS, Level.PUBLISHED),
        (published(log, witnesses=1), [*KEYS, WITNESSES[0].key], Level.WITNESSED),
        (published(log, witnesses=1), [*KEYS, WITNESSES[1].key], Level.PUBLISHED),
    ):
        report, answers = report_of(log.receipt(4, checkpoint=checkpoint), keys)
        assert (report.result, report.level) == (Result.VALID, level)
        assert (Answer.NOT_YET_PUBLISHED in answers) == (level is Level.COMMITTED)


def test_policy_has_to_be_satisfied(log: Log) -> None:
    for count, result, level in (
        (0, Result.NOT_VALID, Level.PUBLISHED),
        (1, Result.NOT_VALID, Level.PUBLISHED),
        (2, Result.VALID, Level.WITNESSED),
        (3, Result.VALID, Level.WITNESSED),
    ):
        document = log.receipt(4, checkpoint=published(log, witnesses=count))
        report, answers = report_of(document, policy=POLICY)
        assert (report.result, report.level) == (result, level)
        assert (Answer.NOT_WITNESSED in answers) == (result is Result.NOT_VALID)
    assert report.as_of == "2026-06-21T00:01:30Z"


def test_policy_can_name_the_log_and_ask_for_no_witness(log: Log) -> None:
    policy = parse_policy(f"log {ED25519.key}\nlog {ACCOUNTS.key}\nquorum none\n")
    report, _ = report_of(log.statement(), [], policy=policy)
    assert (report.result, report.level) == (Result.VALID, Level.COMMITTED)


def test_receipt_before_publication_does_not_satisfy_a_quorum(log: Log) -> None:
    report, answers = report_of(log.receipt(4, checkpoint=committed(log)), policy=POLICY)
    assert report.result is Result.NOT_VALID
    assert {Answer.NOT_YET_PUBLISHED, Answer.NOT_WITNESSED} <= answers


def test_checkpoint_that_does_not_cover_the_entry_leaves_it_open(log: Log) -> None:
    document = log.statement()
    early = log.statement(checkpoint=log.checkpoint(5))
    document |= {name: early[name] for name in ("checkpoint", "account_head")}
    del document["registers"]
    report, answers = report_of(document)
    assert Answer.NOT_YET_PUBLISHED in answers
    assert report.result is Result.NOT_VALID, "the head has fewer entries, too"
    inclusion = next(step for step in report.steps if step.check == "inclusion")
    assert inclusion.state.code == "failed", "the others' proofs are for another size"


# --- who signed


def test_unknown_key_is_undecidable_and_wrong_bank_is_not_valid(log: Log) -> None:
    document = log.receipt(4)
    report, answers = report_of(document, [STRANGER.key])
    assert (report.result, answers) == (Result.UNDECIDABLE, {Answer.UNKNOWN_KEY})
    assert "bank.example/log+" in report.steps[4].findings[0].message.fill()
    report, answers = report_of(document, [])
    assert (report.result, answers) == (Result.UNDECIDABLE, {Answer.UNKNOWN_KEY})
    signed = next(step for step in report.steps if step.check == "attestation")
    assert signed.state.code == "skipped", "nothing was looked at, so nothing is said to be signed"
    other = NoteSigner("other.example/log", KeyType.ED25519, ED25519.signer)
    report, answers = report_of(document, [other.key])
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.WRONG_BANK})
    assert report.level is None


def test_forged_checkpoint_is_not_valid(log: Log) -> None:
    document = log.receipt(4, checkpoint=committed(log))
    line = document["proof"].split("\n")[-2]
    forged = line[:-12] + "A" * 11 + line[-1]
    report, answers = report_of(document | {"proof": document["proof"].replace(line, forged)})
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.FORGED})


def test_known_witness_whose_signature_fails_spoils_the_note(log: Log) -> None:
    document = log.receipt(4, checkpoint=published(log, witnesses=1))
    line = document["proof"].split("\n")[-2]
    document["proof"] = document["proof"].replace(line, line[:-6] + "AAAAA=")
    report, answers = report_of(document, [*KEYS, WITNESSES[0].key])
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.FORGED})


def test_text_that_a_key_cannot_have_signed_is_malformed(log: Log) -> None:
    witness = mldsa_key("w.example", 7)
    document = log.receipt(4)
    proof, _, _ = document["proof"].partition("\n\u2014")
    line = encode_base64(witness.id + bytes(8 + 2420))
    proof = proof.replace(ORIGIN, "b" * 256) + f"\n\u2014 w.example {line}\n"
    policy = parse_policy(f"witness W {witness}\nquorum W\n")
    report, answers = report_of(document | {"proof": proof}, [], policy=policy)
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.MALFORMED})


def test_witness_with_the_name_of_the_log_is_the_readers_mistake(log: Log) -> None:
    posing = NoteSigner(ORIGIN, KeyType.COSIGNATURE, Ed25519Signer(b"\7" * 32)).key
    with pytest.raises(MalformedKey):
        verify(log.receipt(4), [*KEYS, posing])
    with pytest.raises(MalformedKey):
        verify(log.receipt(4), ["not a key"])


def test_mldsa_key_alone_is_enough(log: Log) -> None:
    report, _ = report_of(log.receipt(4), [MLDSA44.key])
    assert (report.result, report.level) == (Result.VALID, Level.PUBLISHED)
    report, answers = report_of(log.receipt(4), [mldsa_key(ORIGIN, 99)])
    assert (report.result, answers) == (Result.UNDECIDABLE, {Answer.UNKNOWN_KEY})


# --- what is shown


@pytest.mark.parametrize(
    ("visible", "result", "signature"),
    [
        ({"act", "person", "attest", "actor", "org_link", "learner_link"}, "valid", "signed"),
        ({"act", "person", "attest"}, "valid", "signed"),
        ({"act", "person"}, "valid", "unchecked"),
        ({"act", "attest"}, "valid", "unchecked"),
        ({"act"}, "valid", "unchecked"),
        ({"person"}, "undecidable", None),
        (set(), "undecidable", None),
    ],
)
def test_hidden_parts_are_named_and_only_act_is_needed(
    log: Log, visible: set[str], result: str, signature: str | None
) -> None:
    report = verify(log.receipt(4, visible), KEYS)
    every = {"act", "actor", "attest", "learner_link", "org_link", "person"}
    assert report.result.value == result
    assert set(report.entries[0].hidden) == every - visible
    assert report.entries[0].signature == signature
    assert (Answer.HIDDEN_PART in report.answers) == (visible != every)


def test_erased_parts_are_told_from_hidden_ones(log: Log) -> None:
    document = log.receipt(4, {"act"}) | {"erased": ["attest", "learner_link", "person"]}
    report, answers = report_of(document)
    assert (report.result, answers & {Answer.ERASED}) == (Result.VALID, {Answer.ERASED})
    assert report.entries[0].erased == ("attest", "learner_link", "person")
    assert report.entries[0].hidden == ("actor", "org_link")


@pytest.mark.parametrize("erased", [["act"], ["person", "act"], ["org_link"]])
def test_what_is_never_erased_is_not_said_to_be(log: Log, erased: list[str]) -> None:
    report, answers = report_of(log.receipt(4, set()) | {"erased": erased})
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.MALFORMED})


def test_erased_part_is_not_shown_too(log: Log) -> None:
    report, answers = report_of(log.receipt(4) | {"erased": ["person"]})
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.MALFORMED})


# --- versions and kinds


def test_unknown_format_version_and_kind_are_undecidable(log: Log) -> None:
    for format_ in ("creditbank-receipt/2", "something", ""):
        report, answers = report_of(log.receipt(4) | {"format": format_})
        assert (report.result, answers) == (Result.UNDECIDABLE, {Answer.UNKNOWN_FORMAT})
    without = log.receipt(4)
    del without["format"]
    assert report_of(without)[1] == {Answer.UNKNOWN_FORMAT}
    later = log.receipt(4)
    later["leaf"] = later["leaf"].replace('"v":1', '"v":2')
    report, answers = report_of(later)
    assert (report.result, answers) == (Result.UNDECIDABLE, {Answer.UNKNOWN_VERSION})
    index = log.add("lottery/1", {})
    report, answers = report_of(log.receipt(index))
    assert (report.result, answers) == (Result.UNDECIDABLE, {Answer.UNKNOWN_KIND})


def test_unknown_kind_in_a_statement_leaves_it_open(log: Log) -> None:
    log.add("lottery/1", {}, account=ALICE, person={"account": ALICE})
    report, answers = report_of(log.statement())
    assert report.result is Result.UNDECIDABLE
    assert Answer.UNKNOWN_KIND in answers


@pytest.mark.parametrize(
    "parts",
    [
        {"person": {"account": ALICE}},
        {"person": {"account": "nobody"}},
        {"learner_link": {"chain": ALICE, "seq": 0}},
        {"attest": {"alg": "none"}},
        {"actor": {}},
    ],
)
def test_part_of_another_form_than_its_kind_has_is_malformed(log: Log, parts: Document) -> None:
    index = log.add("account/1", {}, **parts)
    report, answers = report_of(log.receipt(index, {"act", *parts}))
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.MALFORMED})


def test_person_part_of_a_kind_without_one_is_malformed(log: Log) -> None:
    index = log.add("batch/1", {"batch": {"id": "0" * 32}}, person={"account": ALICE})
    assert report_of(log.receipt(index))[1] == {Answer.MALFORMED}


def test_parts_that_name_different_accounts_contradict_each_other(log: Log) -> None:
    link = {"chain": BOB, "seq": 1}
    index = log.add(
        "grant_end/1", {"grant": "0" * 32}, person={"account": ALICE}, learner_link=link
    )
    report, answers = report_of(log.receipt(index))
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.CONTRADICTION})


def test_parts_that_name_different_organisations_contradict_each_other(log: Log) -> None:
    index = log.add("batch/1", _BATCH, org_link={"chain": "bank", "seq": 1})
    report, answers = report_of(log.receipt(index, {"act", "org_link"}))
    assert (report.result, answers) == (Result.NOT_VALID, {Answer.CONTRADICTION})


_BATCH = {"batch": {"id": "0" * 32, "items": 1, "recorded": 1, "replayed": 0, "refused_rows": []}}


# --- the whole


def test_every_answer_has_a_meaning_and_every_finding_a_text(log: Log) -> None:
    assert set(MEANINGS) == set(Answer)
    for document in (log.receipt(4), log.statement(), log.receipt(4, set())):
        made = verify(document, KEYS).document(lambda text: text)
        assert all(step["title"] and step["against"] for step in made["steps"])
        assert all(
            finding["message"] and "{" not in finding["message"]
            for step in made["steps"]
            for finding in step["findings"]
        )


def test_exit_codes() -> None:
    assert [(one.value, one.exit_code) for one in Result] == [
        ("valid", 0),
        ("not_valid", 1),
        ("undecidable", 2),
    ]


def test_report_without_any_step_is_undecidable() -> None:
    assert Report().result is Result.UNDECIDABLE


def test_everything_is_visible_to_the_standard_reader() -> None:
    assert {"act", "person", "learner_link", "attest"} == LEARNER
