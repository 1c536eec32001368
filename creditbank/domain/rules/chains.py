"""The frames above a rulebook, from the nearest upwards."""

from __future__ import annotations

from collections.abc import Callable

from creditbank.domain.rules.limits import FRAMES_MAX
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.rules import RulebookCycle, faulty_rulebook

Lookup = Callable[[str], Rulebook | None]


def frames_of(rulebook: Rulebook, lookup: Lookup) -> list[Rulebook]:
    """Return the frames of `rulebook`, each found by its id; a missing one ends the chain.

    Raises RulebookCycle if they lead back to where they came by, or are more than eight.
    """
    frames: list[Rulebook] = []
    seen = {rulebook.id}
    under = rulebook.under
    while under is not None:
        if under in seen or len(frames) == FRAMES_MAX:
            fault = {"where": "/under", "reason": "cycle" if under in seen else "too_high"}
            raise faulty_rulebook(RulebookCycle, [fault | {"frame": under}])
        seen.add(under)
        frame = lookup(under)
        if frame is None:
            break
        frames.append(frame)
        under = frame.under
    return frames
