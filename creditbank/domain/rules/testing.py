"""Running the test cases that a rulebook brings with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from creditbank.domain.conversion.evaluating import Converter
from creditbank.domain.conversion.facts import Case as Facts
from creditbank.domain.conversion.parsing import (
    parse_earlier,
    parse_evidence,
    parse_outcome,
    parse_requests,
)
from creditbank.domain.conversion.results import TargetResult, Verdict
from creditbank.domain.registers import Registers
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.rule import Case, Expected
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.domain.rules.walking import cases_of
from creditbank.domain.units import amount_text
from creditbank.errors import CreditBankError

EFFORT_MAX: Final = 10_000
"""What all cases of a rulebook together may cost, in thousandths of the solver's unit."""

EFFORT_OF_CASE: Final = 2_000
"""What one may cost: an example is small, and a learner's evaluation may cost four times it."""

_NOT_IN_FORCE = Verdict.NOT_IN_FORCE


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A test case that was run: `findings` is empty if it came out as it expects."""

    where: str
    case: Case
    results: tuple[TargetResult, ...]
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.findings


def run_cases(
    rulebook: Rulebook,
    frames: Sequence[Rulebook],
    registers: Registers,
    effort: int = EFFORT_MAX,
) -> list[CaseResult]:
    """Return the result of each test case, in the order of the document.

    `registers` are those that the rulebook and its frames name, `frames` those above it, nearest
    first. All cases share `effort`; those that come after it is spent are undecided.
    """
    converter = Converter([rulebook, *frames], registers)
    results = []
    for where, case in cases_of(rulebook):
        result, spent = _run(where, case, converter, min(effort, EFFORT_OF_CASE))
        effort = max(0, effort - spent)
        results.append(result)
    return results


def case_findings(results: Iterable[CaseResult]) -> list[Finding]:
    """Return what the cases that failed have to say."""
    return [finding for result in results for finding in result.findings]


def _run(where: str, case: Case, converter: Converter, effort: int) -> tuple[CaseResult, int]:
    """Return the result of a case and the effort that it took."""
    try:
        uses, grants = parse_earlier(case.earlier, converter.chain.own.id)
        facts = Facts(
            on=case.on,
            outcomes=tuple(map(parse_outcome, case.outcomes)),
            evidence=parse_evidence(case.evidence),
            prior_uses=uses,
            prior_grants=grants,
        )
        evaluation = converter.evaluate(facts, parse_requests(case.requested), effort=effort)
    except CreditBankError as error:
        told = found(where, "case_unreadable", case=case.title.zh, why=_why(error))
        return CaseResult(where, case, (), (told,)), 0
    findings = tuple(_compare(where, case, evaluation.results))
    return CaseResult(where, case, evaluation.results, findings), evaluation.steps


def _why(error: CreditBankError) -> str:
    """Return an error in short: its first place and reason, or else its text."""
    errors = error.fields.get("errors")
    if isinstance(errors, list) and errors:
        return f"{errors[0].get('where', '')} {errors[0].get('reason', '')}".strip()
    return f"{error.slug} {' '.join(map(str, error.fields.values()))}".strip()


def _compare(where: str, case: Case, results: Sequence[TargetResult]) -> Iterator[Finding]:
    expected_rules = {one.rule for one in case.expect}
    if any(one.rule in expected_rules and one.verdict is _NOT_IN_FORCE for one in results):
        yield found(f"{where}/on", "case_not_in_force", case=case.title.zh, on=case.on)
        return
    for position, expected in enumerate(case.expect):
        place = f"{where}/expect/{position}"
        chosen = [one for one in results if _is_of(one, expected)]
        if not chosen:
            yield _differs(place, "result", case, expected, expected.result, "—")
        elif any(one.verdict is Verdict.UNDECIDED for one in chosen):
            yield found(place, "case_undecided", case=case.title.zh)
        else:
            yield from _differences(place, case, expected, _best(chosen))


def _is_of(result: TargetResult, expected: Expected) -> bool:
    if result.rule != expected.rule:
        return False
    return expected.course is None or result.target.endswith(f":{expected.course}")


def _best(results: Sequence[TargetResult]) -> TargetResult:
    """Return the result that a case means which names a rule for several courses and no course."""
    return min(results, key=lambda one: one.verdict is not Verdict.MET)


def _differences(
    place: str, case: Case, expected: Expected, result: TargetResult
) -> Iterator[Finding]:
    if result.verdict.value != expected.result:
        found_verdict = result.verdict.value
        yield _differs(f"{place}/result", "result", case, expected, expected.result, found_verdict)
        return
    if expected.granted is not None:
        granted = amount_text(result.granted or 0)
        if granted != expected.granted:
            yield _differs(f"{place}/granted", "granted", case, expected, expected.granted, granted)
    if expected.uses is not None:
        used = sorted({one.outcome for one in result.counted})
        if used != sorted(expected.uses):
            wanted = ", ".join(sorted(expected.uses))
            yield _differs(f"{place}/uses", "uses", case, expected, wanted, ", ".join(used))
    if expected.missing is not None:
        missing = str(result.trace.get("missing", "0.00"))
        if missing != expected.missing:
            yield _differs(f"{place}/missing", "missing", case, expected, expected.missing, missing)


def _differs(  # noqa: PLR0917  # all that a reader wants to know
    place: str, member: str, case: Case, expected: Expected, wanted: str, got: str
) -> Finding:
    target = expected.rule + (f"/{expected.course}" if expected.course else "")
    return found(
        place,
        "case_differs",
        case=case.title.zh,
        member=member,
        target=target,
        expected=wanted or "—",
        found=got or "—",
    )
