"""Facts as documents say them: the cases of rulebooks, simulations, and requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, ValidationError

from creditbank.domain.conversion.facts import (
    EvidenceFact,
    OutcomeFact,
    PriorGrant,
    PriorUse,
    Request,
    Score,
)
from creditbank.domain.registers.faults import Fault, faults_of
from creditbank.domain.registers.members import (
    CivilDate,
    Line,
    Many,
    MemberName,
    RegisterId,
    StageName,
)
from creditbank.domain.registers.record import Record
from creditbank.domain.registers.register import Credit, Level, OccupationRef
from creditbank.domain.rules.rule import Scope
from creditbank.domain.rules.selection import IssuerRole, OutcomeType, Verification
from creditbank.domain.units import AmountText, hundredths
from creditbank.errors.conversion import FactsInvalid, facts_invalid
from creditbank.errors.ledger import NotCanonical
from creditbank.ledger import canonical

R = TypeVar("R", bound=Record)

VALUE_BYTES_MAX: Final = 4096
"""How long evidence may be in canonical JSON."""

VALUE_DEPTH_MAX: Final = 8
"""How many brackets deep it may be: the deepest form has five."""

CONFIRMERS: Final = ("learner", "owner", "registry")
"""Whose word evidence may be, the weakest first."""

UnitName = Annotated[str, Field(pattern=r"^(class_hours|outcomes|(credit|worth):[A-Za-z0-9._-]+)$")]


class ScoreForm(Record):
    """A result on a scale, of one part or of the whole."""

    scale: RegisterId
    value: Line
    part: MemberName | None = None


class OutcomeForm(Record):
    """A credited outcome; what does not apply is absent."""

    id: Line
    type: OutcomeType
    achieved_on: CivilDate
    verification: Verification = "issuer"
    title: Line | None = None
    module: RegisterId | None = None
    module_version: Line | None = None
    equivalence_group: RegisterId | None = None
    common_core: bool = False
    scene: Line | None = None
    occupation: OccupationRef | None = None
    level: Level | None = None
    issuer: Line | None = None
    issuer_roles: Many[IssuerRole] = ()
    stages: Many[StageName] = ()
    scores: Many[ScoreForm] = ()
    certificate_kind: RegisterId | None = None
    course: Line | None = None
    course_title: Line | None = None
    delivery: Literal["online", "onsite", "mixed"] | None = None
    credits: Many[Credit] = ()
    class_hours: AmountText = "0.00"
    assessment_event: Line | None = None
    learning_event: Line | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield an amount given twice in one credit system."""
        yield from super().contradictions()
        systems = [credit.system for credit in self.credits]
        for position, system in enumerate(systems):
            if system in systems[:position]:
                yield Fault(f"/credits/{position}/system", "repeated")

    def fact(self) -> OutcomeFact:
        """Return what the document says."""
        simple = (
            *("id", "type", "achieved_on", "verification", "module", "module_version"),
            *("equivalence_group", "common_core", "scene", "issuer", "certificate_kind"),
            *("course", "course_title", "delivery", "assessment_event", "learning_event"),
        )
        occupation, level = self.occupation, self.level
        return OutcomeFact(
            title=self.title or self.course_title or "",
            occupation=None if occupation is None else (occupation.edition, occupation.code),
            level=None if level is None else (level.scale, level.rank),
            issuer_roles=frozenset(self.issuer_roles),
            stages=frozenset(self.stages),
            scores=tuple(Score(one.scale, one.value, one.part) for one in self.scores),
            credits={one.system: hundredths(one.amount) for one in self.credits},
            class_hours=hundredths(self.class_hours),
            **{name: getattr(self, name) for name in simple},
        )


class EarlierUse(Record):
    """What an earlier decision took of an outcome: all of it, unless an amount is given."""

    outcome: Line
    scope: Scope = "academic"
    rule: RegisterId
    sharing: Literal["exclusive", "shared", "free"] = "exclusive"
    unit: UnitName = "outcomes"
    amount: AmountText | None = None
    of: AmountText | None = None

    def contradictions(self) -> Iterator[Fault]:
        """Yield an amount without the whole, and one that is more than the whole."""
        yield from super().contradictions()
        if (self.amount is None) != (self.of is None):
            yield Fault("/of" if self.of is None else "/amount", "missing")
        elif self.amount and self.of and hundredths(self.amount) > hundredths(self.of):
            yield Fault("/amount", "above_the_whole")

    def fact(self) -> PriorUse:
        """Return what the document says."""
        whole = self.amount is None
        return PriorUse(
            outcome=self.outcome,
            scope=self.scope,
            rule=self.rule,
            sharing=self.sharing,
            whole=whole or self.amount == self.of,
            unit=self.unit,
            amount=100 if self.amount is None else hundredths(self.amount),
            of=100 if self.of is None else hundredths(self.of),
        )


