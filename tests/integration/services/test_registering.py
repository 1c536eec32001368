"""Publishing register versions: by whom, and who sees them from when on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.domain.access import Role
from creditbank.errors.access import OutsideJurisdiction, Unauthenticated
from creditbank.errors.recording import ModuleUnknown, NotAuthorised
from creditbank.errors.registers import RegisterInvalid
from creditbank.services.registering import PublishRegister
from creditbank.storage import access, reading
from creditbank.storage.journal import Recorder, Work, record_now
from tests import factories
from tests.banks import AUTHORITY, COLLEGE, SCHOOL, TestBank, refusal_of
from tests.factories import completion, study

NEW = factories.organisation_code(70)


def module(**more: Any) -> dict[str, Any]:
    return {
        "id": "TEST-1",
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": "测试模块"},
        "region": "440000",
        "kind": "other",
        "hours": {"theory": "8.00", "practice": "0.00"},
        "stages": [{"stage": "study"}],
    } | more


def publishing(bank: TestBank, kind: str, document: Any, org: str = AUTHORITY) -> PublishRegister:
    return PublishRegister(kind, document, bank.poster(org), bank.bank.keyring)


def test_an_authority_publishes_within_its_jurisdiction(bank: TestBank) -> None:
    answer = bank.do(publishing(bank, "institution", factories.institution(NEW)))
    assert answer.index == bank.size - 1
    versions = bank.database.read_sync(
        lambda connection: reading.register_versions(connection, "institution", NEW)
    )
    assert [(one.version, one.index, one.digest) for one in versions] == [
        ("1", answer.index, answer.digest)
    ]
    assert versions[0].document["id"] == NEW
    bank.require_clean()


def test_others_and_other_regions_are_refused_without_a_trace(bank: TestBank) -> None:
    before = bank.rows()
    far = factories.institution(NEW, region="450100")
    for document, org in ((far, AUTHORITY), (factories.institution(NEW), SCHOOL)):
        work = publishing(bank, "institution", document, org)
        refusal = refusal_of(lambda work=work: bank.do(work), OutsideJurisdiction)  # type: ignore[misc]
        assert refusal.where == "/region"
    assert bank.rows() == before


def test_an_authority_widens_nobody_s_jurisdiction(bank: TestBank) -> None:
    """Neither its own nor, through somebody of its region, another's."""
    before = bank.rows()
    for code, version in ((AUTHORITY, "2"), (NEW, "1")):
        for jurisdiction in ("00", "450000"):
            wider = factories.authority(code, version=version) | {"jurisdiction": jurisdiction}
            work = publishing(bank, "institution", wider)
            refusal = refusal_of(lambda work=work: bank.do(work), OutsideJurisdiction)  # type: ignore[misc]
            assert (refusal.where, refusal.fields["region"]) == ("/jurisdiction", jurisdiction)
    assert bank.rows() == before
    bank.do(publishing(bank, "institution", factories.authority(NEW, "440300")))


def test_an_authority_takes_over_nothing_of_a_wider_region(bank: TestBank) -> None:
    """A new version takes the place of those before, so these must be the authority's as well."""
    city = factories.organisation_code(71, "11")
    bank.publish("institution", factories.authority(city, "440300"))
    bank.tokens[city] = bank.token(city, Role.AUTHORITY)
    versions = bank.database.read_sync(
        lambda connection: reading.register_versions(connection, "module", factories.MODULE)
    )
    taken = versions[0].document | {"version": "99", "region": "440300"}
    before = bank.rows()
    refusal = refusal_of(
        lambda: bank.do(publishing(bank, "module", taken, city)), OutsideJurisdiction
    )
    assert (refusal.where, refusal.fields["region"]) == ("/id", "440000")
    assert bank.rows() == before
    bank.do(publishing(bank, "module", module(region="440300"), city))
    bank.do(publishing(bank, "module", module(region="440300", version="2"), city))


def test_a_suspended_authority_publishes_nothing(bank: TestBank) -> None:
    suspended = factories.authority(AUTHORITY, version="2", status="suspended")
    bank.publish("institution", suspended)
    work = publishing(bank, "institution", factories.institution(NEW))
    refusal_of(lambda: bank.do(work), OutsideJurisdiction)


