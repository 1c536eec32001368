"""Errors about applying rules to outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from creditbank.errors import N_, Malformed, Refused


class FactsInvalid(Malformed):
    """Facts of a case are not of their form; `errors` lists place and reason of each fault."""

    slug = "facts-invalid"
    title = N_("The facts are not valid")
    detail = N_(
        "The outcomes, evidence, earlier decisions or requests are not of their form. Faults:"
        " {count}; the member errors has place and reason of each."
    )


class TargetUnknown(Refused):
    """The rulebook has no such target."""

    slug = "target-unknown"
    title = N_("The rulebook has no such target")
    detail = N_(
        "Rulebook {rulebook} has no target of rule {rule} {course}. Ask for one of its rules, and"
        " of a rule for courses for a course of the programme that it may replace."
    )


class ConversionTooLarge(Refused):
    """There is more to weigh than one evaluation takes."""

    slug = "conversion-too-large"
    title = N_("Too much to evaluate at once")
    detail = N_(
        "One evaluation takes at most {limit} {what}; here are {count}. Ask for fewer targets, or"
        " split the rulebook."
    )


class RuleNotEvaluable(Refused):
    """A register that a rule relies on is not in force, or does not say what the rule needs."""

    slug = "rule-not-evaluable"
    title = N_("A register that the rule relies on is missing")
    detail = N_(
        "Rule {rule} relies on {kind} {id}, which is not in force on the day of the decision or"
        " does not say {member}. Publish it, then evaluate again."
    )


def facts_invalid(faults: Iterable[Mapping[str, str]]) -> FactsInvalid:
    """Return the error for facts with `faults`, each `{where, reason}`."""
    errors = [dict(fault) for fault in faults]
    return FactsInvalid(count=len(errors), errors=errors)