class EarlierGrant(Record):
    """What an earlier decision granted; `rulebook` absent means the one that is tested."""

    rulebook: RegisterId | None = None
    rule: RegisterId
    target: Annotated[str, Field(max_length=600)]
    granted: AmountText = "0.00"
    system: RegisterId | None = None
    outcomes: Many[Line] = ()

    def fact(self, rulebook: str) -> PriorGrant:
        """Return what the document says, granted under `rulebook` if it names none."""
        return PriorGrant(
            rulebook=self.rulebook or rulebook,
            rule=self.rule,
            target=self.target,
            granted=hundredths(self.granted),
            system=self.system,
            outcomes=self.outcomes,
        )


class RequestForm(Record):
    """A target asked for: a rule, and of one for courses perhaps the course."""

    rule: RegisterId
    course: Line | None = None


def parse_outcome(document: object) -> OutcomeFact:
    """Return the facts of one outcome: the members of OutcomeFact, amounts as decimals.

    `credits` is a list of {system, amount}, `level` {scale, rank}, `occupation` {edition, code},
    `scores` a list of {scale, value, part?}. Raises FactsInvalid with every fault.
    """
    return _read(OutcomeForm, document).fact()


def parse_evidence(document: object) -> tuple[EvidenceFact, ...]:
    """Return the evidence that `document` supplies, an object with a member for each.

    A member is an object: what it says, and `confirmed_by` (learner · owner · registry; owner, if
    absent). Three short forms: true or false for a statement, a date for a birth date, an amount.
    What each kind says: enrolment, schooling and apprenticeship have the members that `accepts`
    names; work has `periods`, each {from, to?, occupation?: {edition, code}, related?: [the same]};
    a birth date `date`; an amount `amount`, or `amounts`, each {outcome, amount}; a statement
    `holds`. Longer or deeper than any of them is none. Raises FactsInvalid.
    """
    if not isinstance(document, Mapping):
        raise _invalid(Fault("", "type"))
    return tuple(_evidence(name, document[name]) for name in sorted(document, key=str))


def parse_earlier(
    documents: Iterable[object], rulebook: str = ""
) -> tuple[tuple[PriorUse, ...], tuple[PriorGrant, ...]]:
    """Return earlier uses and grants; a document with the member `target` is a grant.

    A use: {outcome, scope?, rule, sharing?, unit?, amount?, of?}, all of it without an amount.
    A grant: {rulebook?, rule, target, granted?, system?, outcomes?}. Raises FactsInvalid.
    """
    uses, grants = [], []
    for position, document in enumerate(documents):
        if isinstance(document, Mapping) and "target" in document:
            grants.append(_read(EarlierGrant, document, f"/{position}").fact(rulebook))
        else:
            uses.append(_read(EarlierUse, document, f"/{position}").fact())
    return tuple(uses), tuple(grants)


def parse_requests(documents: Iterable[object]) -> tuple[Request, ...]:
    """Return the targets asked for, each {rule, course?}. Raises FactsInvalid."""
    forms = [_read(RequestForm, one, f"/{place}") for place, one in enumerate(documents)]
    return tuple(Request(form.rule, form.course) for form in forms)


def _evidence(name: object, value: Any) -> EvidenceFact:
    where = f"/{name}"
    said = _long_form(value)
    if not isinstance(name, str) or said is None:
        raise _invalid(Fault(where, "type"))
    confirmed_by = said.pop("confirmed_by", "owner")
    if confirmed_by not in CONFIRMERS:
        raise _invalid(Fault(f"{where}/confirmed_by", "not_one_of"))
    _check_value(said, where)
    return EvidenceFact(name, confirmed_by, said)


def _check_value(value: dict[str, Any], where: str) -> None:
    """Refuse with `FactsInvalid` what does not fit into an entry, or is no evidence for its size.

    It is kept in the entry of each decision that rests on it, some brackets deeper.
    """
    try:
        length = len(canonical.encode(value))
    except NotCanonical as error:
        fault = Fault(where + (error.where or ""), str(error.fields["reason"]))
        raise _invalid(fault) from None
    if length > VALUE_BYTES_MAX:
        raise _invalid(Fault(where, "too_long"))
    if _depth(value) > VALUE_DEPTH_MAX:
        raise _invalid(Fault(where, "depth"))


def _depth(value: object) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _long_form(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bool):
        return {"holds": value}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, str | int):
        is_date = isinstance(value, str) and value.count("-") == 2  # noqa: PLR2004  # Y-M-D
        return {"date" if is_date else "amount": value}
    return None


def _read(form: type[R], document: object, where: str = "") -> R:
    """Return the record; raises FactsInvalid with the faults as seen from `where`."""
    try:
        return form.model_validate(document)
    except ValidationError as error:
        raise _invalid(*(fault.below(where) for fault in faults_of(error))) from None


def _invalid(*faults: Fault) -> FactsInvalid:
    return facts_invalid(fault.members() for fault in faults)
