"""Submissions put before the domain, without a ledger: catalogues, cases, outcomes, refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.judging import Case
from creditbank.domain.outcomes import Addition, Outcome, subject_of
from creditbank.domain.registers import parse_register
from creditbank.domain.submissions import OUTCOME, normal_form
from creditbank.errors import CreditBankError
from creditbank.rulebooks import shipped_registers
from tests import factories

SCHOOL = factories.organisation_code(1)
ASSESSOR = factories.organisation_code(2)
COLLEGE = factories.organisation_code(3)
STRANGER = factories.organisation_code(9)
TODAY = date(2026, 7, 1)

Document = tuple[str, dict[str, Any]]


_SHIPPED = {(one.kind, one.document["id"]): one.document for one in shipped_registers()}


def shipped(kind: str, register_id: str) -> dict[str, Any]:
    """Return the document of a shipped register."""
    return deepcopy(_SHIPPED[kind, register_id])


def module(**more: Any) -> Document:
    """Return the module that factories' completions are of, changed as said."""
    return "module", shipped("module", factories.MODULE) | more


def catalogue(*more: Document, before: Catalogue | None = None) -> Catalogue:
    """Return a catalogue: what ships, an assessor, a school and a college, and `more`."""
    known = before or _STANDARD
    items = [
        Published(parse_register(kind, deepcopy(document)), kind, known.size + index, bytes(32))
        for index, (kind, document) in enumerate(more)
    ]
    return known.with_published(items, size=known.size + len(items))


def _standard() -> Catalogue:
    documents = [
        *((kind, document) for (kind, _), document in _SHIPPED.items()),
        ("institution", factories.institution(SCHOOL)),
        ("institution", factories.institution(ASSESSOR, "assessor")),
        ("institution", factories.institution(COLLEGE, "college")),
        ("authorisation", factories.authorisation(SCHOOL)),
        ("authorisation", factories.authorisation(ASSESSOR, stages=["assessment"])),
    ]
    return catalogue(*documents, before=Catalogue())


_STANDARD = Catalogue()
_STANDARD = _standard()


def case(
    submission: dict[str, Any],
    *,
    org: str = SCHOOL,
    known: Sequence[Outcome] = (),
    registers: Catalogue | None = None,
    today: date = TODAY,
) -> Case:
    """Return the case of a submission, validated and normalised as the bank does it."""
    outcome = OUTCOME.validate_python(deepcopy(submission))
    return Case(
        submission=normal_form(outcome),
        org=org,
        subject=subject_of(outcome, org),
        known=known,
        catalogue=registers or _STANDARD,
        today=today,
    )


def outcome(**more: Any) -> Outcome:
    """Return an outcome that was begun and not credited, changed as said."""
    members: dict[str, Any] = {
        "id": "0" * 32,
        "account": "la-aaaaaaaaaaaaaaaa",
        "subject": f"module:{factories.MODULE}",
        "type": "module",
        "org": SCHOOL,
        "title": "工业视觉质检",
        "verification": "issuer",
        "opened_index": 7,
        "module": factories.MODULE,
        "version": "1",
    }
    return Outcome(**(members | more))


def continued(addition: Addition, index: int, *, org: str = SCHOOL) -> Outcome:
    """Return the outcome that entry `index` makes of an addition: it only adds up."""
    marks = {"org": org, "index": index}
    before = addition.begun or outcome(
        subject=addition.subject,
        type=addition.type,
        opened_index=index,
        module=addition.module,
        version=addition.version,
        scene=addition.scene,
        level=addition.level,
    )
    after = replace(
        before,
        verification=addition.verification,
        stages=[*before.stages, *(one | marks for one in addition.stages)],
        attempts=[*before.attempts, *(one | marks for one in addition.attempts)],
    )
    if addition.award is None:
        return after
    return replace(
        after,
        credited_index=index,
        credited_at=index,
        achieved_on=addition.award.achieved_on,
        credits=list(addition.award.credits),
        hours_theory=addition.award.hours_theory,
        hours_practice=addition.award.hours_practice,
    )


def refusal(
    kind: type[CreditBankError], work: Callable[..., object], *arguments: Any
) -> tuple[str | None, dict[str, object]]:
    """Return place and fields of the error of exactly this kind that `work` raises."""
    with pytest.raises(kind) as caught:
        work(*arguments)
    assert type(caught.value) is kind
    assert str(caught.value), "the detail can be filled in from the fields"
    return caught.value.where, caught.value.fields
