"""Why a decision is not applied for, or not carried on."""

from __future__ import annotations

from creditbank.errors import N_, Refused


class RulebookUnknown(Refused):
    """No version of the rulebook, or of a frame above it, is in force on the day."""

    slug = "rulebook-unknown"
    title = N_("The rulebook is not in force")
    detail = N_(
        "Rulebook {rulebook} is not in force on {on}, or was never published. Its owner publishes"
        " it; /v1/registers/rulebook shows those there are."
    )


class RulebookNotYours(Refused):
    """A college applies under the rulebook of another."""

    slug = "rulebook-not-yours"
    title = N_("Another institution decides under this rulebook")
    detail = N_(
        "Only {owner}, to whom the rulebook belongs, and the learner may apply under it. Ask one"
        " of them."
    )


class ConversionUnknown(Refused):
    """There is no such decision that the reader may see."""

    slug = "conversion-unknown"
    title = N_("No such decision")
    detail = N_("There is no decision {conversion} that you may see.")


class ConversionNotMet(Refused):
    """The conditions are not met for all that is asked for; `results` says what is missing."""

    slug = "conversion-not-met"
    title = N_("The conditions are not met")
    detail = N_(
        "Not every target that you ask for can be granted now. The member results says for each"
        " what counts, what was cut, and what is missing. Nothing was reserved."
    )


class ConversionMoved(Refused):
    """The learner's record changed again and again while it was being evaluated."""

    slug = "conversion-moved"
    title = N_("The record changed meanwhile")
    detail = N_(
        "The learner's outcomes, other decisions, or the rulebook changed while this was being"
        " evaluated. Nothing was reserved; send it again."
    )


class ConsentMissing(Refused):
    """Somebody applies for a learner without saying how the learner agreed."""

    slug = "consent-missing"
    title = N_("The learner's consent is missing")
    detail = N_(
        "Whoever applies for a learner names the paper on which the learner agreed: its SHA-256,"
        " and the version of the notice that the learner was shown."
    )


class ConversionEnded(Refused):
    """The decision was rejected, withdrawn, given back or registered, or it expired."""

    slug = "conversion-ended"
    title = N_("The decision is not open any more")
    detail = N_(
        "The decision is {status}, so this can no longer be done. Apply again if something is to"
        " be decided anew."
    )


class StepNotNext(Refused):
    """Another step of the procedure comes first."""

    slug = "step-not-next"
    title = N_("Another step comes first")
    detail = N_("The next step of this decision is {next}. The steps are taken in their order.")


class StepNotYours(Refused):
    """The rulebook gives the step to somebody else."""

    slug = "step-not-yours"
    title = N_("The step is somebody else's")
    detail = N_(
        "Step {step} is to be taken by {by}. Somebody with a token of theirs has to take it."
    )


class NoticeRunning(Refused):
    """The days of public notice are not over."""

    slug = "public-notice-running"
    title = N_("The public notice is not over")
    detail = N_("Step {step} may be taken from {first_day} on, after {days} days of public notice.")


class ConversionFlagged(Refused):
    """What the decision rests on was revoked, corrected or taken back since the application."""

    slug = "conversion-flagged"
    title = N_("What the decision rests on stands no longer")
    detail = N_(
        "Outcomes that this decision rests on were revoked or corrected since, or evidence was"
        " taken back or shortened by who supplied it; the members outcomes and evidence list them,"
        " to an evaluator its own outcomes. Reject or withdraw it; what still stands can be applied"
        " for again."
    )


class ConversionIrrevocable(Refused):
    """The rulebook does not let a registered decision be given back."""

    slug = "conversion-irrevocable"
    title = N_("The decision is irrevocable")
    detail = N_("Under this rulebook what was registered cannot be given back, by anybody.")


class NothingToReview(Refused):
    """No outcome that the decision rests on has ended since it was looked at last."""

    slug = "nothing-to-review"
    title = N_("There is nothing to review")
    detail = N_("Every outcome that this decision rests on stands, or was reviewed already.")


class EvidenceNotYours(Refused):
    """An institution speaks of a learner with whom it has nothing to do."""

    slug = "evidence-not-yours"
    title = N_("Your organisation has nothing to do with this learner")
    detail = N_(
        "Evidence is recorded by the learner, the desk, and by an institution or authority that the"
        " learner granted a look, that posted an outcome of theirs (an authority: in whose"
        " jurisdiction one was posted), or that has a part in a decision of theirs on its way."
    )


class TooMuchEvidence(Refused):
    """One supplier keeps too much evidence of one learner."""

    slug = "too-much-evidence"
    title = N_("Too much evidence of one learner")
    detail = N_(
        "Of one learner a supplier keeps evidence under at most {ids} ids, and records it at most"
        " {entries} times within 365 days. What stands already need not be sent again."
    )
