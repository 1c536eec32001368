"""The words of faults of form, by the reason codes of `register-invalid`."""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_

_FORM: Final = N_("Compare it with schemas/registers/rulebook.v1.schema.json.")
_QUOTE: Final = N_("Put a number that is a name, a version or a year into quotes.")

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "missing": (N_("Something that has to be here is missing."), _FORM),
    "unknown_member": (
        N_("There is no such member here."),
        N_("Correct its name, or take it out; another member may forbid it."),
    ),
    "null": (N_("There is nothing after the colon."), N_("Leave the member out instead.")),
    "type": (N_("This is of another type than it has to be."), _QUOTE),
    "float": (N_("An amount is text with two decimals."), N_('Put it into quotes: "8.00".')),
    "form": (N_("This is not of the form that it has to have."), _FORM),
    "not_one_of": (N_("This is none of the values that are possible here."), _FORM),
    "range": (N_("The number is too small or too large."), _FORM),
    "too_long": (N_("The text is too long."), N_("Shorten it.")),
    "too_few": (N_("The list is empty."), N_("Name at least one, or leave the member out.")),
    "repeated": (N_("This id is used before."), N_("Give each its own id.")),
    "before_valid_from": (
        N_("The last day lies before the first."),
        N_("Correct one of the two days."),
    ),
    "exactly_one_of_limit_share_evidence": (
        N_("A cap has exactly one of limit, share and evidence."),
        N_("Keep the one that is meant."),
    ),
    "below_at_least": (N_("at_most lies below at_least."), N_("Correct one of the two ranks.")),
    "more_than_there_are": (
        N_("More are asked for than there are."),
        N_("Lower count, or add conditions."),
    ),
    "recognised_is_free": (
        N_("What is only recognised is not used up, so its sharing is free."),
        N_("Set sharing to free, or effect to consume."),
    ),
    "consumed_is_not_free": (
        N_("What is consumed cannot be free for everything."),
        N_("Set sharing to exclusive or shared, or effect to recognise."),
    ),
    "frame_has_none": (N_("A frame has no rules of its own."), N_("Take them out.")),
    "needs_credit": (
        N_("of_target needs a unit of credit or worth."),
        N_("Set unit to the credit system of the course."),
    ),
    "only_in_bounds": (
        N_("Categories of courses belong to caps in bounds."),
        N_("Move the cap to bounds, or leave category out."),
    ),
}
_OTHER: Final = (N_("This cannot stand here."), _FORM)


def form_words(reason: str) -> tuple[str, str]:
    """Return what a reason code means, and what to do, as message ids."""
    return _WORDS.get(reason, _OTHER)
