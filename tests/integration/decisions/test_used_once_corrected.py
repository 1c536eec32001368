"""What a decision took stays taken, whatever becomes of the entry that said the learner had it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from creditbank.errors.decisions import ConversionNotMet
from creditbank.services.posting import Posted
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank, refusal_of
from tests.factories import completion


def correct(bank: TestBank, person: int, posted: Posted) -> Posted:
    """Correct what was posted."""
    return bank.correct(completion(f"k-{person}-{posted.index}", person), posted.index)


def post_anew(bank: TestBank, person: int, posted: Posted) -> Posted:
    """Revoke what was posted, and post it again."""
    bank.revoke(f"r-{person}-{posted.index}", posted.index)
    return bank.post(completion(f"n-{person}-{posted.index}", person))


WAYS = pytest.mark.parametrize("again", [correct, post_anew])
Again = Callable[[TestBank, int, Posted], Posted]


def other(bank: TestBank, account: str) -> Any:
    """Apply to another college."""
    return scene.apply(bank, scene.question(account, scene.OTHER_TRANSFER))


@WAYS
def test_what_was_consumed_is_not_there_again(ruled: TestBank, person: int, again: Again) -> None:
    posted = ruled.post(completion(f"m-{person}", person))
    account = posted.account
    applied = scene.apply(ruled, scene.question(account))
    scene.register(ruled, applied.conversion)
    second = again(ruled, person, posted)
    refusal_of(lambda: other(ruled, account), ConversionNotMet)
    again(ruled, person, second)  # and so for whatever is made of that
    owner = scene.principal(ruled, COLLEGE)
    scene.review(ruled, applied.conversion, owner)
    refusal_of(lambda: other(ruled, account), ConversionNotMet)
    scene.end(ruled, applied.conversion, owner, "转出")
    assert other(ruled, account).status == "pending"
    ruled.require_clean()


@WAYS
def test_what_is_reserved_is_so_until_it_is_withdrawn(
    ruled: TestBank, person: int, again: Again
) -> None:
    posted = ruled.post(completion(f"m-{person}", person))
    account = posted.account
    applied = scene.apply(ruled, scene.question(account))
    again(ruled, person, posted)
    refusal_of(lambda: other(ruled, account), ConversionNotMet)
    scene.end(ruled, applied.conversion, scene.learner(ruled, account))
    assert other(ruled, account).status == "pending"
    ruled.require_clean()
