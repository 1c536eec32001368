"""The audit of a whole bank: nothing is found, however many processes read it."""

from __future__ import annotations

from creditbank.services.auditing import CHECKS
from tests import factories
from tests.banks import COLLEGE
from tests.integration.audit.scene import Scene


def test_a_published_bank_is_clean_and_every_check_was_made(scene: Scene) -> None:
    report = scene.audit()
    assert [finding.document() for finding in report.findings] == []
    assert report.checked == list(CHECKS)
    assert report.entries == scene.bank.size
    assert report.erased_entries == 2


def test_processes_say_what_one_says(scene: Scene) -> None:
    alone = scene.audit(processes=1)
    together = scene.audit(processes=3)
    assert together == alone


def test_audit_while_the_bank_goes_on_finds_nothing(scene: Scene) -> None:
    """On one process and on several: all of them see the bank as it was at one moment."""
    for processes in (1, 2):
        size = scene.bank.size

        def post(_done: int, _all: int, of: int = processes) -> None:
            number = 5000 + scene.bank.size
            course = factories.course(f"{of}-{number}", number)
            scene.bank.post(course, COLLEGE)

        report = scene.audit(processes=processes, progress=post)
        assert [finding.document() for finding in report.findings] == []
        assert report.entries == size < scene.bank.size


def test_what_learners_have_together_may_be_more_than_any_one_amount(scene: Scene) -> None:
    for number in range(3):
        course = factories.course(f"large-{number}", 7000 + number)
        course["course"]["hours"] = {"theory": "999999.00"}
        scene.bank.post(course, COLLEGE)
    assert scene.audit().is_clean
