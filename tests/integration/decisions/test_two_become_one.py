"""Two outcomes that were both used end, and one stands for both: it is used up, and no more."""

from __future__ import annotations

from typing import Any

from creditbank.domain.balances import STATUSES, AsOf, balance
from creditbank.domain.decisions import taken_by_status
from creditbank.domain.lineage import standing_for
from creditbank.domain.units import hundredths
from creditbank.errors.decisions import ConversionNotMet
from creditbank.storage import decision_reading, loading, reading
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank, refusal_of
from tests.factories import course


def termed(source_id: str, person: int, term: str | None) -> dict[str, Any]:
    document = course(source_id, person)
    plain = {name: value for name, value in document["course"].items() if name != "term"}
    return document | {"course": plain | ({} if term is None else {"term": term})}


def test_what_stands_for_two_is_used_up_once(ruled: TestBank, person: int) -> None:
    needs = {
        "id": "one",
        "kind": "amount",
        "unit": {"measure": "outcomes"},
        "at_least": "1.00",
        "select": {"type": ["academic_course"]},
    }
    one = scene.rule(target={"kind": "exemption", "of": {"zh": "实训"}}, needs=needs)
    ruled.publish("rulebook", scene.rulebook(f"c-{person}", COLLEGE, one))
    posted = []
    for term in ("2025-2026-1", "2025-2026-2"):
        posted.append(ruled.post(termed(f"{term}-{person}", person, term), COLLEGE))
        applied = scene.apply(ruled, scene.question(posted[-1].account, f"c-{person}"))
        scene.step(ruled, applied.conversion, "faculty", scene.principal(ruled, COLLEGE))
    account = posted[0].account
    for number, each in enumerate(posted):
        ruled.revoke(f"r-{person}-{number}", each.index, COLLEGE)
    ruled.post(termed(f"n-{person}", person, None), COLLEGE)
    third = scene.question(account, f"c-{person}")
    refusal_of(lambda: scene.apply(ruled, third), ConversionNotMet)

    def read(connection: Any) -> dict[str, Any]:
        outcomes = reading.outcomes_of(connection, account)
        decisions = decision_reading.decisions_of(connection, account)
        now = loading.read_head(connection).now
        taken = taken_by_status(decisions, now, standing_for(outcomes))
        return balance(outcomes, AsOf(), taken)

    for system in ruled.database.read_sync(read)["systems"]:
        tally = system["verified"]
        for amounts in (tally, *tally["by_use"].values()):
            parts = [hundredths(amounts[status]) for status in STATUSES]
            assert min(parts) >= 0
            assert sum(parts) == hundredths(tally["awarded"])
    ruled.require_clean()
