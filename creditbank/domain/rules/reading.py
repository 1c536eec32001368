"""Reading rulebooks."""

from __future__ import annotations

from creditbank.domain.registers.reading import parse_register
from creditbank.domain.rules.limits import check_rulebook_size
from creditbank.domain.rules.rulebook import Rulebook


def parse_rulebook(document: object) -> Rulebook:
    """Return the rulebook that `document`, a JSON value, describes.

    Raises RulebookTooLarge before anything else is looked at, and RegisterInvalid with every fault
    of form at once. What it says about registers and frames is looked at by `lint`.
    """
    rulebook = parse_register(Rulebook.register_kind, document)
    if not isinstance(rulebook, Rulebook):  # the kind has one class
        raise TypeError
    check_rulebook_size(rulebook)
    return rulebook
