"""A rule that is not in force decides nothing; what was decided stays with its own version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from creditbank.domain.civil_time import civil_date
from creditbank.domain.conversion.results import Verdict
from creditbank.errors.decisions import ConversionNotMet, RulebookUnknown
from creditbank.services.decision_records import open_decision
from creditbank.services.rederiving import derive_again
from creditbank.storage import loading
from tests import decision_scene as scene
from tests import factories
from tests.banks import COLLEGE, TestBank


def today(bank: TestBank) -> Any:
    return civil_date(bank.database.read_sync(lambda found: loading.read_head(found).now))


@pytest.mark.parametrize("which", ["not-yet", "no-longer"])
def test_a_rulebook_outside_its_dates_decides_nothing(
    restored: TestBank, person: int, which: str
) -> None:
    bank, day = restored, timedelta(days=1)
    account = bank.post(factories.completion("dates", person)).account
    dates = {
        "not-yet": {"valid_from": (today(bank) + day).isoformat()},
        "no-longer": {"valid_from": "2026-01-01", "valid_to": (today(bank) - day).isoformat()},
    }[which]
    bank.publish("rulebook", scene.rulebook("dated", COLLEGE, **dates))
    with pytest.raises(RulebookUnknown):
        scene.answered(bank, scene.question(account, "dated"))


def test_a_rule_outside_its_dates_grants_nothing(restored: TestBank, person: int) -> None:
    account = restored.post(factories.completion("rule-dates", person)).account
    later = (today(restored) + timedelta(days=1)).isoformat()
    book = scene.rulebook("dated-rule", COLLEGE, scene.rule(valid_from=later))
    restored.publish("rulebook", book)
    asked = scene.question(account, "dated-rule", "vision")
    answered = scene.answered(restored, asked)
    assert [one.verdict for one in answered.evaluation.results] == [Verdict.NOT_IN_FORCE]
    with pytest.raises(ConversionNotMet):
        scene.apply(restored, asked)


def test_a_decision_names_its_version_and_is_derived_again_from_it(
    restored: TestBank, person: int
) -> None:
    bank = restored
    account = bank.post(factories.completion("versions", person)).account
    decided = scene.apply(bank, scene.question(account))
    stricter = scene.rule()
    stricter["needs"] = stricter["needs"] | {"at_least": "9.00"}
    following = scene.rulebook(
        scene.TRANSFER, COLLEGE, stricter, version="2", valid_from=today(bank).isoformat()
    )
    bank.publish("rulebook", following)
    now = scene.prepare(bank, scene.question(account)).books[0]
    by = scene.principal(bank, COLLEGE)
    opened = bank.database.read_sync(
        lambda found: open_decision(found, bank.bank, by, decided.conversion)
    )
    (named,) = opened.act["rulebooks"]
    assert (now.register.version, named["version"]) == ("2", "1")
    first = opened.catalogue.version("rulebook", scene.TRANSFER, "1")
    assert first is not None
    assert named["digest"] == first.digest.hex() != now.digest.hex()
    assert derive_again(opened).same
