"""The audit of a whole bank: nothing is found, however many processes read it."""

from __future__ import annotations

import pytest

from creditbank.services.auditing import CHECKS
from tests.integration.audit.scene import Scene


def test_a_published_bank_is_clean_and_every_check_was_made(scene: Scene) -> None:
    report = scene.audit()
    assert [finding.document() for finding in report.findings] == []
    assert report.checked == list(CHECKS)
    assert report.entries == scene.bank.size
    assert report.erased_entries == 2


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_say_what_one_says(scene: Scene, processes: int) -> None:
    alone = scene.audit(processes=1)
    together = scene.audit(processes=processes)
    assert together == alone
