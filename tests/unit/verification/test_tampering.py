"""Whatever is changed in a document, it is not taken for valid."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from creditbank.domain.verification import Answer, Level, Report, Result, verify
from creditbank.ledger.keys import KeyType
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.policy import parse_policy
from creditbank.ledger.suite import Ed25519Signer
from tests.proof_scene import (
    ACCOUNTS,
    ALICE,
    BOB,
    ED25519,
    KEYS,
    WITNESSES,
    Document,
    Log,
    as_good,
    standard_log,
    to_bytes,
)


@cache
def log() -> Log:
    return standard_log()


def result_of(data: bytes | Document, **more: Any) -> Report:
    return verify(data, KEYS, **more)


# --- receipts


def test_every_flipped_bit_of_a_small_receipt_is_noticed() -> None:
    """A register's receipt: leaf, one part, digests, proof and an Ed25519 checkpoint."""
    document = log().receipt(0, {"act"}, checkpoint=log().checkpoint(signers=[ED25519]))
    del document["registers"]
    data = to_bytes(document)
    assert verify(data, [ED25519.key]).result is Result.VALID
    unnoticed = [
        (at, bit)
        for at in range(len(data))
        for bit in range(8)
        if verify(_flipped(data, at, bit), [ED25519.key]).result is Result.VALID
    ]
    assert unnoticed == []


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_every_changed_byte_of_a_signed_posting_is_noticed(step: int) -> None:
    """With person, links, the institution's signature and the register that has its key."""
    document = log().receipt(4, checkpoint=log().checkpoint(signers=[ED25519]))
    data = to_bytes(document)
    assert result_of(data).entries[0].signature == "signed"
    unnoticed = [at for at in range(0, len(data), step) if _still_holds(_flipped(data, at, at % 7))]
    assert unnoticed == []


def test_every_changed_byte_of_a_witnessed_receipt_costs_a_signature_or_all() -> None:
    """Lines by keys that a reader does not know are passed over, as the specification asks."""
    document = log().receipt(6, {"act"}, checkpoint=log().checkpoint(witnesses=WITNESSES[:1]))
    del document["registers"]
    policy = parse_policy(f"witness W {WITNESSES[0].key}\nquorum W\n")
    data = to_bytes(document)
    report = result_of(data, policy=policy)
    assert (report.level, len(report.signed_by)) == (Level.WITNESSED, 3)
    longest = max(document["proof"].split("\n"), key=len)  # that of ML-DSA-44
    end = data.index(longest[-100:].encode())
    every = [*range(end - 3000), *range(end - 3000, end, 50), *range(end, len(data))]
    unnoticed = [
        at for at in every if as_good(result_of(_flipped(data, at, at % 7), policy=policy), report)
    ]
    assert unnoticed == []


def _still_holds(data: bytes) -> bool:
    return result_of(data).result is Result.VALID


def _flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def test_truncated_receipt_is_never_valid() -> None:
    data = to_bytes(log().receipt(5, checkpoint=log().checkpoint(signers=[ED25519])))
    assert not any(_still_holds(data[:length]) for length in range(len(data)))


def changed(document: Document, change: Callable[[Document], object]) -> Document:
    made = copy.deepcopy(document)
    change(made)
    return made


def swap(name: str, one: Document, other: Document) -> Document:
    one[name], other[name] = copy.deepcopy(other[name]), copy.deepcopy(one[name])
    return one