def test_a_revoked_token_publishes_nothing(bank: TestBank) -> None:
    token = bank.tokens[AUTHORITY].id
    bank.database.write_sync(lambda connection: access.revoke_token(connection, token, 1))
    work = publishing(bank, "institution", factories.institution(NEW))
    refusal_of(lambda: bank.do(work), Unauthenticated)


def test_what_names_something_unknown_is_refused_without_a_trace(bank: TestBank) -> None:
    before = bank.rows()
    for kind, document in (
        ("authorisation", factories.authorisation(NEW)),
        ("module", module(credits=[{"system": "no-such", "amount": "1.00"}])),
    ):
        with pytest.raises(RegisterInvalid):
            bank.do(publishing(bank, kind, document))
    assert bank.rows() == before


def test_a_version_counts_from_the_day_it_says(bank: TestBank) -> None:
    """An authorisation that begins in June does not cover what was trained in May."""
    bank.do(publishing(bank, "module", module()))
    later = factories.authorisation(SCHOOL, "TEST-1", valid_from="2026-06-03")
    bank.do(publishing(bank, "authorisation", later))
    named = {"id": "TEST-1", "version": "1"}
    refusal_of(lambda: bank.post(completion("s-1", 1, study(), module=named)), NotAuthorised)
    in_time = study(begun_on="2026-06-03")
    assert bank.post(completion("s-2", 1, in_time, module=named)).awarded is not None
    bank.require_clean()


async def test_a_register_is_seen_by_the_next_in_its_group(bank: TestBank) -> None:
    """Module, authorisation and a first completion arrive in the same moment."""
    named = {"id": "TEST-1", "version": "1"}
    works: list[Work] = [
        bank.intake.outcome(completion("s-0", 1, study(), module=named), bank.poster()),
        publishing(bank, "module", module()),
        publishing(bank, "authorisation", factories.authorisation(SCHOOL, "TEST-1")),
        bank.intake.outcome(completion("s-1", 1, study(), module=named), bank.poster()),
    ]
    journal = bank.bank.journal
    waiting = [asyncio.create_task(journal.submit(work)) for work in works]
    await asyncio.sleep(0)
    journal.start()
    answers: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
    await bank.bank.close()
    assert type(answers[0]) is ModuleUnknown
    assert answers[3].awarded is not None
    bank.require_clean()


def test_a_register_is_seen_by_another_server_at_once(bank: TestBank) -> None:
    """Each server keeps a catalogue; the head says when it is out of date."""
    other = Recorder(bank.bank.keyring)
    named = {"id": "TEST-1", "version": "1"}

    def post_there(source_id: str) -> Any:
        work = bank.intake.outcome(completion(source_id, 1, study(), module=named), bank.poster())
        return record_now(bank.database, other, work)

    refusal_of(lambda: post_there("s-1"), ModuleUnknown)
    bank.do(publishing(bank, "module", module()))
    refusal_of(lambda: post_there("s-1"), NotAuthorised)
    bank.do(publishing(bank, "authorisation", factories.authorisation(SCHOOL, "TEST-1")))
    assert post_there("s-1").awarded is not None
    bank.publish("institution", factories.institution(COLLEGE, "college", version="2"))
    bank.require_clean()


def test_a_write_that_failed_leaves_nothing_in_the_catalogue(bank: TestBank) -> None:
    """The catalogue is kept between groups; what was rolled back must not be in it."""
    work = publishing(bank, "module", module())

    def fail(connection: Any) -> None:
        bank.bank.recorder.record(connection, [work])
        raise LookupError

    with pytest.raises(LookupError):
        bank.database.write_sync(fail)
    named = {"id": "TEST-1", "version": "1"}
    refusal_of(lambda: bank.post(completion("s-1", 1, study(), module=named)), ModuleUnknown)
    assert bank.do(work).replayed is False
    refusal_of(lambda: bank.post(completion("s-1", 1, study(), module=named)), NotAuthorised)
