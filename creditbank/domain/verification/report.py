"""What a verification reports: numbered steps, what each found, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final

from creditbank.domain.verification.answers import Answer
from creditbank.errors.credentials import REASONS

FORMAT: Final = "creditbank-verification/1"
Translate = Callable[[str], str]


class Result(StrEnum):
    """Whether the document holds; its `exit_code` is the command's."""

    VALID = "valid"
    NOT_VALID = "not_valid"
    UNDECIDABLE = "undecidable"

    @property
    def exit_code(self) -> int:
        """0 valid, 1 not valid, 2 undecidable."""
        return list(Result).index(self)


class Level(StrEnum):
    """How far the checkpoint has come: signed at the commit, published, cosigned by witnesses."""

    COMMITTED = "committed"
    PUBLISHED = "published"
    WITNESSED = "witnessed"


class State(IntEnum):
    """What a step or a finding comes to, the gravest last. A note changes no result."""

    PASSED = 0
    NOTED = 1
    SKIPPED = 2
    UNDECIDED = 3
    FAILED = 4

    @property
    def code(self) -> str:
        """The state as it travels."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Message:
    """A text to be translated, and the fields that are filled in."""

    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def fill(self, translate: Translate = str) -> str:
        """Return the text in the language of `translate`, filled in."""
        return translate(self.text).format_map(
            {name: _said(value, translate) for name, value in self.fields.items()}
        )


def _said(value: object, translate: Translate) -> str:
    if isinstance(value, tuple):
        return ", ".join(_said(item, translate) for item in value)
    return translate(REASONS.get(value, value)) if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a step found: its answer, how grave it is, and at which entries."""

    answer: Answer
    state: State
    message: Message
    indexes: tuple[int, ...] = ()


@dataclass(slots=True)
class Step:
    """One check: what was checked, against what, and everything it found."""

    check: str
    title: str
    against: Message
    skipped: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def state(self) -> State:
        """The gravest of what it found."""
        least = State.SKIPPED if self.skipped else State.PASSED
        return max((least, *(finding.state for finding in self.findings)))

    def fail(self, answer: Answer, text: str, *indexes: int, **fields: Any) -> None:
        """Add that the document does not hold."""
        self._add(answer, State.FAILED, text, indexes, fields)

    def leave_open(self, answer: Answer, text: str, *indexes: int, **fields: Any) -> None:
        """Add that it cannot be told."""
        self._add(answer, State.UNDECIDED, text, indexes, fields)

    def note(self, answer: Answer, text: str, *indexes: int, **fields: Any) -> None:
        """Add what a reader must know, and what changes no result."""
        self._add(answer, State.NOTED, text, indexes, fields)

    def _add(
        self,
        answer: Answer,
        state: State,
        text: str,
        indexes: Iterable[int],
        fields: dict[str, Any],
    ) -> None:
        message = Message(text, fields)
        for number, known in enumerate(self.findings):  # the same at several entries is one finding
            if (known.answer, known.state, known.message) == (answer, state, message):
                self.findings[number] = Finding(answer, state, message, (*known.indexes, *indexes))
                return
        self.findings.append(Finding(answer, state, message, tuple(indexes)))


