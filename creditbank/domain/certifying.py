"""Facts that certificates state: what was achieved, by whom, who says so, and where it stands.

Neutral of any credential format: services gather them from entries and registers, `credentials`
turns them into Open Badges, CLR and SD-JWT. Amounts are hundredths, days are `YYYY-MM-DD`, times
are unix seconds. Nothing here is read from a clock or drawn at random, so the same facts and the
same key make the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Form(StrEnum):
    """What a credential is made as."""

    OPEN_BADGE = "open_badge"
    """One outcome as an Open Badges 3.0 `OpenBadgeCredential`."""
    CLR = "clr"
    """A whole statement as a Comprehensive Learner Record 2.0."""
    SD_JWT_VC = "sd_jwt_vc"
    """One outcome whose members can be shown one by one."""
    DECISION = "decision"
    """A decision as an Open Badges 3.0 credential, which the college may countersign."""


class Purpose(StrEnum):
    """What a status list says of the positions whose bits are set."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"
    MESSAGE = "message"


class StatusMessage(StrEnum):
    """What the message list says of a credential; two bits to a position."""

    SUPERSEDED = "superseded"
    """A later entry corrected what it states."""
    ERASED = "erased"
    """The bank no longer serves anything personal of it; what it says stands."""


@dataclass(frozen=True, slots=True)
class Names:
    """A name in Chinese, and in English where there is one."""

    zh: str
    en: str | None = None

    def in_locale(self, locale: str) -> str:
        """Return the English name for a locale that starts with `en`, else the Chinese one."""
        return self.en if self.en is not None and locale.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """An institution by its unified social credit code (统一社会信用代码) and registered name."""

    uscc: str
    name: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Where in the log something stands: origin, index, and leaf hash as 64 hex digits."""

    origin: str
    index: int
    leaf_hash: str


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """An amount of credit in hundredths, which means nothing without its credit system."""

    system: str
    amount: int
    system_name: Names | None = None


@dataclass(frozen=True, slots=True)
class StageFacts:
    """A stage 学 · 训 · 评 · 证: by whom, how many class-hours (hundredths), from when to when."""

    stage: Literal["study", "training", "assessment", "certification"]
    institution: OrganisationFacts | None = None
    hours: int | None = None
    started_on: str | None = None
    ended_on: str | None = None


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """A result on a named scale; `value` as the scale writes it (`87.00`, `良`)."""

    name: str
    scale: str
    value: str
    passed: bool | None = None
    pass_mark: str | None = None
    least: str | None = None
    greatest: str | None = None
    allowed: tuple[str, ...] = ()
    """The values of an ordered scale, the lowest first; empty for a numeric one."""


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """A level: never a bare digit, always scale and rank, with the name that the scale gives it."""

    scale: str
    rank: int
    name: str


@dataclass(frozen=True, slots=True)
class SkillFacts:
    """Something that a person can do who has achieved this; code and URL as the framework has."""

    name: str
    framework: str | None = None
    code: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class AchievementFacts:
    """One outcome: what was achieved. `id` is its permanent URL at the bank (module and version).

    `kind` is a module kind, or `course`, `certificate`, `achievement`. `level` is None where there
    is none. `achieved_on` is the civil day.
    """

    id: str
    kind: str
    code: str
    version: str
    name: Names
    description: Names
    criteria: Names
    institution: OrganisationFacts
    entry: LogEntry
    achieved_on: str
    hours_theory: int = 0
    hours_practice: int = 0
    credits: tuple[CreditFacts, ...] = ()
    stages: tuple[StageFacts, ...] = ()
    results: tuple[ResultFacts, ...] = ()
    level: LevelFacts | None = None
    skills: tuple[SkillFacts, ...] = ()
    scene: str | None = None
    verification: str | None = None
    """How well it is known (核实等级): `issuer`, `national_query`, `original_seen`."""
    certificate_number: str | None = None
    """The number of a recorded certificate, where the holder shows it."""


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """Of whom a credential is: a pseudonymous URI, and the name if the holder shows it.

    `subject` is derived from the account (`urn:uuid:…`) or is the DID of a wallet's key. `key` is
    the public JWK of that key, to which an SD-JWT VC is bound.
    """

    subject: str
    name: str | None = None
    key: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class IssuerFacts:
    """The bank as issuer: its DID, the URL of its web site without a slash at the end, its name."""

    did: str
    url: str
    name: Names


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """The position of a credential in one status list, and the URL of that list."""

    purpose: Purpose
    list_url: str
    position: int


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What the entry of an issue fixes, so that signing again gives the same bytes.

    `url` is the permanent address, which is also the credential's id. `created` is the time of the
    entry; `valid_from` and `valid_until` bound the validity, None for no end. `salt_secret` are at
    least 16 bytes of this issue alone, from which the salts of an SD-JWT VC are derived; None where
    the form has none. `contexts` pins the JSON-LD contexts by URL: SHA-256 as 64 hex digits.
    """

    id: str
    url: str
    form: Form
    created: int
    valid_from: int
    key: str
    valid_until: int | None = None
    status: tuple[StatusPlace, ...] = ()
    token_status: StatusPlace | None = None
    """The position in a Token Status List, for an SD-JWT VC."""
    contexts: Mapping[str, str] = field(default_factory=dict)
    salt_secret: bytes | None = None
    replaces: str | None = None
    """The URL of the credential that this one stands for after a correction."""


@dataclass(frozen=True, slots=True)
class UsedOutcome:
    """An outcome that a decision relied on, and how much of it (hundredths) it used, if any."""

    entry: LogEntry
    name: Names
    used: CreditFacts | None = None


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """A decision: a rule version applied to a learner's outcomes, as its entry records it.

    `kind` is `credit_transfer` (学分转换) or `grade_eligibility` (申报资格核验): the bank says that
    conditions are met, and never awards a grade. `id` is the decision's permanent URL; `target` is
    the course or grade, `credits` what was granted, `missing` the conditions that are not met.
    """

    id: str
    kind: Literal["credit_transfer", "grade_eligibility"]
    outcome: Literal["recognised", "refused", "eligible", "not_eligible"]
    name: Names
    description: Names
    institution: OrganisationFacts
    target: Names
    target_code: str
    rule: str
    rule_version: str
    rule_digest: str
    entry: LogEntry
    decided_on: str
    credits: tuple[CreditFacts, ...] = ()
    level: LevelFacts | None = None
    outcomes: tuple[UsedOutcome, ...] = ()
    missing: tuple[Names, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """A whole statement: the signed credentials in it, and which part of the account they are.

    `credentials` are signed documents of form `open_badge`; `partial` says that some outcomes are
    left out. `size` and `checkpoint` name the tree that the statement is of.
    """

    id: str
    name: Names
    credentials: tuple[Mapping[str, Any], ...]
    partial: bool
    entry: LogEntry
    size: int
