"""An audit that goes on from the last one: what is new is checked, what is old is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from creditbank.errors.audit import AuditStateUnusable
from creditbank.services.audit_state import AuditState, read_state, write_state
from creditbank.services.auditing import CHECKS
from creditbank.services.learners import Erase
from creditbank.storage.sealing import learner_parts
from tests import factories
from tests.banks import COLLEGE, DESK, ORIGIN, refusal_of
from tests.integration.audit import attacker
from tests.integration.audit.scene import Found, Scene, unguarded


def audited(scene: Scene) -> AuditState:
    """Return the state that a clean audit leaves."""
    state = scene.audit().state
    assert state is not None
    return state


def later(scene: Scene) -> None:
    """Post for learners and organisations known before and new, and publish."""
    for number in (1, 2, 700):
        course = factories.course(f"later-{number}", number)
        course["course"] |= {"code": "NEW-1"}
        scene.bank.post(course, COLLEGE)
    scene.bank.post(factories.completion("later", 701))
    scene.publish()


def found_since(scene: Scene, state: AuditState) -> Found:
    return scene.found(since=state)


def test_going_on_says_what_a_whole_audit_says(scene: Scene, tmp_path: Path) -> None:
    write_state(tmp_path / "state", audited(scene))
    state = read_state(tmp_path / "state", ORIGIN)
    assert state == audited(scene)
    assert state is not None
    later(scene)
    report = scene.audit(since=state)
    assert [finding.document() for finding in report.findings] == []
    assert report.since == state.mark.size
    assert report.state == audited(scene)
    assert set(CHECKS) - set(report.checked) == {"views", "conservation"}


def test_nothing_new_is_nothing_found(scene: Scene) -> None:
    state = audited(scene)
    report = scene.audit(since=state)
    assert (report.findings, report.state) == ([], state)


def test_erasures_of_old_entries_do_not_disturb(scene: Scene) -> None:
    state = audited(scene)
    scene.bank.do(Erase(scene.accounts["row"], scene.bank.tokens[DESK].id))
    later(scene)
    assert found_since(scene, state) == set()


def test_what_is_new_is_checked(scene: Scene) -> None:
    state = audited(scene)
    later(scene)
    index = scene.bank.size - 1
    with unguarded(scene.bank):
        scene.bank.write("UPDATE entries SET open = ? WHERE entry_index = ?", b"{}", index)
    assert ("commitments", index) in found_since(scene, state)


def test_learners_chain_is_followed_from_before_the_mark(scene: Scene) -> None:
    """The new entry claims the first place of a chain that began long before."""
    state = audited(scene)
    later(scene)
    index = scene.bank.size - 6
    row = attacker.stored(scene, index)
    link = learner_parts(row, attacker.key_of(scene, row))["learner_link"].value
    assert link["seq"] > 1

    def restart(values: dict[str, object]) -> None:
        values["learner_link"] = {"chain": link["chain"], "seq": link["seq"] + 1, "prev": "ab" * 32}

    with unguarded(scene.bank):
        attacker.put(scene, attacker.rewritten(scene, index, learner=restart))
        attacker.rechain(scene, index)
    assert ("learner_chains", index) in found_since(scene, state)


def test_history_rewritten_before_the_mark_is_told(scene: Scene) -> None:
    state = audited(scene)
    later(scene)
    index = scene.indexes["last"]
    with unguarded(scene.bank):
        attacker.put(scene, attacker.rewritten(scene, index))
        attacker.rechain(scene, index)
    assert ("tree", state.mark.size - 1) in found_since(scene, state)


def test_ledger_shorter_than_what_was_audited_is_told(scene: Scene) -> None:
    later(scene)
    state = audited(scene)
    with unguarded(scene.bank):
        scene.bank.write("DELETE FROM entries WHERE entry_index >= ?", state.mark.size - 2)
        scene.bank.write("UPDATE head SET size = ?", state.mark.size - 2)
    assert ("tree", None) in found_since(scene, state)


def test_state_of_another_bank_is_refused(scene: Scene) -> None:
    state = audited(scene)
    other = replace(state, mark=replace(state.mark, origin="other.test/log"))
    refusal_of(lambda: scene.audit(since=other), AuditStateUnusable)


def test_audit_that_found_something_leaves_no_state(scene: Scene) -> None:
    scene.bank.write("UPDATE outcomes SET title = 'x'")
    assert scene.audit().state is None
