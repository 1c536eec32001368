"""Batches: a result for each item in order, all or nothing if asked, and dry runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.errors import CreditBankError
from creditbank.errors.recording import (
    AlreadyCredited,
    BatchRefused,
    LearnerUnnamed,
    NameMismatch,
    SourceIdReused,
    StageAlreadyRecorded,
    SubmissionInvalid,
    TooFewHours,
)
from creditbank.services.batching import BatchAnswer, RolledBack, result_state
from creditbank.services.intake import content_digest
from creditbank.services.posting import Posted, PostOutcome
from creditbank.storage import reading
from creditbank.storage.journal import Work
from tests import factories
from tests.banks import ASSESSOR, SCHOOL, TestBank, refusal_of
from tests.factories import assessment, completion, study, training

DIGEST = content_digest("一份成绩单".encode())


def post(bank: TestBank, items: list[Any], org: str = SCHOOL, **how: Any) -> BatchAnswer:
    answer: BatchAnswer = bank.do(bank.intake.batch(items, bank.poster(org), **how))
    return answer


def kinds(answer: BatchAnswer) -> list[str | type[CreditBankError]]:
    return [
        type(one) if isinstance(one, CreditBankError) else result_state(one)
        for one in answer.results
    ]


def posted(answer: BatchAnswer, row: int) -> Posted:
    result = answer.results[row]
    assert isinstance(result, Posted)
    return result


def summary(bank: TestBank, answer: BatchAnswer) -> dict[str, Any]:
    assert answer.batch is not None
    batch_id = answer.batch
    found = bank.database.read_sync(lambda connection: reading.batch(connection, batch_id))
    assert found is not None
    org, row = found
    assert (org, row.index) == (SCHOOL, answer.index)
    values: dict[str, Any] = row.act["batch"]
    return values


def test_results_come_in_order_and_bad_rows_stop_nobody(bank: TestBank) -> None:
    bank.post(completion("old", 1))
    size = bank.size
    answer = post(
        bank,
        [
            completion("s-1", 2),
            completion("s-2", 3, study("1.00")),
            completion("old", 1),
            "not an object",
            completion("s-3", 4, learner={"name": "测试"}),
            completion("s-4", 5),
            completion("s-5", 1),
        ],
        file_digest=DIGEST,
    )
    assert kinds(answer) == [
        "recorded",
        TooFewHours,
        "replayed",
        SubmissionInvalid,
        LearnerUnnamed,
        "recorded",
        AlreadyCredited,
    ]
    assert (posted(answer, 0).index, posted(answer, 5).index) == (size + 1, size + 3)
    assert answer.index == size + 4  # two accounts, two outcomes, the batch itself
    assert bank.size == size + 5
    assert summary(bank, answer) == {
        "id": answer.batch,
        "items": 7,
        "recorded": 2,
        "replayed": 1,
        "refused_rows": [2, 4, 5, 7],
        "file_digest": DIGEST,
    }
    items = bank.database.read_sync(
        lambda connection: reading.batch_items(connection, str(answer.batch))
    )
    assert items == [
        (row + 1, posted(answer, row).index, posted(answer, row).leaf_hash) for row in (0, 5)
    ]
    bank.require_clean()


def test_later_items_see_the_earlier_ones(bank: TestBank) -> None:
    """The account that one opens, the stages that one brings, the credit that one awards."""
    answer = post(
        bank,
        [
            completion("s-1", 1, study()),
            completion("s-2", 1, training()),
            completion("s-3", 1, study()),
            completion("s-4", 1, assessment()),
            completion("s-5", 1, assessment()),
            completion("s-6", 1, learner=factories.learner(1) | {"name": "另一人"}),
        ],
    )
    assert kinds(answer) == [
        "recorded",
        "recorded",
        StageAlreadyRecorded,
        "recorded",
        AlreadyCredited,
        NameMismatch,
    ]
    assert len({posted(answer, row).account for row in (0, 1, 3)}) == 1
    assert len({posted(answer, row).outcome for row in (0, 1, 3)}) == 1
    assert [posted(answer, row).awarded is not None for row in (0, 1, 3)] == [False, False, True]
    bank.require_clean()


def test_duplicates_within_a_batch_are_replays_or_named(bank: TestBank) -> None:
    other = completion("s-1", 1, study("9.00"))
    answer = post(bank, [completion("s-1", 1, study())] * 2 + [other])
    assert kinds(answer) == ["recorded", "replayed", SourceIdReused]
    assert posted(answer, 0).index == posted(answer, 1).index
    refused = answer.results[2]
    assert isinstance(refused, SourceIdReused)
    assert refused.fields["differs"] == ("/stages/0/hours/theory",)
    assert summary(bank, answer)["refused_rows"] == [3]
    bank.require_clean()


def test_a_batch_sent_again_is_replayed_row_by_row(bank: TestBank) -> None:
    items = [completion(f"s-{number}", number) for number in range(1, 4)]
    first = post(bank, items)
    size = bank.size
    again = post(bank, list(reversed(items)))
    assert kinds(again) == ["replayed"] * 3
    assert [posted(again, row).index for row in (2, 1, 0)] == [
        posted(first, row).index for row in (0, 1, 2)
    ]
    assert (again.batch, again.index, bank.size) == (None, None, size)


def test_an_atomic_batch_refuses_all_for_one(bank: TestBank) -> None:
    before = bank.rows()
    items = [completion("s-1", 1), completion("s-2", 2, study("1.00")), completion("s-3", 3)]
    refusal = refusal_of(lambda: post(bank, items, atomic=True), BatchRefused)
    assert [result_state(result) for result in refusal.fields["results"]] == [
        "recorded",
        "refused",
        "recorded",
    ]
    assert bank.rows() == before
    answer = post(bank, [items[0], items[2]], atomic=True)
    assert kinds(answer) == ["recorded", "recorded"]
    bank.require_clean()


def test_a_dry_run_tells_what_would_happen_and_leaves_no_trace(bank: TestBank) -> None:
    bank.post(completion("old", 1))
    before = bank.rows()
    items = [completion("s-1", 2), completion("old", 1), completion("s-2", 3, study("1.00"))]
    rolled_back = refusal_of(lambda: post(bank, items, dry_run=True), RolledBack)
    answer = rolled_back.answer
    assert (answer.dry_run, answer.batch, answer.index) == (True, None, None)
    assert kinds(answer) == ["recorded", "replayed", TooFewHours]
    assert bank.rows() == before
    assert kinds(post(bank, items)) == ["recorded", "replayed", TooFewHours]
    bank.require_clean()


def test_an_empty_batch_records_nothing(bank: TestBank) -> None:
    before = bank.rows()
    answer = post(bank, [])
    assert (answer.results, answer.index) == ([], None)
    assert bank.rows() == before


def test_a_batch_of_refusals_records_nothing(bank: TestBank) -> None:
    before = bank.rows()
    answer = post(bank, [completion("s-1", 1, study("1.00")), None])
    assert kinds(answer) == [TooFewHours, SubmissionInvalid]
    assert bank.rows() == before


def test_rows_that_cannot_be_written_are_refused_and_not_the_batch(bank: TestBank) -> None:
    """Half a character, U+0000: what no canonical entry can hold, wherever it stands."""
    bad = [
        completion("s-\ud800", 1),
        completion("s-2", 2, learner=factories.learner(2) | {"name": "测\ud800"}),
        completion("s-3", 3, learner=factories.learner(3) | {"name": "测\u0000"}),
        completion("s-4", 4, learning_event="\udfff"),
        completion("s-5", 5, {"stage": "study"} | study(evidence="\ud800")),
    ]
    answer = post(bank, [*bad, completion("s-6", 6)])
    assert [result_state(result) for result in answer.results] == ["refused"] * 5 + ["recorded"]
    bank.require_clean()


async def test_a_large_batch_is_copied_and_chained(bank: TestBank) -> None:
    """Long work leaves the event loop on SQLite and goes through COPY on PostgreSQL."""
    items = [completion(f"s-{number}", number) for number in range(1, 301)]
    size = bank.size
    journal = bank.bank.journal
    journal.start()
    answer = await journal.submit(bank.intake.batch(items, bank.poster()))
    await bank.bank.close()
    assert kinds(answer) == ["recorded"] * 300
    assert bank.size == size + 601
    assert max(row[0] for row in bank.rows()["commits"]) == size + 601
    bank.require_clean()


# --- together with others in one group ------------------------------------------------------------


@pytest.mark.parametrize("how", ["dry_run", "atomic"])
def test_a_neighbour_of_what_is_rolled_back_is_recorded(bank: TestBank, how: str) -> None:
    """In one group, which is one transaction, one member must leave no trace."""
    rolled_back = bank.intake.batch(
        [completion("b-1", 1), completion("b-2", 2), completion("b-3", 3, study("1.00"))],
        bank.poster(),
        dry_run=how == "dry_run",
        atomic=how == "atomic",
    )
    # The second one is the same learner and source id as a row that is rolled back.
    neighbours = [
        bank.intake.outcome(completion("s-9", 9), bank.poster()),
        bank.intake.outcome(completion("b-1", 1), bank.poster()),
        bank.intake.outcome(completion("a-1", 2, assessment()), bank.poster(ASSESSOR)),
    ]
    size, commits = bank.size, len(bank.rows()["commits"])
    works: list[Work] = [neighbours[0], rolled_back, *neighbours[1:]]
    answered = bank.database.write_sync(
        lambda connection: bank.bank.recorder.record(connection, works)
    )
    assert type(answered[1].refusal) is (RolledBack if how == "dry_run" else BatchRefused)
    recorded = [one.value for one in answered if one.refusal is None]
    assert [one.replayed for one in recorded] == [False] * 3
    assert [one.index for one in recorded] == [size + 1, size + 3, size + 5]
    assert bank.size == size + 6
    assert len(bank.rows()["commits"]) == commits + 1  # it was one group
    bank.require_clean()


@pytest.mark.parametrize("kind", ["module", "academic_course"])
def test_an_outcome_has_only_so_many_attempts(bank: TestBank, kind: str) -> None:
    """Each posting works on all of them under the lock: without a bound one sheet stops all."""
    failed = assessment(passed=False)
    posting = completion("", 1) if kind == "module" else factories.course("", 1)
    posting.pop("passed", None)
    posting |= {"stages": [failed] * 20}
    answer = post(bank, [posting | {"source_id": f"s-{number}"} for number in range(12)])
    assert kinds(answer) == ["recorded"] * 10 + [SubmissionInvalid] * 2
    refusal = refusal_of(
        lambda: bank.post(posting | {"source_id": "s-99", "stages": [failed]}), SubmissionInvalid
    )
    assert refusal.fields["errors"] == [{"where": "/stages", "reason": "too_long"}]
    bank.post(posting | {"source_id": "s-100", "learner": factories.learner(2)})
    bank.require_clean()


async def test_what_may_be_rolled_back_makes_nobody_else_be_decided_twice(
    bank: TestBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[str] = []
    decide = PostOutcome.decide_item

    def counting(self: PostOutcome, book: Any) -> Posted:
        decided.append(self.submission["source_id"])
        return decide(self, book)

    monkeypatch.setattr(PostOutcome, "decide_item", counting)
    works: list[Work] = []
    for number in range(6):
        works.append(bank.intake.outcome(completion(f"s-{number}", number), bank.poster()))
        trial = [completion(f"t-{number}", number + 100)]
        works.append(bank.intake.batch(trial, bank.poster(), dry_run=True))
    journal = bank.bank.journal
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    journal.start()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    await bank.bank.close()
    assert [type(one) for one in answers] == [Posted, RolledBack] * 6
    assert len(decided) == len(set(decided)) == 12
    bank.require_clean()
