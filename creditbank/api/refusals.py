"""Which refusals belong to which kind of request, for the published description."""

from __future__ import annotations

from typing import Final

from creditbank.errors import CreditBankError, identifiers, recording, rules, verification
from creditbank.errors.access import NotGranted, OutsideJurisdiction
from creditbank.errors.conversion import (
    ConversionTooLarge,
    FactsInvalid,
    RuleNotEvaluable,
    TargetUnknown,
)
from creditbank.errors.decisions import ConversionUnknown, RulebookUnknown
from creditbank.errors.recording import (
    BatchRefused,
    BatchTooLarge,
    EntryUnknown,
    LearnerUnknown,
    NotRevocable,
    SourceIdReused,
    SubmissionInvalid,
)
from creditbank.errors.registers import RegisterInvalid, RegisterVersionExists
from creditbank.errors.storage import ClockOff, Erased, Overloaded

Refusals = tuple[type[CreditBankError], ...]

OF_WRITES: Final[Refusals] = (ClockOff, Overloaded)

OF_RULEBOOKS: Final[Refusals] = (
    RegisterInvalid,
    RegisterVersionExists,
    rules.RulebookTooLarge,
    rules.RulebookCycle,
    rules.RulebookCodeUnknown,
    rules.RulebookDatesOverlap,
    rules.RulebookCapIdle,
    rules.RulebookContradictory,
    rules.RulebookBreaksFrame,
    rules.RulebookCaseFails,
    rules.NotTheOwner,
    rules.NotSignedOff,
    rules.RegistersMoved,
    OutsideJurisdiction,
    recording.InstitutionUnknown,
    verification.AttestationMissing,
    verification.AttestationKeyUnknown,
    verification.AttestationInvalid,
)

OF_IDENTITIES: Final[Refusals] = (identifiers.InvalidDocument, identifiers.InvalidName)

OF_SUBMISSIONS: Final[Refusals] = (
    SubmissionInvalid,
    recording.LearnerUnnamed,
    LearnerUnknown,
    recording.NameMismatch,
    recording.DocumentOfAnother,
    recording.AccountRestricted,
    Erased,
    *OF_IDENTITIES,
    recording.InstitutionUnknown,
    recording.ModuleUnknown,
    recording.VersionNotInForce,
    recording.NotAuthorised,
    recording.TooFewHours,
    recording.DateInFuture,
    recording.DatesReversed,
    recording.ResultContradicts,
    recording.CertificateKindUnknown,
    identifiers.CertificateNumberContradicts,
    identifiers.InvalidCertificateNumber,
    recording.CreditSystemUnknown,
    recording.VerificationIncomplete,
    recording.AlreadyCredited,
    recording.StageAlreadyRecorded,
    recording.AttemptAlreadyRecorded,
    recording.CertificateAlreadyRecorded,
    verification.AttestationMissing,
    verification.AttestationKeyUnknown,
    verification.AttestationInvalid,
    SourceIdReused,
    *OF_WRITES,
)

OF_CORRECTIONS: Final[Refusals] = (*OF_SUBMISSIONS, EntryUnknown, NotRevocable)

OF_BATCHES: Final[Refusals] = (BatchTooLarge, BatchRefused, *OF_WRITES)

OF_LEARNERS: Final[Refusals] = (LearnerUnknown, Erased, *OF_WRITES)
"""Of whatever names an account in its path; a reading is recorded, so it is a write too."""

OF_CONVERSIONS: Final[Refusals] = (
    *OF_LEARNERS,
    NotGranted,
    recording.AccountRestricted,
    RulebookUnknown,
    TargetUnknown,
    ConversionTooLarge,
    RuleNotEvaluable,
    FactsInvalid,
)
"""Of whatever applies a rulebook to a learner's record."""

OF_DECISIONS: Final[Refusals] = (ConversionUnknown, *OF_LEARNERS)
"""Of whatever names a decision in its path."""

OF_DECISIONS_READ: Final[Refusals] = (*OF_DECISIONS, recording.AccountRestricted)
"""Of whatever reads a decision."""
