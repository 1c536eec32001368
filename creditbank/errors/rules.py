"""Errors about rulebooks: why one cannot be read, or is refused at publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from creditbank.errors import N_, Malformed, Refused, Unavailable

REASONS: Final[dict[str, str]] = {
    "syntax": N_("this is not YAML; look at indentation, colons and quotes"),
    "too_large": N_("the text is too long"),
    "too_deep": N_("it is nested too deeply"),
    "duplicate_member": N_("this member occurs twice"),
    "member_name": N_("the name of a member has to be text"),
    "merge_key": N_("merge keys are not allowed; write the members out"),
    "tag": N_("tags are not allowed; leave out what begins with an exclamation mark"),
    "several_documents": N_("one file holds one document"),
    "depth": N_("levels"),
    "values": N_("values"),
    "characters": N_("characters"),
    "rules": N_("rules"),
    "conditions": N_("conditions"),
    "conditions_of_a_rule": N_("conditions in one rule"),
    "cases": N_("test cases"),
    "outcomes_of_a_case": N_("outcomes in one test case"),
    "caps": N_("caps in one place"),
    "case_work": N_("outcomes of all test cases times conditions"),
    "evidence": N_("kinds of evidence in one place"),
    "exclusions": N_("exclusions, or courses in one of them"),
    "same_content": N_("groups of the same content"),
    "selections_within": N_("selections inside one another"),
    "selected": N_("values in one member of a selection"),
    "targets": N_("courses that all rules together match"),
}
"""What the codes mean that the errors below carry in `reason` and `what`."""


class YamlUnreadable(Malformed):
    """A text is not YAML as rulebooks use it; `line` and `column` count from 1."""

    slug = "yaml-unreadable"
    title = N_("The YAML text cannot be read")
    detail = N_("Line {line}, column {column}: {reason}. Mend it and read it again.")


class DraftUnreadable(Malformed):
    """A file holds neither a rulebook nor registers."""

    slug = "rulebook-draft-unreadable"
    title = N_("The file holds no rulebook")
    detail = N_(
        "The file is neither a rulebook nor a list of registers, each with its kind and documents."
        " docs/rulebooks.md shows the form."
    )


class RulebookTooLarge(Malformed):
    """A rulebook has more of something than one may have; `limit` says how much is allowed."""

    slug = "rulebook-too-large"
    title = N_("The rulebook is too large")
    detail = N_(
        "One rulebook may have at most {limit}: {what}. This one has more; divide it into several"
        " rulebooks under one frame."
    )


class RulebookFaulty(Refused):
    """Base of what is wrong with a rulebook that can be read; `errors` has place and reason."""


class RulebookCycle(RulebookFaulty):
    """A rulebook would be under itself."""

    slug = "rulebook-cycle"
    title = N_("The rulebook would be under itself")
    detail = N_(
        "The frames that the rulebook is under lead back to it, or go higher than eight. Name"
        " another frame in under."
    )


class RulebookCodeUnknown(RulebookFaulty):
    """A rulebook names what no register has."""

    slug = "rulebook-code-unknown"
    title = N_("The rulebook names what is not registered")
    detail = N_(
        "The rulebook uses codes that no register in force has. Faults: {count}; the member errors"
        " has place and reason of each. Correct the codes, or publish the registers first."
    )


class RulebookCapIdle(RulebookFaulty):
    """A cap allows at least as much as there can ever be."""

    slug = "rulebook-cap-idle"
    title = N_("A cap of the rulebook can never bind")
    detail = N_(
        "The rulebook has caps that nothing can ever reach. Faults: {count}; the member errors has"
        " place and reason of each. Lower the cap or leave it out, so that nobody relies on it."
    )


class RulebookContradictory(RulebookFaulty):
    """Rules contradict each other or themselves, so that one can never be met or two disagree."""

    slug = "rulebook-contradictory"
    title = N_("Rules of the rulebook contradict each other")
    detail = N_(
        "The rulebook says things that cannot both hold. Faults: {count}; the member errors has"
        " place and reason of each. Decide which of them is meant."
    )


class RulebookDatesOverlap(RulebookFaulty):
    """Two versions would hold on one day, or a rule never would."""

    slug = "rulebook-dates-overlap"
    title = N_("The dates of the rulebook cannot hold")
    detail = N_(
        "The dates in force overlap with another version's, or a rule lies outside those of its"
        " rulebook. Faults: {count}; the member errors has place and reason of each."
    )


class RulebookBreaksFrame(RulebookFaulty):
    """A rulebook allows what the frame above it forbids."""

    slug = "rulebook-breaks-frame"
    title = N_("The rulebook breaks the frame above it")
    detail = N_(
        "The rulebook allows more than the frame that it is under. Faults: {count}; the member"
        " errors has place and reason of each. Keep within the frame; stricter is allowed."
    )


class RulebookCaseFails(RulebookFaulty):
    """A test case inside the rulebook comes out otherwise than it expects."""

    slug = "rulebook-case-fails"
    title = N_("A test case of the rulebook fails")
    detail = N_(
        "Test cases in the rulebook come out otherwise than they expect. Faults: {count}; the"
        " member errors has place, expected and found of each. Mend the rule or the case."
    )


class NotTheOwner(Refused):
    """Somebody publishes a rulebook that another institution answers for."""

    slug = "rulebook-not-the-owners"
    title = N_("The rulebook belongs to another institution")
    detail = N_(
        "The owner {owner} that the rulebook names is not {institution}, whose token this is."
        " Only the owner itself may publish its rulebook."
    )


class NotSignedOff(Refused):
    """Rules go into force, and no resolution of the owner is cited."""

    slug = "rulebook-not-signed-off"
    title = N_("The rulebook is not signed off")
    detail = N_(
        "Rules that are marked as published need the owner's resolution that puts them into force."
        " Cite it in sign_off, or mark the rulebook as an example."
    )


class RegistersMoved(Unavailable):
    """What a rulebook names was published anew while it was looked at."""

    slug = "registers-moved"
    title = N_("The registers have just changed")
    detail = N_(
        "Registers that the rulebook names changed while it was looked at, several times in turn."
        " Send it again."
    )


def faulty_rulebook(
    error: type[RulebookFaulty], faults: Iterable[Mapping[str, str]]
) -> RulebookFaulty:
    """Return the error of this class for `faults`, each `{where, reason}` and more."""
    errors = [dict(fault) for fault in faults]
    return error(where=errors[0]["where"], count=len(errors), errors=errors)
