"""`token`: issued once, listed without its text, revoked at once."""

from __future__ import annotations

import time

import pytest

from creditbank.domain.access import Role
from creditbank.errors.access import Forbidden, TokenUnknown
from creditbank.errors.identifiers import InvalidOrganisationCode
from creditbank.services import tokens
from creditbank.storage import reading
from tests.banks import SCHOOL
from tests.factories import organisation_code
from tests.integration.cli.commands import Commands, Folder, Result, title_of


def create(commands: Commands, *options: str, org: str = SCHOOL) -> Result:
    return commands.local("token", "create", "--org", org, *options)


def test_a_token_is_shown_once_on_standard_output_and_works(
    commands: Commands, folder: Folder
) -> None:
    made = create(commands, "--role", "institution", "--label", "教务处", "--days", "7")
    assert made.code == 0
    text = made.out.strip()
    assert text not in made.err
    token_id = tokens.token_id_of(text)
    stored = folder.bank.database.read_sync(lambda found: reading.token(found, token_id))
    principal = tokens.principal_of(text, stored, folder.bank.bank.keyring, int(time.time()))
    assert (principal.org, principal.role) == (SCHOOL, Role.INSTITUTION)
    assert stored is not None
    assert abs(stored.expires_at - time.time() - 7 * 86_400) < 60
    listed = commands.local("token", "list")
    assert token_id in listed.out
    assert text not in listed.out


def test_scopes_may_be_fewer_and_never_more_than_the_roles(commands: Commands) -> None:
    made = create(commands, "--role", "institution", "--scope", "outcomes:post", "--json")
    (listed,) = [
        token
        for token in commands.local("token", "list", "--json").json
        if token["id"] == made.json["id"]
    ]
    assert (listed["scopes"], listed["status"]) == (["outcomes:post"], "valid")
    refused = create(commands, "--role", "institution", "--scope", "registers:publish")
    assert (refused.code, refused.out) == (2, "")
    assert title_of(Forbidden) in refused.err


def test_a_revoked_token_is_listed_as_revoked(commands: Commands) -> None:
    token_id = create(commands, "--role", "desk", "--json", org="bank").json["id"]
    assert commands.local("token", "revoke", token_id).code == 0
    listed = {token["id"]: token for token in commands.local("token", "list", "--json").json}
    assert listed[token_id]["status"] == "revoked"
    refused = commands.local("token", "revoke", "nosuch")
    assert (refused.code, title_of(TokenUnknown) in refused.err) == (2, True)


def test_a_holder_who_is_not_registered_yet_is_remarked(commands: Commands) -> None:
    stranger = organisation_code(77)
    made = create(commands, "--role", "institution", org=stranger)
    assert (made.code, stranger in made.err) == (0, True)
    assert SCHOOL not in create(commands, "--role", "institution").err


@pytest.mark.parametrize("org", ["bank", "nonsense", SCHOOL[:-1] + "0"])
def test_only_a_valid_organisation_gets_a_token(commands: Commands, org: str) -> None:
    refused = create(commands, "--role", "institution", org=org)
    assert (refused.code, title_of(InvalidOrganisationCode) in refused.err) == (2, True)


@pytest.mark.parametrize("role", ["learner", "king"])
def test_a_role_that_cannot_be_issued_is_refused_with_those_that_can(
    commands: Commands, role: str
) -> None:
    refused = create(commands, "--role", role)
    assert refused.code == 2
    assert "auditor" in refused.err
