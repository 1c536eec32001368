"""What an audit finds where decisions were written past their door, or rows of theirs changed."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.services.actors import Poster
from creditbank.services.deciding import TakeStep
from creditbank.storage.book import Book
from tests import decision_scene as scene
from tests.banks import COLLEGE, SCHOOL, TestBank
from tests.factories import completion


class Forged(TakeStep):
    """A change of a decision that looks at nothing before it is recorded."""

    def __init__(self, kind: str, conversion: str, org: str, bank: TestBank, **act: Any) -> None:
        who = scene.principal(bank, org)
        super().__init__(conversion, who, Poster(who.token, who.org), "", "")
        self.kind = kind
        self.act = act

    def decide(self, book: Book) -> Any:
        """Record it."""
        source = self.source(book, f"forged/{self.act}")
        return self.record(book, self.find(book), source, self.act, {})


def a_step(number: int, status: str = "pending", result: str = "passed") -> dict[str, Any]:
    ids = ("apply", "faculty", "check", "record")
    by = ("learner", "owner", "evaluator", "bank")
    step = {"step": ids[number - 1], "by": by[number - 1], "number": number}
    return step | {"result": result, "status": status}


def found(bank: TestBank) -> list[str]:
    return [one.document()["message"] for one in bank.audit().findings]


FORGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a step before its turn": ("conversion_step", a_step(3), "out of its order"),
    "registered by a step between": ("conversion_step", a_step(2, "registered"), "its steps"),
    "rejected and yet on its way": (
        "conversion_step",
        a_step(2, "pending", "rejected"),
        "its steps",
    ),
    "expired before its time": ("conversion_end", {"end": "expired"}, "early"),
    "given back before it was registered": ("conversion_end", {"end": "returned"}, "had ended"),
}


@pytest.mark.parametrize("name", FORGED)
def test_an_entry_that_no_decision_allows_is_found(
    restored: TestBank, person: int, name: str
) -> None:
    kind, act, message = FORGED[name]
    account = restored.post(completion(f"m-{person}", person)).account
    applied = scene.apply(restored, scene.question(account))
    restored.require_clean()
    restored.do(Forged(kind, applied.conversion, COLLEGE, restored, **act))
    assert any(message in one for one in found(restored))


@pytest.mark.parametrize(
    ("org", "act", "message"),
    [
        (SCHOOL, a_step(2), "in the name of who may not"),
        (COLLEGE, a_step(2) | {"step": "check"}, "another step at this place"),
        (COLLEGE, a_step(2) | {"by": "authority"}, "another step at this place"),
    ],
)
def test_a_step_that_its_rulebook_does_not_have_is_found(
    restored: TestBank, person: int, org: str, act: dict[str, Any], message: str
) -> None:
    account = restored.post(completion(f"m-{person}", person)).account
    applied = scene.apply(restored, scene.question(account))
    restored.do(Forged("conversion_step", applied.conversion, org, restored, **act))
    (one,) = found(restored)
    assert message in one


def test_a_step_after_the_end_of_a_reservation_is_found(
    restored: TestBank, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = restored.post(completion(f"m-{person}", person)).account
    applied = scene.apply(restored, scene.question(account))
    scene.at(restored, monkeypatch, 400)
    restored.do(Forged("conversion_step", applied.conversion, COLLEGE, restored, **a_step(2)))
    (one,) = found(restored)
    assert "had expired" in one


def test_an_application_that_takes_what_is_taken_is_found(restored: TestBank, person: int) -> None:
    """By the door's own guard, and where that is gone by the audit."""
    account = restored.post(completion(f"m-{person}", person)).account
    first = scene.answered(restored, scene.question(account, scene.OTHER_TRANSFER))
    scene.apply(restored, scene.question(account))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "creditbank.services.converting.Prepared.has_answer_of", lambda _one, _other: True
        )
        work = scene.application(restored, first.prepared.question, given=first)
        with pytest.raises(AssertionError):
            restored.do(work)
        restored.require_clean()
        patch.setattr("creditbank.services.applying._require_sound", lambda _book, _name: None)
        restored.do(scene.application(restored, first.prepared.question, given=first))
    (one,) = found(restored)
    assert "taken twice" in one


CHANGES: dict[str, str] = {
    "uses amount": "UPDATE uses SET amount = 0",
    "uses sharing": "UPDATE uses SET sharing = 'free'",
    "uses scope": "UPDATE uses SET scope = 'subsidy'",
    "uses gone": "DELETE FROM uses",
    "a decision's end": "UPDATE decisions SET status = 'withdrawn'",
    "a decision's owner": "UPDATE decisions SET owner = 'x'",
    "who may check": "UPDATE decisions SET evaluators = ' x '",
    "steps taken": "UPDATE decisions SET steps = 3",
    "what was said": "UPDATE decisions SET evidence = '[1]'",
    "evidence changed": "UPDATE decisions SET changed_index = 1",
    "when it ends": "UPDATE decisions SET expires_at = 1",
    "evidence": "UPDATE evidence SET value = '{}'",
    "whose evidence": "UPDATE evidence SET org = 'x'",
    "trust in it": "UPDATE evidence SET \"by\" = 'desk'",
    "evidence gone": "DELETE FROM evidence",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_row_that_says_otherwise_than_its_entry_is_found(
    restored: TestBank, person: int, name: str
) -> None:
    account = restored.post(completion(f"m-{person}", person)).account
    scene.apply(restored, scene.question(account))
    scene.supply(restored, account, "enrolment", {"major": "510209"})
    restored.write(CHANGES[name])
    assert any("view" in one for one in found(restored))
