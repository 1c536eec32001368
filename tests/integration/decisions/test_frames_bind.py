"""A province's frame binds every college's rulebook beneath it, also those of before it."""

from __future__ import annotations

from typing import Any

from creditbank.domain.conversion.results import Verdict
from creditbank.services.converting import answer_document
from creditbank.services.decision_records import open_decision
from creditbank.services.rederiving import derive_again
from creditbank.services.vouching import Statement
from tests import decision_scene as scene
from tests import factories
from tests.banks import AUTHORITY, COLLEGE, TestBank

ENROLLED = Statement("enrolment", {"college": "示例"}, "institution", COLLEGE)


def frame() -> dict[str, Any]:
    """Return a frame of the region that asks for enrolment in everything academic."""
    return {
        "id": "test-frame",
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": "上位规则", "en": "The frame"},
        "region": factories.REGION,
        "owner": AUTHORITY,
        "kind": "frame",
        "binds": ["academic"],
        "status": "example",
        "bounds": {
            "requires": {"id": "enrolled", "kind": "evidence", "evidence": "enrolment"},
            "evidence": [{"id": "enrolment", "kind": "enrolment", "title": {"zh": "学籍"}}],
        },
    }


def derived(bank: TestBank, conversion: str) -> tuple[bool, list[str], list[str]]:
    by = scene.principal(bank, COLLEGE)
    opened = bank.database.read_sync(
        lambda connection: open_decision(connection, bank.bank, by, conversion)
    )
    again = derive_again(opened)
    return again.same, again.violations, [one["id"] for one in opened.act["rulebooks"]]


def test_a_frame_binds_rulebooks_that_were_published_before_it(
    restored: TestBank, person: int
) -> None:
    bank = restored
    accounts = [bank.post(factories.completion(f"f-{at}", person + at)).account for at in (0, 1)]
    first, second = (scene.question(account) for account in accounts)
    alone = scene.answered(bank, second)
    assert alone.evaluation.results[0].verdict is Verdict.MET
    before = scene.apply(bank, first)
    bank.publish("rulebook", frame())

    bound = answer_document(scene.answered(bank, second))
    assert [one["id"] for one in bound["rulebooks"]] == [scene.TRANSFER, "test-frame"]
    assert bound["results"][0]["verdict"] == "needs_evidence"

    enrolled = scene.question(accounts[1], statements=(ENROLLED,))
    after = scene.apply(bank, enrolled)
    assert derived(bank, before.conversion) == (True, [], [scene.TRANSFER])
    assert derived(bank, after.conversion) == (True, [], [scene.TRANSFER, "test-frame"])
    bank.require_clean()


def test_a_frame_binds_no_other_region_and_no_other_scope(restored: TestBank, person: int) -> None:
    account = restored.post(factories.completion("f-other", person)).account
    restored.publish("rulebook", frame() | {"binds": ["grade"]})
    restored.publish("rulebook", frame() | {"id": "test-elsewhere", "region": "640000"})
    told = answer_document(scene.answered(restored, scene.question(account)))
    assert [one["id"] for one in told["rulebooks"]] == [scene.TRANSFER]
    assert told["results"][0]["verdict"] == "met"
