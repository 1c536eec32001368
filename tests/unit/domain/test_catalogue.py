"""The catalogue: which version counts, and who may give what."""

from __future__ import annotations

from datetime import date

import pytest

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.registers import Register, parse_register
from tests import factories
from tests.cases import ASSESSOR, SCHOOL, STRANGER, catalogue, module, shipped

JUNE = date(2026, 6, 1)
SECOND = module(version="2", valid_from="2026-06-10")


def versions_of(found: Published | None) -> str | None:
    return found.register.version if found else None


def test_adding_a_version_leaves_the_earlier_catalogue_as_it_was() -> None:
    before = catalogue()
    size = before.size
    after = catalogue(SECOND, ("authorisation", factories.authorisation(STRANGER)), before=before)
    assert (before.size, after.size) == (size, size + 2)
    assert [len(one.versions("module", factories.MODULE)) for one in (before, after)] == [1, 2]
    assert not before.authorisations(STRANGER, factories.MODULE, JUNE)
    assert after.authorisations(STRANGER, factories.MODULE, JUNE)


def test_an_empty_catalogue_knows_nothing() -> None:
    empty = Catalogue()
    assert empty.size == 0
    assert empty.versions("module", factories.MODULE) == ()
    assert empty.version("module", factories.MODULE, "1") is None
    assert empty.in_force("module", factories.MODULE, JUNE) is None
    assert empty.module(factories.MODULE, "1") is None
    assert empty.authorisations(SCHOOL, factories.MODULE, JUNE) == ()


def test_a_version_is_found_by_its_number() -> None:
    known = catalogue(SECOND)
    assert versions_of(known.version("module", factories.MODULE, "2")) == "2"
    assert known.version("module", factories.MODULE, "3") is None
    assert known.version("programme", factories.MODULE, "2") is None


def test_a_module_comes_with_where_it_was_published() -> None:
    known = catalogue(SECOND)
    found = known.module(factories.MODULE, "2")
    assert found is not None
    register, published = found
    assert register is published.register
    assert (published.kind, published.index) == ("module", known.size - 1)


def test_a_register_of_another_kind_is_no_module() -> None:
    scale = parse_register("scale", shipped("scale", "letter-5"))
    misfiled = Catalogue().with_published([Published(scale, "module", 0, bytes(32))], size=1)
    assert misfiled.module("letter-5", "1") is None


@pytest.mark.parametrize(
    ("on", "version"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), "1"),
        (date(2026, 6, 9), "1"),
        (date(2026, 6, 10), "2"),
        (date(2099, 1, 1), "2"),
    ],
)
def test_the_version_in_force_depends_on_the_day(on: date, version: str | None) -> None:
    known = catalogue(SECOND)
    assert versions_of(known.in_force("module", factories.MODULE, on)) == version


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ([], {"1": None}),
        ([module(version="2", valid_from="2026-06-10")], {"1": date(2026, 6, 9), "2": None}),
        (
            [module(version="2", valid_from="2026-06-10", valid_to="2026-06-30")],
            {"1": date(2026, 6, 9), "2": date(2026, 6, 30)},
        ),
        (
            [
                module(version="2", valid_from="2026-02-01", valid_to="2026-02-28"),
                module(version="3", valid_from="2026-06-10"),
            ],
            {"1": date(2026, 1, 31), "2": date(2026, 2, 28), "3": None},
        ),
    ],
)
def test_a_version_ends_by_itself_or_when_the_next_one_begins(
    more: list[tuple[str, dict[str, object]]], days: dict[str, date | None]
) -> None:
    known = catalogue(*more)
    found = {
        item.register.version: known.last_day(item.register)
        for item in known.versions("module", factories.MODULE)
    }
    assert found == days


def test_registers_of_each_kind_are_found_by_id_and_day() -> None:
    known = catalogue()
    for register, missing in (
        (known.institution(SCHOOL, JUNE), known.institution(STRANGER, JUNE)),
        (known.credit_system("cn-16", JUNE), known.credit_system("cn-16", date(2018, 12, 31))),
        (known.certificate_kind("x-certificate", JUNE), known.certificate_kind("x-3", JUNE)),
        (known.scale("x-3", JUNE), known.scale("cn-16", JUNE)),
    ):
        assert register is not None
        assert missing is None


def test_an_authorisation_is_for_one_institution_and_one_module() -> None:
    known = catalogue()
    assert [one.institution for one in known.authorisations(SCHOOL, factories.MODULE, JUNE)] == [
        SCHOOL
    ]
    assert not known.authorisations(SCHOOL, "GD-AI-ETH", JUNE)
    assert not known.authorisations(SCHOOL, factories.MODULE, date(2025, 12, 31))


def test_an_authorisation_that_was_renewed_counts_in_each_of_its_periods() -> None:
    renewed = factories.authorisation(SCHOOL, version="2", valid_from="2026-06-10")
    known = catalogue(("authorisation", renewed))
    versions = [
        [one.version for one in known.authorisations(SCHOOL, factories.MODULE, day)]
        for day in (JUNE, date(2026, 6, 10))
    ]
    assert versions == [["1"], ["2"]]


def test_an_authorisation_that_was_withdrawn_or_moved_counts_no_more() -> None:
    ended = factories.authorisation(SCHOOL, version="2", valid_to="2026-05-31")
    moved = factories.authorisation(
        ASSESSOR, "GD-AI-ETH", id=f"{ASSESSOR}-{factories.MODULE}", version="2"
    )
    known = catalogue(("authorisation", ended), ("authorisation", moved))
    assert not known.authorisations(SCHOOL, factories.MODULE, JUNE)
    assert not known.authorisations(ASSESSOR, factories.MODULE, JUNE)
    assert known.authorisations(ASSESSOR, "GD-AI-ETH", JUNE)


def named(known: Catalogue, kind: str, document: dict[str, object]) -> dict[str, str]:
    register: Register = parse_register(kind, document)
    return {f"{key[0]} {key[1]}": one.version for key, one in known.named_by(register).items()}


def test_what_a_register_names_is_taken_as_of_its_first_day() -> None:
    system = shipped("credit_system", "cn-16") | {"version": "2", "valid_from": "2026-06-10"}
    known = catalogue(("credit_system", system))
    assert named(known, *module(version="2")) == {
        "credit_system cn-16": "1",
        "credit_system cn-18": "1",
        "scale percent-100": "1",
    }
    assert named(known, *SECOND)["credit_system cn-16"] == "2"


def test_what_begins_later_or_has_ended_is_still_named() -> None:
    known = catalogue(SECOND)
    early = factories.authorisation(SCHOOL, valid_from="2025-01-01")
    assert named(known, "authorisation", early) == {
        f"institution {SCHOOL}": "1",
        f"module {factories.MODULE}": "2",
    }
    assert named(known, "authorisation", factories.authorisation(STRANGER, "GD-XX")) == {}


def test_what_is_remembered_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.domain.catalogue._REMEMBERED_MAX", 2)
    known = catalogue(SECOND)
    days = [JUNE, date(2026, 6, 10), date(2025, 12, 31), date(2026, 6, 11)]
    asked = [[versions_of(known.in_force("module", factories.MODULE, on)) for on in days]] * 3
    assert asked == [["1", "2", None, "2"]] * 3
    assert len(known._in_force) <= 2
    later = catalogue(module(version="3", valid_from="2026-06-01"), before=known)
    assert versions_of(later.in_force("module", factories.MODULE, JUNE)) == "3"
