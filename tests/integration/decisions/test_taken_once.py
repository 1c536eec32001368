"""Every way in which an outcome might be taken once more than its owner's rules allow."""

from __future__ import annotations

from typing import Any

from creditbank.errors.decisions import ConversionNotMet
from tests import conversions
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank, refusal_of
from tests.factories import completion

SHARED: dict[str, Any] = {"scope": "academic", "sharing": "shared", "up_to": 2}


def exempt(name: str) -> dict[str, Any]:
    return {"kind": "exemption", "of": {"zh": name}}


def sharing(name: str, up_to: int = 2, **more: Any) -> dict[str, Any]:
    return scene.rule(name, target=exempt(name), use=SHARED | {"up_to": up_to} | more)


def test_what_one_college_shares_is_not_shared_with_another(ruled: TestBank, person: int) -> None:
    for name, owner in ((f"a-{person}", COLLEGE), (f"b-{person}", scene.OTHER_COLLEGE)):
        ruled.publish("rulebook", scene.rulebook(name, owner, sharing("one"), sharing("two")))
    account = ruled.post(completion(f"m-{person}", person)).account
    scene.apply(ruled, scene.question(account, f"a-{person}", "one"))
    for rule in ("one", "two"):
        other = scene.question(account, f"b-{person}", rule)
        refusal_of(lambda other=other: scene.apply(ruled, other), ConversionNotMet)  # type: ignore[misc]
    scene.apply(ruled, scene.question(account, f"a-{person}", "two"))  # its own rules do
    ruled.require_clean()


def test_parts_that_one_college_shares_leave_the_rest_to_another(
    ruled: TestBank, person: int
) -> None:
    half = scene.rule()["needs"] | {"at_least": "0.75", "counted_at_most": "0.75"}
    for name, owner in ((f"a-{person}", COLLEGE), (f"b-{person}", scene.OTHER_COLLEGE)):
        rules = (sharing("one", surplus="kept"), sharing("two", surplus="kept"))
        halves = [rule | {"needs": half} for rule in rules]
        ruled.publish("rulebook", scene.rulebook(name, owner, *halves))
    account = ruled.post(completion(f"m-{person}", person)).account
    for name in (f"a-{person}", f"b-{person}"):
        for rule in ("one", "two"):
            scene.apply(ruled, scene.question(account, name, rule))
    ruled.require_clean()


def test_a_rule_that_shares_with_one_more_is_not_outdone_by_a_later_one(
    ruled: TestBank, person: int
) -> None:
    rules = (sharing("one"), sharing("two", 3), sharing("three", 3))
    ruled.publish("rulebook", scene.rulebook(f"a-{person}", COLLEGE, *rules))
    first = ruled.post(completion(f"m-{person}", person)).account
    for rule in ("one", "two"):
        scene.apply(ruled, scene.question(first, f"a-{person}", rule))
    third = scene.question(first, f"a-{person}", "three")
    refusal_of(lambda: scene.apply(ruled, third), ConversionNotMet)
    second = ruled.post(completion(f"n-{person}", person + 1)).account
    scene.apply(ruled, scene.question(second, f"a-{person}", "one"))
    both = scene.question(second, f"a-{person}", "two", "three")
    refusal_of(lambda: scene.apply(ruled, both), ConversionNotMet)
    third_account = ruled.post(completion(f"o-{person}", person + 2)).account
    for rule in ("three", "two"):
        scene.apply(ruled, scene.question(third_account, f"a-{person}", rule))
    last = scene.question(third_account, f"a-{person}", "one")
    refusal_of(lambda: scene.apply(ruled, last), ConversionNotMet)


def test_a_share_of_a_programme_is_not_had_twice_by_two_rulebooks(
    ruled: TestBank, person: int
) -> None:
    plan = conversions.programme(("C1", "1.00"), ("C2", "1.00"), total="2.00")
    name = f"plan-{person}"
    ruled.publish("programme", plan | {"id": name, "institution": COLLEGE})
    for number in (1, 2):
        cap = {
            "id": "half",
            "text": {"zh": "不超过总学分的一半"},
            "share": {"percent": "50.00", "of": "programme"},
        }
        needs = scene.rule()["needs"] | {"at_least": "0.75", "counted_at_most": "0.75"}
        one = scene.rule(
            target={"kind": "course", "programme": name, "courses": [f"C{number}"]},
            needs=needs,
            use={"scope": "academic", "surplus": "kept"},
        )
        document = scene.rulebook(f"p{number}-{person}", COLLEGE, one, bounds={"caps": [cap]})
        ruled.publish("rulebook", document)
    account = ruled.post(completion(f"m-{person}", person)).account
    scene.apply(ruled, scene.question(account, f"p1-{person}"))
    second = scene.question(account, f"p2-{person}")
    refusal_of(lambda: scene.apply(ruled, second), ConversionNotMet)
