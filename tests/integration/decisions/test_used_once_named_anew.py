"""One achievement under another name, number, kind or learner is not used a second time."""

from __future__ import annotations

from typing import Any

from creditbank.errors.decisions import ConversionFlagged, ConversionNotMet
from tests import decision_scene as scene
from tests.banks import ASSESSOR, COLLEGE, TestBank, refusal_of
from tests.factories import certificate, completion, course

DECLARED = {"level": "self_declared"}


def taking(bank: TestBank, person: int, **select: Any) -> tuple[str, str]:
    """Publish rulebooks of two colleges that each take one outcome as a whole."""
    names = (f"na-{person}", f"nb-{person}")
    for name, owner in zip(names, (COLLEGE, scene.OTHER_COLLEGE), strict=True):
        needs = {
            "id": "one",
            "kind": "amount",
            "unit": {"measure": "outcomes"},
            "at_least": "1.00",
            "select": select,
        }
        one = scene.rule(target={"kind": "exemption", "of": {"zh": "实训"}}, needs=needs)
        bank.publish("rulebook", scene.rulebook(name, owner, one))
    return names


def test_a_certificate_that_was_declared_first_is_used_once(ruled: TestBank, person: int) -> None:
    mine, other = taking(
        ruled, person, certificate_kind=["skill-level"], verification="self_declared"
    )
    account = ruled.post(certificate(f"z-{person}", person, verification=DECLARED)).account
    applied = scene.apply(ruled, scene.question(account, mine))
    ruled.post(certificate(f"y-{person}", person), ASSESSOR)
    refusal_of(lambda: scene.apply(ruled, scene.question(account, other)), ConversionNotMet)
    owner = scene.principal(ruled, COLLEGE)
    refusal_of(lambda: scene.step(ruled, applied.conversion, "faculty", owner), ConversionFlagged)
    scene.end(ruled, applied.conversion, scene.learner(ruled, account))
    scene.apply(ruled, scene.question(account, other))
    ruled.require_clean()


def test_a_certificate_with_its_issuer_named_later_is_used_once(
    ruled: TestBank, person: int
) -> None:
    mine, other = taking(ruled, person, certificate_kind=["skill-level"])
    posted = ruled.post(certificate(f"z-{person}", person))
    scene.apply(ruled, scene.question(posted.account, mine))
    ruled.revoke(f"r-{person}", posted.index)
    named = certificate(f"y-{person}", person)
    named["certificate"] = named["certificate"] | {
        "issuer": {"name": "测试评价机构", "code": ASSESSOR}
    }
    ruled.post(named, ASSESSOR)
    refusal_of(lambda: scene.apply(ruled, scene.question(posted.account, other)), ConversionNotMet)
    ruled.require_clean()


def test_what_is_corrected_to_another_kind_is_used_once(ruled: TestBank, person: int) -> None:
    mine, other = taking(ruled, person, type=["module", "certificate", "academic_course"])
    posted = ruled.post(completion(f"m-{person}", person))
    scene.apply(ruled, scene.question(posted.account, mine))
    second = ruled.correct(certificate(f"k-{person}", person), posted.index)
    refusal_of(lambda: scene.apply(ruled, scene.question(posted.account, other)), ConversionNotMet)
    ruled.correct(course(f"l-{person}", person), second.index)
    refusal_of(lambda: scene.apply(ruled, scene.question(posted.account, other)), ConversionNotMet)
    ruled.require_clean()


def test_what_was_another_learners_is_theirs_to_use_and_flags_the_first(
    ruled: TestBank, person: int
) -> None:
    mine, other = taking(ruled, person, type=["module"])
    posted = ruled.post(completion(f"m-{person}", person))
    applied = scene.apply(ruled, scene.question(posted.account, mine))
    moved = ruled.correct(completion(f"k-{person}", person + 1), posted.index)
    assert moved.account != posted.account
    owner = scene.principal(ruled, COLLEGE)
    refusal_of(lambda: scene.step(ruled, applied.conversion, "faculty", owner), ConversionFlagged)
    scene.apply(ruled, scene.question(moved.account, other))
    ruled.require_clean()


def test_halves_of_an_outcome_and_of_its_correction_are_one_outcome(
    ruled: TestBank, person: int
) -> None:
    half = scene.rule()["needs"] | {"at_least": "0.75", "counted_at_most": "0.75"}
    for number in range(3):
        one = scene.rule(
            target={"kind": "exemption", "of": {"zh": f"半{number}"}},
            needs=half,
            use={"scope": "academic", "surplus": "kept"},
        )
        ruled.publish("rulebook", scene.rulebook(f"h{number}-{person}", COLLEGE, one))
    posted = ruled.post(completion(f"m-{person}", person))
    scene.apply(ruled, scene.question(posted.account, f"h0-{person}"))
    second = ruled.correct(completion(f"k-{person}", person), posted.index)
    scene.apply(ruled, scene.question(posted.account, f"h1-{person}"))
    ruled.revoke(f"r-{person}", second.index)
    ruled.post(completion(f"n-{person}", person))
    last = scene.question(posted.account, f"h2-{person}")
    refusal_of(lambda: scene.apply(ruled, last), ConversionNotMet)
    ruled.require_clean()
