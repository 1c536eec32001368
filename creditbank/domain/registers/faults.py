"""What is wrong with a register document, place by place."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# The published reason codes, where pydantic has names of its own that may change with it.
_REASONS: Final = {
    "extra_forbidden": "unknown_member",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "string_pattern_mismatch": "form",
    "string_too_long": "too_long",
    "invalid_key": "type",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "int_parsing_size": "range",
    "too_short": "too_few",
    "string_too_short": "empty",
    "union_tag_invalid": "not_one_of",
    "union_tag_not_found": "missing",
    "string_unicode": "surrogate",
    "string_type": "type",
    "int_type": "type",
    "bool_type": "type",
    "dict_type": "type",
    "tuple_type": "type",
    "list_type": "type",
    "model_type": "type",
    "model_attributes_type": "type",
}

_LONGEST_STEP: Final = 64

TAG_STEP: Final = "kind="
"""Begins the name of a union's branch, which pydantic puts into a location like a step of it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document: a JSON pointer (RFC 6901) and a reason code."""

    where: str
    reason: str

    def below(self, where: str) -> Fault:
        """Return this fault as seen from the document that has its record at `where`."""
        return Fault(where + self.where, self.reason)

    def members(self) -> dict[str, str]:
        """Return the fault as members of a problem document."""
        return asdict(self)


def faulty(faults: Iterable[Fault]) -> PydanticCustomError:
    """Return the pydantic error that carries `faults`, seen from where it is raised."""
    return PydanticCustomError("faults", "not a register document", {"faults": tuple(faults)})


def repeated(where: str, keys: Iterable[Hashable]) -> Iterator[Fault]:
    """Yield a fault at each item of the array at `where` whose key an earlier item has."""
    seen: set[Hashable] = set()
    for position, key in enumerate(keys):
        if key in seen:
            yield Fault(f"{where}/{position}", "repeated")
        seen.add(key)


def faults_of(error: ValidationError) -> list[Fault]:
    """Return every fault that a failed validation found, in the order of the document.

    The refused values are left behind: they belong to the sender.
    """
    details = error.errors(include_url=False, include_input=False)
    return [fault for detail in details for fault in _faults(detail)]


def _faults(detail: ErrorDetails) -> Iterator[Fault]:
    where = _pointer(detail["loc"])
    context: dict[str, Any] = detail.get("ctx", {})
    if "faults" in context:
        for fault in context["faults"]:
            yield fault.below(where)
        return
    kind = detail["type"]
    if kind.startswith("union_tag"):
        # The fault is in the member that chooses the branch, which pydantic puts in quotes.
        where += "/" + str(context["discriminator"]).strip("'").removesuffix("()")
    yield Fault(where, str(context.get("reason", _REASONS.get(kind, kind))))


def _pointer(location: tuple[int | str, ...]) -> str:
    """Return the JSON pointer of a pydantic location.

    `[key]` marks a fault in a member's name and is not a step, nor is the branch of a union. A name
    that the sender made up may be of any length, so it is cut: it names the place, it is not
    evidence.
    """
    steps = (str(step)[:_LONGEST_STEP] for step in location if not _is_mark(step))
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _is_mark(step: int | str) -> bool:
    return isinstance(step, str) and (step == "[key]" or step.startswith(TAG_STEP))
