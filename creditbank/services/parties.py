"""Whose business a decision is, and whose each of its steps.

Somebody is judged as they are today: by the register, and by what the decision says of its owner
and of those on whose word it rests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from creditbank.domain.access import Principal, Role, Scope
from creditbank.domain.civil_time import civil_date
from creditbank.domain.identifiers import region_contains
from creditbank.errors.decisions import ConversionUnknown, StepNotYours

if TYPE_CHECKING:
    from creditbank.domain.catalogue import Catalogue, Published
    from creditbank.domain.decisions import Decision
    from creditbank.domain.registers import Institution
    from creditbank.domain.rules.rulebook import ProcedureStep
    from creditbank.storage.book import Book


def version_of(catalogue: Catalogue, decision: Decision) -> Published:
    """Return the rulebook version that a decision was applied for under."""
    found = catalogue.version("rulebook", decision.rulebook, decision.version)
    assert found is not None  # noqa: S101  # a decision names a version of its own log
    return found


def is_party_to(catalogue: Catalogue, now: int, principal: Principal, decision: Decision) -> bool:
    """Return whether a decision is somebody's business: learner, owner, evaluator, authority, bank.

    An auditor reads every decision and is party to none.
    """
    if principal.may(Scope.DECIDE) and principal.org in decision.evaluators:
        return True
    return sees_whole(catalogue, now, principal, decision)


def sees_whole(catalogue: Catalogue, now: int, principal: Principal, decision: Decision) -> bool:
    """Return whether somebody is party to a decision otherwise than by an outcome of theirs.

    An evaluator vouches for outcomes, and is not told what else was shown of the learner.
    """
    if principal.account is not None:
        return principal.account == decision.account and principal.may(Scope.OWN)
    if principal.may(Scope.SERVE_LEARNER):
        return True
    if not principal.may(Scope.DECIDE):
        return False
    if principal.org == decision.owner:
        return True
    region = version_of(catalogue, decision).register.region
    return principal.role is Role.AUTHORITY and _covers(catalogue, now, principal.org, region)


def require_party_to(
    catalogue: Catalogue, now: int, principal: Principal, decision: Decision
) -> None:
    """Refuse with `ConversionUnknown` whoever a decision is no business of."""
    if not is_party_to(catalogue, now, principal, decision):
        raise ConversionUnknown(conversion=decision.id)


def check_party(book: Book, principal: Principal, decision: Decision, step: ProcedureStep) -> None:
    """Refuse with `StepNotYours` unless the rulebook gives a step to who wants to take it."""
    if not takes_step(book.catalogue, book.now, principal, decision, step):
        raise StepNotYours(step=step.id, by=step.by)


def takes_step(
    catalogue: Catalogue,
    now: int,
    principal: Principal,
    decision: Decision,
    step: ProcedureStep,
) -> bool:
    """Return whether a step is somebody's to take.

    An evaluator (评价组织) is an assessor that posted or issued what the decision rests on; an
    authority one whose jurisdiction covers the rulebook's region; the bank its desk. Whoever is
    not active in the register on the day takes none.
    """
    if step.by == "learner":
        return principal.account == decision.account and principal.may(Scope.OWN)
    if step.by == "bank":
        return principal.may(Scope.SERVE_LEARNER)
    if not principal.may(Scope.DECIDE):
        return False
    if step.by == "owner":
        return principal.org == decision.owner and _is_active(
            catalogue.institution(principal.org, civil_date(now))
        )
    if step.by == "evaluator":
        return principal.org in decision.evaluators and _is_assessor(
            catalogue.institution(principal.org, civil_date(now))
        )
    region = version_of(catalogue, decision).register.region
    return principal.role is Role.AUTHORITY and _covers(catalogue, now, principal.org, region)


def _is_assessor(institution: Institution | None) -> bool:
    return _is_active(institution) and "assessor" in institution.roles


def _is_active(institution: Institution | None) -> TypeGuard[Institution]:
    return institution is not None and institution.status == "active"


def _covers(catalogue: Catalogue, now: int, org: str, region: str) -> bool:
    authority = catalogue.institution(org, civil_date(now))
    if not _is_active(authority) or authority.jurisdiction is None:
        return False
    return region_contains(authority.jurisdiction, region)
