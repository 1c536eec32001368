"""Theorems about certificates, whatever their facts are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.credentials import badges, proofs, selective, signing, status
from creditbank.domain.certifying import (
    AchievementFacts,
    CreditFacts,
    HolderFacts,
    LevelFacts,
    Names,
    Purpose,
    ResultFacts,
    SkillFacts,
    StatusMessage,
)
from creditbank.domain.verification import Result
from tests.credential_scene import (
    ACHIEVEMENT,
    CREATED,
    ISSUER,
    KEY,
    World,
    answers,
    copied,
    issue,
    sd_jwt,
    signed,
)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
names = st.builds(Names, texts, st.none() | texts)
amounts = st.integers(0, 99_999_999)
positions = st.integers(0, status.POSITIONS - 1)
achievements = st.builds(
    replace,
    st.just(ACHIEVEMENT),
    name=names,
    description=names,
    criteria=names,
    code=texts,
    hours_theory=amounts,
    hours_practice=amounts,
    credits=st.lists(st.builds(CreditFacts, texts, amounts), max_size=2).map(tuple),
    results=st.lists(st.builds(ResultFacts, texts, texts, texts), max_size=2).map(tuple),
    level=st.none() | st.builds(LevelFacts, texts, st.integers(0, 99), texts),
    skills=st.lists(st.builds(SkillFacts, texts, st.none() | texts), max_size=2).map(tuple),
    scene=st.none() | texts,
)
holders = st.builds(HolderFacts, st.uuids().map(lambda one: f"urn:uuid:{one}"), st.none() | texts)


@settings(max_examples=8, deadline=None)
@given(achievement=achievements, holder=holders)
def test_whatever_the_facts_are_the_signature_covers_all_of_the_badge(
    achievement: AchievementFacts, holder: HolderFacts
) -> None:
    document = signed(badges.open_badge(achievement, holder, issue(), ISSUER))
    proofs.check_proof(document, document["proof"], KEY.public)
    proofs.check_coverage(document, document["proof"])


_JCS_BADGE = signed(badges.open_badge(ACHIEVEMENT, HolderFacts("urn:uuid:x"), issue(), ISSUER),
                    KEY, signing.JCS)  # fmt: skip


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [leaf for name, one in value.items() for leaf in _leaves(one, (*path, name))]
    if isinstance(value, list):
        return [leaf for at, one in enumerate(value) for leaf in _leaves(one, (*path, at))]
    return [path]


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(_leaves(_JCS_BADGE)), text=texts)
def test_no_single_change_leaves_a_certificate_valid(
    path: tuple[str | int, ...], text: str
) -> None:
    document = copied(_JCS_BADGE)
    member = document
    for name in path[:-1]:
        member = member[name]
    if member[path[-1]] == text:
        return
    member[path[-1]] = text
    report = World().verify(document)
    assert report.result is not Result.VALID
    assert report.credentials == []


@settings(max_examples=40, deadline=None)
@given(
    shown=st.sets(st.sampled_from(selective.DISCLOSABLE)),
    secret=st.binary(min_size=16, max_size=32),
)
def test_every_choice_of_members_verifies_and_shows_nothing_else(
    shown: set[str], secret: bytes
) -> None:
    report = World().verify(selective.present(sd_jwt(salt_secret=secret), shown))
    assert (report.result, answers(report)) == (Result.VALID, set())
    assert set(report.credentials[0].shown) <= shown


@settings(max_examples=20, deadline=None)
@given(
    marked=st.dictionaries(
        positions, st.frozensets(st.sampled_from(StatusMessage), min_size=1), max_size=20
    ),
    other=positions,
)
def test_a_list_says_of_each_position_exactly_what_was_put_there(
    marked: dict[int, frozenset[StatusMessage]], other: int
) -> None:
    made = status.list_credential(
        "https://bank.example/status/message-1",
        Purpose.MESSAGE,
        marked,
        issuer=ISSUER,
        key=KEY,
        created=CREATED,
    )
    for position in (*marked, other):
        assert status.read_messages(made, position) == marked.get(position, frozenset())
