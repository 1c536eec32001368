"""A register that changes between evaluating and applying: what is decided is evaluated anew."""

from __future__ import annotations

import pytest

from creditbank.services.applying import Moved
from tests import decision_scene as scene
from tests import factories
from tests.banks import TestBank


def test_no_decision_rests_on_registers_of_before(restored: TestBank, person: int) -> None:
    account = restored.post(factories.completion("moved", person)).account
    asked = scene.question(account)
    before = scene.answered(restored, asked)
    restored.publish("institution", factories.institution(factories.organisation_code(9)))
    with pytest.raises(Moved):
        restored.do(scene.application(restored, asked, given=before))
    assert scene.apply(restored, asked).status == "pending"