CHANGES: dict[str, Callable[[Document], object]] = {
    "a part of another entry": lambda one: one["parts"].update(log().receipt(5)["parts"]),
    "the digests of another entry": lambda one: one.update(digests=log().receipt(5)["digests"]),
    "a part left out with its digest": lambda one: (
        one["parts"].pop("person"),
        one["digests"].pop("person"),
    ),
    "a part without its digest": lambda one: one["digests"].pop("person"),
    "a digest more": lambda one: one["digests"].update(person="00" * 32),
    "a digest made up for what is hidden": lambda one: one["digests"].update(actor="00" * 32),
    "two parts swapped": lambda one: swap("value", one["parts"]["act"], one["parts"]["person"]),
    "two salts swapped": lambda one: swap("salt", one["parts"]["act"], one["parts"]["person"]),
    "another leaf": lambda one: one.update(leaf=log().receipt(5)["leaf"]),
    "another leaf with its hash": lambda one: one.update(
        leaf=log().receipt(5)["leaf"], leaf_hash=log().receipt(5)["leaf_hash"]
    ),
    "another entry's proof": lambda one: one.update(proof=log().receipt(5)["proof"]),
    "a changed amount": lambda one: one["parts"]["act"]["value"]["award"]["credits"][0].update(
        amount="40.00"
    ),
    "a member more in a part": lambda one: one["parts"]["act"]["value"].update(more="x"),
    "a member more": lambda one: one.update(more="x"),
    "an extra line in the proof": lambda one: one.update(
        proof=one["proof"].replace("\nindex", "\nextra AAAA\nindex", 1)
    ),
    "a part that is null": lambda one: one["parts"]["act"]["value"].update(scene=None),
    "a float": lambda one: one["parts"]["act"]["value"].update(scene=1.0),
    "no digest of act": lambda one: (one["parts"].pop("act"), one["digests"].pop("act")),
    "a lone surrogate": lambda one: one["parts"]["act"]["value"].update(scene="\ud800"),
    "parts that are no object": lambda one: one.update(parts=[]),
    "an unknown part": lambda one: one["parts"].update(secret=one["parts"]["act"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_receipt_is_not_valid(name: str) -> None:
    document = log().receipt(4)
    assert result_of(document).result is Result.VALID
    report = result_of(changed(document, CHANGES[name]))
    assert report.result is Result.NOT_VALID
    assert report.answers & {Answer.FORGED, Answer.MALFORMED}


def test_receipt_of_a_forked_log_does_not_hold_under_the_true_checkpoint() -> None:
    """The bank changes an old entry and makes everything after it anew, without signing it."""
    fork = Log()
    fork.genesis()
    fork.institution()
    fork.account(BOB)
    while len(fork.entries) < len(log().entries):
        fork.outcome(ALICE, "d" * 32)
    forged = fork.receipt(4, checkpoint=log().checkpoint(), registers=False)
    assert result_of(forged).answers >= {Answer.FORGED}
    forger = NoteSigner(ED25519.name, KeyType.ED25519, Ed25519Signer(b"\x0c" * 32))
    report = result_of(fork.receipt(4, checkpoint=fork.checkpoint(signers=[forger])))
    assert (report.result, Answer.UNKNOWN_KEY in report.answers) == (Result.UNDECIDABLE, True)


# --- statements


def left_out(position: int) -> Callable[[Document], object]:
    return lambda one: one["entries"].pop(position)


STATEMENTS: dict[str, tuple[Callable[[Document], object], Answer]] = {
    "first left out": (left_out(0), Answer.INCOMPLETE),
    "middle left out": (left_out(1), Answer.INCOMPLETE),
    "last left out": (left_out(2), Answer.INCOMPLETE),
    "reordered": (lambda one: one["entries"].reverse(), Answer.INCOMPLETE),
    "two swapped": (
        lambda one: one["entries"].insert(1, one["entries"].pop()),
        Answer.INCOMPLETE,
    ),
    "one twice": (lambda one: one["entries"].append(one["entries"][-1]), Answer.INCOMPLETE),
    "another learner's entry": (
        lambda one: one["entries"].append(log().statement(BOB)["entries"][0]),
        Answer.OTHER_LEARNER,
    ),
    "another learner's entry in the place of one": (
        lambda one: one["entries"].__setitem__(1, log().statement(BOB)["entries"][1]),
        Answer.OTHER_LEARNER,
    ),
    "another learner's entries": (
        lambda one: one.update(entries=log().statement(BOB)["entries"]),
        Answer.OTHER_LEARNER,
    ),
    "another learner's head": (
        lambda one: one.update(account_head=log().statement(BOB)["account_head"]),
        Answer.OTHER_LEARNER,
    ),
    "an older head": (
        lambda one: one.update(
            account_head=log().statement(checkpoint=log().checkpoint(5))["account_head"]
        ),
        Answer.OTHER_HEAD,
    ),
    "an older checkpoint": (
        lambda one: one.update(checkpoint=_text(log().checkpoint(5))),
        Answer.OTHER_HEAD,
    ),
    "an entry that is nobody's": (
        lambda one: one["entries"].insert(0, log().proven(1, {"act"}, 7)),
        Answer.OTHER_LEARNER,
    ),
    "no entry": (lambda one: one["entries"].clear(), Answer.MALFORMED),
    "a part changed": (
        lambda one: one["entries"][1]["parts"]["person"]["value"].update(title="x"),
        Answer.FORGED,
    ),
    "a proof cut": (lambda one: one["entries"][1]["proof"].pop(), Answer.MALFORMED),
    "a proof changed": (
        lambda one: one["entries"][1]["proof"].__setitem__(0, "00" * 32),
        Answer.FORGED,
    ),
}


def _text(checkpoint: Any) -> str:
    return str(log().statement(checkpoint=checkpoint)["checkpoint"])


@pytest.mark.parametrize("name", STATEMENTS)
def test_changed_statement_is_not_valid(name: str) -> None:
    change, answer = STATEMENTS[name]
    document = log().statement()
    assert result_of(document).result is Result.VALID
    report = result_of(changed(document, change))
    assert report.result is Result.NOT_VALID
    assert answer in report.answers


def test_statement_of_an_earlier_size_says_which() -> None:
    report = result_of(log().statement(checkpoint=log().checkpoint(5)))
    assert (report.result, report.size) == (Result.VALID, 5)
    assert [entry.index for entry in report.entries] == [2, 4]


@pytest.mark.parametrize("head", [{"count": 2}, {"count": 4}, {"last": bytes(32)}])
def test_head_that_disagrees_with_the_chain_is_not_valid(head: dict[str, Any]) -> None:
    """The bank has signed two things that contradict each other: these two notes convict it."""
    report = result_of(log().statement(**head))
    assert (report.result, Answer.INCOMPLETE in report.answers) == (Result.NOT_VALID, True)


@pytest.mark.parametrize("head", [{"root": bytes(32)}, {"root": bytes(32), "count": 2}])
def test_head_of_another_tree_is_not_valid(head: dict[str, Any]) -> None:
    report = result_of(log().statement(**head))
    assert (report.result, Answer.OTHER_HEAD in report.answers) == (Result.NOT_VALID, True)


def test_head_of_another_bank_is_not_valid() -> None:
    other = replace(ACCOUNTS, name="other.example/log/account-head")
    document = log().statement(origin="other.example/log", signer=other)
    report = verify(document, [*KEYS, other.key])
    assert (report.result, Answer.OTHER_HEAD in report.answers) == (Result.NOT_VALID, True)


def test_head_by_an_unknown_key_leaves_open_whether_it_is_complete() -> None:
    stranger = replace(ACCOUNTS, signer=Ed25519Signer(b"\x0c" * 32))
    for document, keys in (
        (log().statement(signer=stranger), KEYS),
        (log().statement(), KEYS[:2]),
    ):
        report = verify(document, keys)
        assert (report.result, Answer.UNKNOWN_KEY in report.answers) == (Result.UNDECIDABLE, True)


def test_forged_head_is_not_valid() -> None:
    stranger = replace(ACCOUNTS, signer=Ed25519Signer(b"\x0c" * 32))
    document, forged = log().statement(), log().statement(signer=stranger)
    line, other = (one["account_head"].split("\n")[-2] for one in (document, forged))
    # The right name and key ID before another key's signature.
    prefix = line[: line.rindex(" ") + 7]
    document["account_head"] = document["account_head"].replace(line, prefix + other[len(prefix) :])
    report = result_of(document)
    assert (report.result, Answer.FORGED in report.answers) == (Result.NOT_VALID, True)


def test_hidden_link_leaves_open_whether_it_is_complete() -> None:
    report = result_of(log().statement(visible={"act", "person", "attest"}))
    assert (report.result, Answer.HIDDEN_PART in report.answers) == (Result.UNDECIDABLE, True)
    chain = next(step for step in report.steps if step.check == "chain")
    assert chain.state.code == "undecided"


def test_changed_link_is_forged_and_the_chain_is_not_followed() -> None:
    document = log().statement()
    document["entries"][1]["parts"]["learner_link"]["value"]["seq"] = 3
    report = result_of(document)
    assert (report.result, Answer.FORGED in report.answers) == (Result.NOT_VALID, True)
    chain = next(step for step in report.steps if step.check == "chain")
    assert chain.state.code == "skipped"


def test_every_changed_byte_of_a_statement_is_noticed() -> None:
    short = Log()
    short.genesis()
    short.account(ALICE)
    data = to_bytes(short.statement(checkpoint=short.checkpoint(signers=[ED25519])))
    assert result_of(data).result is Result.VALID
    unnoticed = [at for at in range(len(data)) if _still_holds(_flipped(data, at, at % 7))]
    assert unnoticed == []
