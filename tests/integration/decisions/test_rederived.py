"""An old decision is derived again from its entry, whatever became of everything else since."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from creditbank.services.credential_keys import rotate_credential_key
from creditbank.services.decision_records import open_decision
from creditbank.services.exporting import export_bank
from creditbank.services.log_keys import rotate_keys
from creditbank.services.rebuilding import rebuild
from creditbank.services.rederiving import derive_again
from creditbank.services.restoring import Source, restore_bank
from creditbank.storage.database import Database
from creditbank.storage.sealed_files import new_identity
from tests import conversions, factories
from tests import decision_scene as scene
from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL, TestBank, open_test_bank
from tests.factories import completion


def programme(version: str = "1", credit: str = "1.00", **more: Any) -> dict[str, Any]:
    """Return a programme of the college with one course, whose credits its versions change."""
    plan = conversions.programme(("C1", credit))
    return plan | {"id": "derived", "version": version, "institution": COLLEGE} | more


def ruling(version: str = "1", at_least: str = "1.00", **more: Any) -> dict[str, Any]:
    """Return a rulebook that grants the course for part of the module, and for an enrolment."""
    needs = scene.rule()["needs"] | {"at_least": at_least, "counted_at_most": at_least}
    enrolled = {"id": "enrolment", "kind": "enrolment", "title": {"zh": "学籍"}}
    one = scene.rule(
        target={"kind": "course", "programme": "derived", "courses": ["C1"]},
        needs={
            "id": "all",
            "kind": "all",
            "of": [needs, {"id": "e", "kind": "evidence", "evidence": "enrolment"}],
        },
        evidence=[enrolled | {"confirmed_by": "owner"}],
        use={"scope": "academic", "surplus": "kept"},
    )
    return scene.rulebook("derived", COLLEGE, one) | {"version": version} | more


def require_derived(bank: TestBank, conversion: str) -> None:
    """Make sure that a decision comes to what was recorded, for each of those who may see it."""
    for org in (COLLEGE, SCHOOL, AUTHORITY, DESK):
        who = scene.principal(bank, org)
        opened = bank.database.read_sync(
            lambda connection, who=who: open_decision(connection, bank.bank, who, conversion)  # type: ignore[misc]
        )
        derived = derive_again(opened)
        assert (derived.same, derived.violations) == (True, [])


def decided(bank: TestBank, person: int) -> tuple[str, str, int]:
    """Return a registered decision, its learner, and the entry that it rests on."""
    bank.publish("programme", programme())
    bank.publish("rulebook", ruling())
    posted = bank.post(completion(f"m-{person}", person))
    scene.grant(bank, posted.account)
    scene.supply(bank, posted.account, "enrolment", {"major": "510209"})
    applied = scene.apply(bank, scene.question(posted.account, "derived"))
    scene.register(bank, applied.conversion)
    require_derived(bank, applied.conversion)
    return applied.conversion, posted.account, posted.index


def test_it_is_derived_again_whatever_changed_since(restored: TestBank, person: int) -> None:
    bank = restored
    conversion, account, index = decided(bank, person)
    bank.publish("rulebook", ruling("2", "1.50", valid_from="2026-02-01"))
    require_derived(bank, conversion)
    # what registers say of the same day is something else since
    bank.publish("programme", programme("2", "9.00", valid_from="2026-01-02"))
    require_derived(bank, conversion)
    trainer = factories.institution(SCHOOL, "training") | {"version": "7"}
    bank.publish("institution", trainer | {"valid_from": "2026-01-02"})
    bank.revoke(f"r-{person}", index)
    again = bank.post(completion(f"n-{person}", person, factories.study(evidence="cd" * 32)))
    assert again.account == account
    require_derived(bank, conversion)
    rebuild(bank.database, bank.bank.keyring)
    require_derived(bank, conversion)
    bank.require_clean()


def test_it_is_derived_again_after_rotations_and_from_a_backup(
    bank: TestBank, tmp_path: Path
) -> None:
    conversion, _account, _index = decided(bank, 1)
    rotate_keys(bank.database, bank.bank.recorder, bank.bank.keyring, bank.keys)
    rotate_credential_key(bank.database, bank.bank.recorder, bank.bank.keyring, bank.keys)
    require_derived(bank, conversion)
    identity = new_identity()
    export_bank(bank.database, tmp_path / "export", identity.recipient)
    target = Database(f"sqlite:///{tmp_path / 'restored.db'}")
    restore_bank(Source(tmp_path / "export", identity), target, bank.bank.keyring)
    restored = open_test_bank(target, bank.keys)
    restored.tokens.update(bank.tokens)
    require_derived(restored, conversion)
    restored.require_clean()
    target.engine.dispose()


def test_what_it_took_to_find_a_result_is_no_part_of_it(ruled: TestBank, person: int) -> None:
    account = ruled.post(completion(f"m-{person}", person)).account
    applied = scene.apply(ruled, scene.question(account))
    desk = scene.principal(ruled, DESK)
    opened = ruled.database.read_sync(
        lambda connection: open_decision(connection, ruled.bank, desk, applied.conversion)
    )

    def is_same(results: dict[str, Any], **more: Any) -> bool:
        person = deepcopy(opened.person)
        person["evaluation"] |= more
        person["evaluation"]["results"][0] |= results
        return derive_again(replace(opened, person=person)).same

    assert is_same({}, steps=99)
    assert not is_same({"trace": {}})
    assert is_same({"trace": {}}, engine="conversion-engine/0")
    assert not is_same({"granted": "1.00"}, engine="conversion-engine/0")
    assert not is_same({"counted": []}, engine="conversion-engine/0")