@dataclass(slots=True)
class EntryReport:
    """What is known of one entry; only what held is here."""

    index: int
    leaf_hash: str
    at: str | None = None
    kind: str | None = None
    org: str | None = None
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    signature: str | None = None
    """Of the institution: signed, unsigned, unchecked; None where it does not apply."""
    standing: str | None = None
    """In a statement: stands, revoked, superseded, award_ended."""
    by: int | None = None
    """The index of the entry that ended it."""

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON values; what does not apply is absent."""
        members: dict[str, Any] = {"index": self.index, "leaf_hash": self.leaf_hash}
        for name in ("at", "kind", "org", "signature", "standing", "by"):
            if getattr(self, name) is not None:
                members[name] = getattr(self, name)
        for name in ("shown", "hidden", "erased"):
            members[name] = list(getattr(self, name))
        return members


@dataclass(slots=True)
class CredentialReport:
    """What is known of one certificate; of what it says, only what its signature covers.

    `id` is its address, `kind` one of `CREDENTIAL_KINDS`. `standing` says what its status lists
    say: stands, revoked, suspended; None where it has none or they could not be read.
    """

    id: str
    kind: str
    issuer: str
    issuer_name: str | None = None
    name: str | None = None
    holder: str | None = None
    """The holder's name, if it is shown."""
    subject: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    standing: str | None = None
    messages: tuple[str, ...] = ()
    """What the issuer adds in its message list: superseded, erased."""
    countersigned_by: tuple[str, ...] = ()
    """Codes of the institutions that signed it too."""
    shown: tuple[str, ...] = ()
    """The members that an SD-JWT shows."""

    def document(self) -> dict[str, Any]:
        """Return the certificate as JSON values; what does not apply is absent."""
        members: dict[str, Any] = {"id": self.id, "kind": self.kind, "issuer": self.issuer}
        for name in _CREDENTIAL_MEMBERS:
            if getattr(self, name) is not None:
                members[name] = getattr(self, name)
        for name in ("messages", "countersigned_by", "shown"):
            members[name] = list(getattr(self, name))
        return members


CREDENTIAL_KINDS: Final = ("open_badge", "clr", "decision", "sd_jwt_vc", "credential")
_CREDENTIAL_MEMBERS: Final = (
    "issuer_name",
    "name",
    "holder",
    "subject",
    "valid_from",
    "valid_until",
    "standing",
)


@dataclass(slots=True)
class Report:
    """The report of one document. `document_kind` is None if it is unreadable, else receipt,
    statement, or one of `CREDENTIAL_KINDS`.

    `signed_by` are the keys whose signatures on the tree head held, name and ID, or the
    verification methods whose signatures on a certificate held; `as_of` is the newest time that
    one of them states, in UTC. `credentials` are the certificate and, after it, those in it.
    """

    document_kind: str | None = None
    bank: str | None = None
    size: int | None = None
    root: str | None = None
    level: Level | None = None
    as_of: str | None = None
    signed_by: tuple[str, ...] = ()
    entries: list[EntryReport] = field(default_factory=list)
    credentials: list[CredentialReport] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def result(self) -> Result:
        """Not valid if a step failed; valid only if every step was made and none left it open."""
        gravest = max((step.state for step in self.steps), default=State.UNDECIDED)
        if gravest is State.FAILED:
            return Result.NOT_VALID
        return Result.VALID if gravest <= State.NOTED else Result.UNDECIDABLE

    @property
    def answers(self) -> frozenset[Answer]:
        """Every answer that was found."""
        return frozenset(finding.answer for step in self.steps for finding in step.findings)

    def document(self, translate: Translate = str) -> dict[str, Any]:
        """Return the report as JSON values, its texts in the language of `translate`."""
        members: dict[str, Any] = {"format": FORMAT, "result": self.result.value}
        members["answers"] = sorted(self.answers)
        for name in ("document_kind", "bank", "size", "root", "level", "as_of"):
            if getattr(self, name) is not None:
                members[name] = getattr(self, name)
        members["signed_by"] = list(self.signed_by)
        members["entries"] = [entry.document() for entry in self.entries]
        if self.credentials:
            members["credentials"] = [one.document() for one in self.credentials]
        members["steps"] = [
            _step_document(number, step, translate)
            for number, step in enumerate(self.steps, start=1)
        ]
        return members


def _step_document(number: int, step: Step, translate: Translate) -> dict[str, Any]:
    return {
        "number": number,
        "check": step.check,
        "state": step.state.code,
        "title": translate(step.title),
        "against": step.against.fill(translate),
        "findings": [
            {
                "answer": finding.answer.value,
                "state": finding.state.code,
                "message": finding.message.fill(translate),
                "indexes": list(finding.indexes),
            }
            for finding in step.findings
        ],
    }
