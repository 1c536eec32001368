"""What the published log's endpoints answer, as published shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from creditbank.api.shapes import Hash, Index, Shape, Time


class PublishedSizes(Shape):
    """Sizes at which a checkpoint was published, ascending; `next` if there may be more."""

    sizes: list[Index]
    next: Index | None = None


class Consistency(Shape):
    """That the tree of size `new` began as that of size `old` (RFC 6962, section 2.1.2)."""

    old: Index
    new: Index
    proof: Annotated[list[Hash], Field(max_length=63)]


class LogKeys(Shape):
    """Keys that sign tree heads of `from_size` entries and more, as verifiers are given them.

    Entry `index` names them; after `until` only the next ones sign.
    """

    generation: int
    index: Index
    from_size: Index
    keys: list[str]
    until: Time | None = None


class LogKeyHistory(Shape):
    """The log's keys over time, oldest first. What a key signed it verifies for ever.

    `account_head` is the key of account heads, by which statements prove themselves complete.
    """

    origin: str
    periods: list[LogKeys]
    account_head: str


class WitnessState(Shape):
    """A witness under its names in the policy: what became of the last request to it."""

    names: list[str]
    state: Literal["unknown", "cosigned", "failing"]
    size: Index | None = None
    problem: str | None = None


class PublicationState(Shape):
    """How far the log is committed, signed and published, and what stands in the way.

    `waiting`: witnesses have to cosign first. `frozen`: ledger, record or a witness disagree.
    """

    state: Literal["starting", "published", "waiting", "frozen", "failing"]
    committed: Index
    signed: Index
    published: Index
    problem: str | None = None
    reason: str | None = None
    size: Index | str | None = None
    waiting_since: Time | None = None
    witnesses: list[WitnessState] | None = None
