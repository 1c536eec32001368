"""Trust policies: which logs are known, and whose cosignatures are enough (c2sp.org/tlog-policy).

A policy is lines of `log`, `witness`, `group` and `quorum`. Names mean something inside the file
only: a cosignature is recognised by its key. Where the specification lets readers differ (a last
line without its end, a number with leading zeros), this one refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from creditbank.errors.ledger import MalformedKey, SignatureInvalid
from creditbank.errors.verification import MalformedPolicy
from creditbank.ledger.checkpoint import Checkpoint, Trust, VerifiedCheckpoint, verify_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey, parse_key
from creditbank.ledger.note import Signed
from creditbank.ledger.wire import decode_decimal

NONE: Final = "none"
"""The quorum that no cosignature is needed for."""

MAX_POLICY_BYTES: Final = 1_000_000

_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SPACES: Final = re.compile(r"[ \t]+")
_LOG_TYPES: Final = (KeyType.ED25519, KeyType.MLDSA44)
_WITNESS_TYPES: Final = (KeyType.COSIGNATURE, KeyType.MLDSA44)


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A known log; the name of its key is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A known witness under its name in the policy; `url` is its submission prefix."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """A group that has witnessed if at least `threshold` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as `parse_policy` read it: `quorum` names a witness, a group, or is `none`."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    def satisfied(self, names: Collection[str]) -> bool:
        """Return whether the quorum has witnessed if the witnesses of these `names` have.

        Names are those of the policy; names that it does not know count for nothing.
        """
        if self.quorum == NONE:
            return True
        return self._met({witness.name for witness in self.witnesses if witness.name in names})

    def names_of(self, signed: Iterable[Signed]) -> frozenset[str]:
        """Return the policy's names of the witnesses by whose keys `signed` are."""
        keys = {one.key for one in signed}
        return frozenset(witness.name for witness in self.witnesses if witness.key in keys)

    def trust(self, origin: str, log: Iterable[VerifierKey] = ()) -> Trust:
        """Return whom this policy believes about the log `origin`; `log` are further keys of it.

        Its `quorum` is the least number of cosigners with which the policy can be satisfied: less
        is never enough. Which ones they have to be, only `verify` and `satisfied` know.

        Raises:
            MalformedKey: if a witness has the log's name, or a key cannot be a log's.
        """
        known = (one.key for one in self.logs)
        keys = dict.fromkeys(key for key in (*known, *log) if key.name == origin)
        return Trust(origin, tuple(keys), tuple(one.key for one in self.witnesses), self._least())

    def verify(self, checkpoint: Checkpoint, log: Iterable[VerifierKey] = ()) -> VerifiedCheckpoint:
        """Return the tree head of a checkpoint that this policy holds for valid.

        Raises:
            SignatureInvalid: as `verify_checkpoint`; with reason `quorum` if too few or the wrong
                witnesses have cosigned.
            MalformedKey: as `trust`.
        """
        verified = verify_checkpoint(checkpoint, self.trust(checkpoint.head.origin, log))
        if not self.satisfied(self.names_of(verified.witnesses)):
            raise SignatureInvalid(reason="quorum")
        return verified

    def _met(self, names: set[str]) -> bool:
        for group in self.groups:  # members are defined before the group, so one pass is enough
            if sum(member in names for member in group.members) >= group.threshold:
                names.add(group.name)
        return self.quorum in names

    def _least(self) -> int:
        """Return a number of distinct key names below which the quorum cannot be satisfied."""
        least = {NONE: 0} | {witness.name: 1 for witness in self.witnesses}
        for group in self.groups:
            costs = sorted(least[member] for member in group.members)
            least[group.name] = sum(costs[: group.threshold])
        names = {witness.key.name for witness in self.witnesses}
        # `Trust` counts cosigners by the names of their keys, and two may have one name.
        return min(least[self.quorum], 1 if len(names) < len(self.witnesses) else len(names))


def parse_policy(text: str) -> Policy:
    """Return the policy whose text is `text`.

    Raises:
        MalformedPolicy: with `line` and `reason`, if it is not of the form, a name or key is used
            twice, a key has a type that its role does not use, or a name is not defined before.
    """
    if len(text) > MAX_POLICY_BYTES:
        raise MalformedPolicy(line=1, reason="size")
    for number, line in enumerate(text.split("\n"), start=1):
        if _FORBIDDEN.search(line):
            raise MalformedPolicy(line=number, reason="character")
    reader = _Reader()
    for number, items in _lines(text):
        try:
            reader.read(*items)
        except MalformedKey:
            raise MalformedPolicy(line=number, reason="key") from None
        except ValueError as fault:
            raise MalformedPolicy(line=number, reason=str(fault)) from None
    if reader.quorum is None:
        raise MalformedPolicy(line=text.count("\n") + 1, reason="no_quorum")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and items of each line that says something."""
    *lines, rest = text.split("\n")
    if rest:  # it may have been cut, and a shorter name could be a weaker quorum
        raise MalformedPolicy(line=len(lines) + 1, reason="line_not_ended")
    for number, line in enumerate(lines, start=1):
        items = _SPACES.split(line.strip(" \t"))
        if items != [""] and not items[0].startswith("#"):
            yield number, items


@dataclass(slots=True)
class _Reader:
    """What the lines so far have defined. Methods raise ValueError with the reason."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorum: str | None = None
    _names: set[str] = field(default_factory=set)
    _members: set[str] = field(default_factory=set)

    def read(self, keyword: str, *items: str) -> None:
        """Take one line."""
        lines: dict[str, tuple[Callable[..., None], int, int | None]] = {
            "log": (self._log, 1, 2),
            "witness": (self._witness, 2, 3),
            "group": (self._group, 3, None),
            "quorum": (self._quorum, 1, 1),
        }
        if keyword not in lines:
            raise ValueError("keyword")
        take, least, most = lines[keyword]
        if len(items) < least or (most is not None and len(items) > most):
            raise ValueError("items")
        take(*items)

    def _log(self, vkey: str, url: str | None = None) -> None:
        key = _key(vkey, _LOG_TYPES, [one.key for one in self.logs])
        self.logs.append(PolicyLog(key, url))

    def _witness(self, name: str, vkey: str, url: str | None = None) -> None:
        self._define(name)
        key = _key(vkey, _WITNESS_TYPES, [one.key for one in self.witnesses])
        self.witnesses.append(PolicyWitness(name, key, url))

    def _group(self, name: str, count: str, *members: str) -> None:
        for member in members:
            if member not in self._names:
                raise ValueError("name_not_defined")
            if member in self._members:
                raise ValueError("member_repeated")
            self._members.add(member)
        words = {"any": 1, "all": len(members)}
        threshold = words[count] if count in words else decode_decimal(count, len(members))
        if threshold == 0:
            raise ValueError("threshold")
        self._define(name)
        self.groups.append(PolicyGroup(name, threshold, members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise ValueError("quorum_repeated")
        if name != NONE and name not in self._names:
            raise ValueError("name_not_defined")
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == NONE or name in self._names:
            raise ValueError("name_taken")
        self._names.add(name)


def _key(vkey: str, types: Collection[KeyType], known: Iterable[VerifierKey]) -> VerifierKey:
    key = parse_key(vkey)
    if key.type not in types:
        raise ValueError("key_type")
    if any(other.public == key.public for other in known):
        raise ValueError("key_repeated")
    return key
