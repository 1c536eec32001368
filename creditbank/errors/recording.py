"""Why an outcome is refused. Every refusal leaves no trace in the ledger."""

from __future__ import annotations

from creditbank.errors import N_, Malformed, Refused

REASONS = {
    "absent": N_("the sitting is an absence"),
    "part_failed": N_("a part of it is not passed"),
    "part_missing": N_("a part of it is missing"),
    "below_pass_mark": N_("a score is below the pass mark"),
    "no_date": N_("the day of completion is missing"),
}


class SubmissionInvalid(Malformed):
    """A submission is not of the published form; `errors` lists each place and reason."""

    slug = "submission-invalid"
    title = N_("The submission is not of the published form")
    detail = N_("Correct the fields listed under errors and send it again. Nothing was recorded.")


class LearnerUnnamed(Malformed):
    """Neither an account nor a document with a name."""

    slug = "learner-unnamed"
    title = N_("The learner is not named")
    detail = N_("Name the learner by account, or by identity document together with the name.")


class LearnerUnknown(Refused):
    """There is no such account."""

    slug = "learner-unknown"
    title = N_("No such account")
    detail = N_("There is no such account. Check it, or name the learner by identity document.")


class NameMismatch(Refused):
    """The name is not the one on file for this document."""

    slug = "name-mismatch"
    title = N_("The name does not match the identity document")
    detail = N_(
        "This identity document is on file under another name. Check both with the learner; a "
        "changed name is recorded at the bank's desk."
    )


class DocumentOfAnother(Refused):
    """Beside an account stands a document that is not on file for it."""

    slug = "document-of-another"
    title = N_("The document is not on file for this account")
    detail = N_(
        "The account and the identity document do not belong together, or the document is not on "
        "file. Give either of them, after checking with the learner; a further document is "
        "recorded at the bank's desk."
    )


class AccountRestricted(Refused):
    """The account's use is restricted (PIPL 47)."""

    slug = "account-restricted"
    title = N_("The account is restricted")
    detail = N_("Use of this account is restricted until {until}: it is stored and nothing else.")


class InstitutionUnknown(Refused):
    """The institution register has no version in force for the poster."""

    slug = "institution-unknown"
    title = N_("The institution is not registered")
    detail = N_(
        "Institution {institution} is not in the register, or not active, on {on}. The labour "
        "authority publishes institutions."
    )


class ModuleUnknown(Refused):
    """No such module version was ever published."""

    slug = "module-unknown"
    title = N_("No such module version")
    detail = N_("Module {module} version {version} is not in the register.")


class VersionNotInForce(Refused):
    """The module version was not in force at the training date."""

    slug = "version-not-in-force"
    title = N_("The version was not in force at the training date")
    detail = N_(
        "Module {module} version {version} is in force from {valid_from} to {valid_to}; the "
        "training was on {on}. Post it under the version in force on that date."
    )


class NotAuthorised(Refused):
    """The institution was not authorised for this module at the training date."""

    slug = "not-authorised"
    title = N_("The institution was not authorised at the training date")
    detail = N_(
        "Institution {institution} was not authorised for the stage {stage} of module {module} on "
        "{on}. The labour authority publishes authorisations."
    )


class TooFewHours(Refused):
    """Fewer class-hours than the module version requires."""

    slug = "too-few-hours"
    title = N_("Too few class-hours")
    detail = N_(
        "The stage {stage} has {given} class-hours; module {module} requires {required}. Post it "
        "when the rest has been taken."
    )


class DateInFuture(Refused):
    """A date lies in the future, in civil time of Asia/Shanghai."""

    slug = "date-in-future"
    title = N_("A date lies in the future")
    detail = N_("{on} is after today, {today} (Asia/Shanghai). Post it when it has happened.")


class DatesReversed(Refused):
    """Something ends before it begins."""

    slug = "dates-reversed"
    title = N_("It ends before it begins")
    detail = N_("It begins on {begun_on} and ends on {ended_on}. Correct one of the dates.")


class AlreadyCredited(Refused):
    """The module has been credited to this learner."""

    slug = "already-credited"
    title = N_("Already credited")
    detail = N_(
        "This was credited to the learner in entry {index}. If that entry is wrong, correct or "
        "revoke it."
    )


class StageAlreadyRecorded(Refused):
    """The stage has been recorded for this outcome."""

    slug = "stage-already-recorded"
    title = N_("The stage is already recorded")
    detail = N_(
        "The stage {stage} stands in entry {index}. If that entry is wrong, correct or revoke it."
    )


class AttemptAlreadyRecorded(Refused):
    """The attempt has been recorded."""

    slug = "attempt-already-recorded"
    title = N_("The attempt is already recorded")
    detail = N_("Attempt {attempt} stands in entry {index}. Number a repeated attempt one higher.")


class ResultContradicts(Refused):
    """A result says passed, and what stands beside it says otherwise."""

    slug = "result-contradicts"
    title = N_("The result contradicts itself")
    detail = N_("The result says passed, but {reason} (part {part}). Correct whichever is wrong.")


class CertificateAlreadyRecorded(Refused):
    """A certificate with this number is on record."""

    slug = "certificate-already-recorded"
    title = N_("A certificate with this number is on record")
    detail = N_(
        "A certificate of this kind with this number stands in another entry. Check the number; if "
        "the other entry is wrong, its poster or the authority can revoke it."
    )


class CertificateKindUnknown(Refused):
    """The certificate kind is not in the register."""

    slug = "certificate-kind-unknown"
    title = N_("No such certificate kind")
    detail = N_("Certificate kind {kind} is not in the register on {on}.")


class CreditSystemUnknown(Refused):
    """The credit system is not in the register."""

    slug = "credit-system-unknown"
    title = N_("No such credit system")
    detail = N_("Credit system {system} is not in the register on {on}.")


class VerificationIncomplete(Refused):
    """A verification level lacks what it must name."""

    slug = "verification-incomplete"
    title = N_("The verification is incomplete")
    detail = N_(
        "Verification level {level} needs {missing}. Add it, or choose the level that was reached."
    )


class SourceIdReused(Refused):
    """The source id was used for something else."""

    slug = "source-id-reused"
    title = N_("The source id was used for other content")
    detail = N_(
        "This source id stands for entry {index}, which differs in: {differs}. Use a new source id "
        "for a new posting, or correct entry {index}."
    )


class NotRevocable(Refused):
    """The entry cannot be revoked."""

    slug = "not-revocable"
    title = N_("This entry cannot be revoked")
    detail = N_("Entry {index} is not an outcome, or was revoked or corrected already.")


class EntryUnknown(Refused):
    """There is no such entry, or the token may not see it."""

    slug = "entry-unknown"
    title = N_("No such entry")
    detail = N_("There is no entry {index} that this token may see.")


class BatchTooLarge(Refused):
    """A batch has too many items."""

    slug = "batch-too-large"
    title = N_("The batch is too large")
    detail = N_("A batch holds at most {items_max} items; this one has {items}. Split it.")


class BatchRefused(Refused):
    """An atomic batch has bad rows; `results` names each."""

    slug = "batch-refused"
    title = N_("The batch was refused as a whole")
    detail = N_(
        "{refused} of {items} items were refused, and the batch asks for all or nothing. Correct "
        "the items listed under results and send it again. Nothing was recorded."
    )
