"""Roles and scopes: a token opens what it holds and its role may hold, and nothing else."""

from __future__ import annotations

import pytest

from creditbank.domain.access import SCOPES, Principal, Role, Scope


def principal(role: Role, *scopes: str) -> Principal:
    return Principal("t-1", "91449999000000001D", role, frozenset(scopes))


def test_every_role_has_scopes_and_every_scope_has_a_role() -> None:
    assert set(SCOPES) == set(Role)
    assert frozenset().union(*SCOPES.values()) == set(Scope)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("scope", Scope)
def test_a_token_with_all_scopes_of_its_role_may_no_more_than_these(
    role: Role, scope: Scope
) -> None:
    assert principal(role, *SCOPES[role]).may(scope) is (scope in SCOPES[role])


@pytest.mark.parametrize("role", Role)
def test_a_token_without_scopes_may_nothing(role: Role) -> None:
    assert not any(principal(role).may(scope) for scope in Scope)


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.LEARNER, Scope.AUDIT),
        (Role.INSTITUTION, Scope.PUBLISH),
        (Role.AUTHORITY, Scope.READ_GRANTED),
        (Role.DESK, Scope.OWN),
    ],
)
def test_a_scope_that_the_role_may_not_hold_opens_nothing(role: Role, scope: Scope) -> None:
    assert not principal(role, scope.value).may(scope)


def test_scopes_are_known_by_the_text_in_the_token() -> None:
    assert principal(Role.INSTITUTION, "outcomes:post").may(Scope.POST)
    assert not principal(Role.INSTITUTION, "outcomes").may(Scope.POST)


@pytest.mark.parametrize(
    ("scope", "roles"),
    [
        (Scope.POST, {Role.INSTITUTION, Role.COLLEGE}),
        (Scope.REVOKE, {Role.AUTHORITY}),
        (Scope.PUBLISH, {Role.AUTHORITY}),
        (Scope.AUDIT, {Role.AUDITOR}),
        (Scope.OWN, {Role.LEARNER}),
        (Scope.SERVE_LEARNER, {Role.DESK}),
        (Scope.READ_GRANTED, {Role.COLLEGE}),
    ],
)
def test_what_matters_most_is_open_to_few(scope: Scope, roles: set[Role]) -> None:
    assert {role for role in Role if scope in SCOPES[role]} == roles
