"""How module postings are refused, and postings that name nobody, or nobody who may post."""

from __future__ import annotations

from creditbank.errors.access import Unauthenticated
from creditbank.errors.identifiers import (
    InvalidDocument,
    InvalidName,
)
from creditbank.errors.recording import (
    AccountRestricted,
    AlreadyCredited,
    AttemptAlreadyRecorded,
    DateInFuture,
    DatesReversed,
    DocumentOfAnother,
    InstitutionUnknown,
    LearnerUnknown,
    LearnerUnnamed,
    ModuleUnknown,
    NameMismatch,
    NotAuthorised,
    ResultContradicts,
    StageAlreadyRecorded,
    SubmissionInvalid,
    TooFewHours,
    VersionNotInForce,
)
from tests import factories
from tests.banks import ASSESSOR, COLLEGE
from tests.factories import assessment, completion, course, study, training
from tests.integration.services.refusal_scenes import (
    BAD_ID,
    FUTURE,
    STRANGER,
    Case,
    absent,
    beside_an_account,
    expire_token,
    part,
    post,
    restrict,
    revoke_token,
    second_version,
    stranger,
    suspend,
)

MODULE_REFUSALS: dict[str, Case] = {
    # --- the form
    "unknown member": Case(post(completion("s-1", 1, surprise=1)), SubmissionInvalid, "/surprise"),
    "no learner": Case(
        post(completion("s-1", 1) | {"learner": {"name": "测试1"}}), LearnerUnnamed, "/learner"
    ),
    "document without a name": Case(
        post(completion("s-1", 1) | {"learner": {"document": factories.learner(1)["document"]}}),
        LearnerUnnamed,
        "/learner",
    ),
    "wrong check digit": Case(
        post(completion("s-1", 1) | {"learner": BAD_ID}),
        InvalidDocument,
        "/learner/document/number",
        fields={"kind": "resident_id", "reason": "check_digit"},
    ),
    "a name that is none": Case(
        post(completion("s-1", 1) | {"learner": factories.learner(1) | {"name": " \u3000"}}),
        InvalidName,
        "/learner/name",
        fields={"reason": "empty"},
    ),
    # --- the learner
    "unknown account": Case(
        post(completion("s-1", 1) | {"learner": {"account": "la-" + "a" * 16}}),
        LearnerUnknown,
        "/learner",
    ),
    "another name": Case(
        post(completion("s-2", 1) | {"learner": factories.learner(1) | {"name": "另一人"}}),
        NameMismatch,
        "/learner/name",
        after=post(course("s-1", 1), COLLEGE),
    ),
    "document of another": Case(
        beside_an_account,
        DocumentOfAnother,
        "/learner/document",
        after=post(course("s-1", 1), COLLEGE),
    ),
    "restricted account": Case(
        post(completion("s-1", 1)),
        AccountRestricted,
        "/learner",
        after=restrict,
        fields={"until": FUTURE},
    ),
    # --- the poster
    "unregistered poster": Case(
        post(completion("s-1", 1), STRANGER),
        InstitutionUnknown,
        None,
        after=stranger,
        fields={"institution": STRANGER},
    ),
    "suspended poster": Case(post(completion("s-1", 1)), InstitutionUnknown, None, after=suspend),
    "revoked token": Case(post(completion("s-1", 1)), Unauthenticated, None, after=revoke_token),
    "expired token": Case(post(completion("s-1", 1)), Unauthenticated, None, after=expire_token),
    # --- the module
    "unknown module": Case(
        post(completion("s-1", 1, module={"id": "NO-SUCH"})), ModuleUnknown, "/module"
    ),
    "unknown version": Case(
        post(completion("s-1", 1, module={"id": factories.MODULE, "version": "9"})),
        ModuleUnknown,
        "/module",
        fields={"version": "9"},
    ),
    "before the version": Case(
        post(completion("s-1", 1, study(begun_on="2025-12-31"), training(), assessment())),
        VersionNotInForce,
        "/module/version",
        fields={"on": "2025-12-31", "valid_from": "2026-01-01"},
    ),
    "after the version": Case(
        post(completion("s-1", 1, study(), module={"id": "TEST-2", "version": "1"})),
        VersionNotInForce,
        "/module/version",
        after=second_version,
        fields={"valid_to": "2026-05-31"},
    ),
    "not authorised": Case(
        post(completion("s-1", 1), COLLEGE),
        NotAuthorised,
        "/stages/0",
        fields={"institution": COLLEGE, "stage": "study", "on": "2026-06-01"},
    ),
    "not authorised for one stage": Case(
        post(completion("s-1", 1, assessment(), study()), ASSESSOR),
        NotAuthorised,
        "/stages/1",
        fields={"stage": "study"},
    ),
    "too few hours": Case(
        post(completion("s-1", 1, study(), training("15.99"))),
        TooFewHours,
        "/stages/1/hours",
        fields={"given": "15.99", "required": "16.00"},
    ),
    "date in the future": Case(
        post(completion("s-1", 1, study(ended_on=FUTURE))), DateInFuture, "/stages/0/ended_on"
    ),
    "dates reversed": Case(
        post(completion("s-1", 1, training(), study(begun_on="2026-06-06"))),
        DatesReversed,
        "/stages/1",
    ),
    "module credited": Case(
        post(completion("s-2", 1)),
        AlreadyCredited,
        "/module",
        after=post(completion("s-1", 1)),
    ),
    "stage recorded": Case(
        post(completion("s-2", 1, training(), study())),
        StageAlreadyRecorded,
        "/stages/1",
        after=post(completion("s-1", 1, study())),
        fields={"stage": "study"},
    ),
    "attempt recorded": Case(
        post(completion("s-2", 1, assessment(attempt=1)), ASSESSOR),
        AttemptAlreadyRecorded,
        "/stages/0/attempt",
        after=post(completion("s-1", 1, assessment(passed=False))),
        fields={"attempt": 1},
    ),
    # --- results
    "pass of an absence": Case(
        post(completion("s-1", 1, absent(passed=True))),
        ResultContradicts,
        "/stages/0/passed",
        fields={"reason": "absent"},
    ),
    "pass with a failed part": Case(
        post(
            completion(
                "s-1",
                1,
                assessment() | {"parts": [part("theory"), part("operation", passed=False)]},
            )
        ),
        ResultContradicts,
        "/stages/0/parts",
        fields={"reason": "part_failed", "part": "operation"},
    ),
    "pass without a part": Case(
        post(completion("s-1", 1, assessment() | {"parts": [part("theory")]})),
        ResultContradicts,
        "/stages/0/parts",
        fields={"reason": "part_missing", "part": "operation"},
    ),
    "pass below the mark": Case(
        post(completion("s-1", 1, assessment(score="59.99"))),
        ResultContradicts,
        "/stages/0/parts",
        fields={"reason": "below_pass_mark", "part": "theory"},
    ),
    "passed course without a day": Case(
        post({k: v for k, v in course("s-1", 1).items() if k != "completed_on"}, COLLEGE),
        ResultContradicts,
        "/completed_on",
        fields={"reason": "no_date"},
    ),
}
