"""Per lot and scope, awarded = available + reserved + consumed + revoked + expired, always."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from creditbank.domain.balances import STATUSES, AsOf, balance
from creditbank.domain.decisions import overdrawn, taken_by_status
from creditbank.domain.lineage import standing_for
from creditbank.domain.units import hundredths
from creditbank.errors import CreditBankError
from creditbank.services.rebuilding import rebuild
from creditbank.storage import decision_reading, loading, reading
from creditbank.storage.decision_tables import DECISION_VIEWS
from creditbank.storage.tables import OutcomeRow
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank
from tests.factories import completion

SHARED: dict[str, Any] = {"scope": "academic", "sharing": "shared", "up_to": 2}
KEPT: dict[str, Any] = {"surplus": "kept"}
HALF = scene.rule()["needs"] | {"at_least": "0.50", "counted_at_most": "0.50"}


def exempt(name: str) -> dict[str, Any]:
    return {"kind": "exemption", "of": {"zh": name}}


def rulebooks() -> list[dict[str, Any]]:
    """Return rulebooks that take a whole, a part, together, or nothing, in several scopes."""
    one = scene.rule("one", target=exempt("甲"), use=SHARED | {"with_rules": ["two"]})
    two = scene.rule("two", target=exempt("乙"), use=SHARED | {"with_rules": ["one"]})
    half = scene.rule("half", target=exempt("丙"), needs=HALF, use={"scope": "academic", **KEPT})
    grade = scene.rule("grade", target=exempt("丁"), use={"scope": "grade"})
    return [
        scene.rulebook("whole", COLLEGE, scene.rule("whole", target=exempt("戊"))),
        scene.rulebook("together", COLLEGE, one, two),
        scene.rulebook("elsewhere", scene.OTHER_COLLEGE, one, two),
        scene.rulebook("part", COLLEGE, half),
        scene.rulebook("graded", COLLEGE, grade),
    ]


def statuses_add_up(bank: TestBank, account: str) -> None:
    """Make sure that every balance is whole in every scope, and nothing is taken twice."""

    def read(connection: Any) -> None:
        outcomes = reading.outcomes_of(connection, account)
        decisions = decision_reading.decisions_of(connection, account)
        now = loading.read_head(connection).now
        standing = standing_for(outcomes)
        assert overdrawn(decisions, now, standing) == []
        shown = balance(outcomes, AsOf(), taken_by_status(decisions, now, standing))
        tallies = [one["verified"] for one in shown["systems"]]
        tallies += shown["class_hours"].values()
        for tally in tallies:
            for amounts in (tally, *tally["by_use"].values()):
                whole = sum(hundredths(amounts[status]) for status in STATUSES)
                assert whole == hundredths(tally["awarded"])

    bank.database.read_sync(read)


class Decisions(RuleBasedStateMachine):
    """One learner, several rulebooks, every way on and back."""

    bank: TestBank

    def __init__(self) -> None:
        super().__init__()
        self.number = next(_NUMBERS)
        self.lots: list[int] = []
        self.open: list[str] = []
        self.done: list[str] = []
        self.account = ""

    @initialize()
    def complete(self) -> None:
        posted = self.bank.post(completion(f"m-{self.number}", self.number))
        self.account, self.lots = posted.account, [posted.index]
        scene.learner(self.bank, self.account)

    @rule(book=st.sampled_from(["whole", "together", "elsewhere", "part", "graded"]))
    def apply(self, book: str) -> None:
        try:
            applied = scene.apply(self.bank, scene.question(self.account, book))
        except CreditBankError:
            return
        self.open.append(applied.conversion)

    @rule(place=st.integers(0, 9), rejects=st.booleans())
    def step(self, place: int, rejects: bool) -> None:
        if not self.open:
            return
        conversion = self.open[place % len(self.open)]
        for step_id, who in scene.parties(self.bank).items():
            result = ("rejected", "不同意") if rejects else ("passed", None)
            try:
                decided = scene.step(self.bank, conversion, step_id, who, *result)
            except CreditBankError:
                continue
            if decided.status != "pending":
                self.open.remove(conversion)
                self.done.append(conversion)
            return

    @rule(place=st.integers(0, 9))
    def withdraw(self, place: int) -> None:
        if self.open:
            conversion = self.open.pop(place % len(self.open))
            scene.end(self.bank, conversion, scene.learner(self.bank, self.account))

    @rule(place=st.integers(0, 9))
    def give_back(self, place: int) -> None:
        if self.done:
            conversion = self.done.pop(place % len(self.done))
            try:
                scene.end(self.bank, conversion, scene.principal(self.bank, COLLEGE))
            except CreditBankError:
                return

    @rule()
    def post_anew(self) -> None:
        source = f"n-{self.number}-{len(self.lots)}"
        self.bank.revoke(f"r-{source}", self.lots[-1])
        self.lots.append(self.bank.post(completion(source, self.number)).index)

    @rule()
    def correct(self) -> None:
        source = f"k-{self.number}-{len(self.lots)}"
        again = completion(source, self.number)
        self.lots.append(self.bank.correct(again, self.lots[-1]).index)

    @invariant()
    def every_scope_adds_up(self) -> None:
        if self.account:
            statuses_add_up(self.bank, self.account)


_NUMBERS = iter(range(9_000_000, 9_900_000))


def test_nothing_is_taken_twice_and_every_scope_adds_up(ruled: TestBank) -> None:
    for document in rulebooks():
        ruled.publish("rulebook", document)

    class OnThisBank(Decisions):
        bank = ruled

    run_state_machine_as_test(
        OnThisBank,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    ruled.require_clean()
    before = ruled.rows(OutcomeRow, *DECISION_VIEWS)
    rebuild(ruled.database, ruled.bank.keyring)
    assert ruled.rows(OutcomeRow, *DECISION_VIEWS) == before
    assert before["uses"]
