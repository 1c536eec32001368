"""Every refusal of a posting: named, placed, and without a trace in the database."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from creditbank.domain.access import Role
from creditbank.errors import CreditBankError, recording
from creditbank.errors.access import Unauthenticated
from creditbank.errors.identifiers import (
    CertificateNumberContradicts,
    InvalidCertificateNumber,
    InvalidDocument,
    InvalidName,
)
from creditbank.errors.recording import (
    AccountRestricted,
    AlreadyCredited,
    AttemptAlreadyRecorded,
    BatchRefused,
    BatchTooLarge,
    CertificateAlreadyRecorded,
    CertificateKindUnknown,
    CreditSystemUnknown,
    DateInFuture,
    DatesReversed,
    EntryUnknown,
    InstitutionUnknown,
    LearnerUnknown,
    LearnerUnnamed,
    ModuleUnknown,
    NameMismatch,
    NotAuthorised,
    NotRevocable,
    ResultContradicts,
    SourceIdReused,
    StageAlreadyRecorded,
    SubmissionInvalid,
    TooFewHours,
    VerificationIncomplete,
    VersionNotInForce,
)
from creditbank.errors.storage import Erased
from creditbank.services.intake import Intake
from creditbank.services.learners import Erase, Restrict
from creditbank.storage import access
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, DESK, NOTICE, SCHOOL, TestBank, refusal_of
from tests.factories import assessment, certificate, completion, course, study, training

FUTURE = "2199-01-01"
STRANGER = factories.organisation_code(77)
ISSUER = {"level": "issuer"}

Submit = Callable[[TestBank], object]


@dataclass(frozen=True, slots=True)
class Case:
    """What is refused, after what, with which error, where."""

    submit: Submit
    error: type[CreditBankError]
    where: str | None
    after: Submit = lambda _bank: None
    fields: dict[str, Any] = field(default_factory=dict)


def post(outcome: dict[str, Any], org: str = SCHOOL) -> Submit:
    return lambda bank: bank.post(outcome, org)


def _restrict(bank: TestBank) -> None:
    account = bank.post(course("s-0", 1), COLLEGE).account
    bank.do(Restrict(account, FUTURE, "行政复议", bank.poster(DESK)))


def _erase(bank: TestBank) -> None:
    account = bank.post(completion("s-1", 1)).account
    bank.do(Erase(account, bank.tokens[DESK].id))


def _suspend(bank: TestBank) -> None:
    bank.publish("institution", factories.institution(SCHOOL, version="2", status="suspended"))


def _stranger(bank: TestBank) -> None:
    bank.tokens[STRANGER] = bank.token(STRANGER, Role.INSTITUTION)


def _revoke_token(bank: TestBank) -> None:
    token = bank.tokens[SCHOOL].id
    bank.database.write_sync(lambda connection: access.revoke_token(connection, token, 1))


def _expire_token(bank: TestBank) -> None:
    bank.write("UPDATE tokens SET expires_at = 1 WHERE org = ?", SCHOOL)


def _posted_and_revoked(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    bank.revoke("r-1", posted.index)


def _last_of(bank: TestBank, kind: str) -> int:
    entries = bank.rows()["entries"]
    return max(int(row[0]) for row in entries if f'"kind":"{kind}"'.encode() in row[7])


def _second_version(bank: TestBank) -> None:
    module = {
        "id": "TEST-2",
        "version": "1",
        "valid_from": "2026-01-01",
        "valid_to": "2026-05-31",
        "title": {"zh": "短期模块"},
        "region": "440000",
        "kind": "other",
        "hours": {"theory": "8.00", "practice": "0.00"},
        "stages": [{"stage": "study"}],
    }
    bank.publish("module", module)
    bank.publish("authorisation", factories.authorisation(SCHOOL, "TEST-2"))


def _absent(passed: bool) -> dict[str, Any]:
    return assessment(passed=passed, parts=[]) | {"sitting": "absent"}


def _part(part: str, score: str = "80.00", *, passed: bool = True) -> dict[str, Any]:
    return {
        "part": part,
        "passed": passed,
        "score": {"scale": "percent-100", "value": score},
    }


BAD_ID = {"document": {"kind": "resident_id", "number": "449999195001010001"}, "name": "测试"}

CASES: dict[str, Case] = {
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
    "restricted account": Case(
        post(completion("s-1", 1)),
        AccountRestricted,
        "/learner",
        after=_restrict,
        fields={"until": FUTURE},
    ),
    # --- the poster
    "unregistered poster": Case(
        post(completion("s-1", 1), STRANGER),
        InstitutionUnknown,
        None,
        after=_stranger,
        fields={"institution": STRANGER},
    ),
    "suspended poster": Case(post(completion("s-1", 1)), InstitutionUnknown, None, after=_suspend),
    "revoked token": Case(post(completion("s-1", 1)), Unauthenticated, None, after=_revoke_token),
    "expired token": Case(post(completion("s-1", 1)), Unauthenticated, None, after=_expire_token),
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
        after=_second_version,
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
        post(completion("s-1", 1, _absent(passed=True))),
        ResultContradicts,
        "/stages/0/passed",
        fields={"reason": "absent"},
    ),
    "pass with a failed part": Case(
        post(
            completion(
                "s-1",
                1,
                assessment() | {"parts": [_part("theory"), _part("operation", passed=False)]},
            )
        ),
        ResultContradicts,
        "/stages/0/parts",
        fields={"reason": "part_failed", "part": "operation"},
    ),
    "pass without a part": Case(
        post(completion("s-1", 1, assessment() | {"parts": [_part("theory")]})),
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
    # --- courses and certificates
    "course credited": Case(
        post(course("s-2", 1), COLLEGE),
        AlreadyCredited,
        "/course",
        after=post(course("s-1", 1), COLLEGE),
    ),
    "unknown credit system": Case(
        post(
            course(
                "s-1",
                1,
                course=course("", 1)["course"]
                | {
                    "credits": [
                        {"system": "cn-18", "amount": "4.00"},
                        {"system": "no-such", "amount": "1.00"},
                    ]
                },
            ),
            COLLEGE,
        ),
        CreditSystemUnknown,
        "/course/credits/1/system",
        fields={"system": "no-such"},
    ),
    "certificate credited": Case(
        post(certificate("s-2", 1)),
        AlreadyCredited,
        "/certificate/number",
        after=post(certificate("s-1", 1)),
    ),
    "certificate of another learner": Case(
        post(certificate("s-2", 1) | {"learner": factories.learner(2)}),
        CertificateAlreadyRecorded,
        "/certificate/number",
        after=post(certificate("s-1", 1)),
    ),
    "certificate number typed another way": Case(
        post(
            certificate(
                "s-2",
                1,
                certificate=certificate("", 1)["certificate"]
                | {"number": certificate("", 1)["certificate"]["number"].lower() + " "},
                learner=factories.learner(2),
            ),
            ASSESSOR,
        ),
        CertificateAlreadyRecorded,
        "/certificate/number",
        after=post(certificate("s-1", 1)),
    ),
    "unknown certificate kind": Case(
        post(certificate("s-1", 1, certificate=certificate("", 1)["certificate"] | {"kind": "x"})),
        CertificateKindUnknown,
        "/certificate/kind",
    ),
    "number of another year": Case(
        post(
            certificate(
                "s-1",
                1,
                certificate=certificate("", 1)["certificate"] | {"issued_on": "2025-05-20"},
            )
        ),
        CertificateNumberContradicts,
        "/certificate/number",
        fields={"members": "issued_on"},
    ),
    "number that cannot be kept": Case(
        post(
            certificate(
                "s-1", 1, certificate=certificate("", 1)["certificate"] | {"number": "1" * 65}
            )
        ),
        InvalidCertificateNumber,
        "/certificate/number",
    ),
    "original seen by nobody": Case(
        post(certificate("s-1", 1, verification={"level": "original_seen", "on": "2026-06-01"})),
        VerificationIncomplete,
        "/verification",
        fields={"missing": ("by",)},
    ),
    "query without evidence": Case(
        post(
            certificate(
                "s-1", 1, verification={"level": "national_query", "on": "2026-06-01", "by": "甲"}
            )
        ),
        VerificationIncomplete,
        "/verification",
        fields={"missing": ("evidence",)},
    ),
    "not the issuer": Case(
        post(certificate("s-1", 1, verification=ISSUER)),
        VerificationIncomplete,
        "/verification/level",
    ),
    # --- source ids, corrections, revocations
    "source id reused": Case(
        post(completion("s-1", 2, study(), training())),
        SourceIdReused,
        "/source_id",
        after=post(completion("s-1", 2, study())),
        fields={"differs": ("/stages",)},
    ),
    "source id of an erased learner": Case(post(completion("s-1", 1)), Erased, None, after=_erase),
    "account of an erased learner": Case(
        lambda bank: bank.post(
            completion("s-2", 1) | {"learner": {"account": bank.tokens["erased"].id}}
        ),
        Erased,
        None,
        after=lambda bank: bank.tokens.update(erased=_erased_account(bank)),
    ),
    "correction of nothing": Case(
        lambda bank: bank.correct(completion("s-2", 1), 999_999), EntryUnknown, "/index"
    ),
    "correction of another's entry": Case(
        lambda bank: bank.correct(completion("s-2", 1), bank.size - 1, ASSESSOR),
        EntryUnknown,
        "/index",
        after=post(completion("s-1", 1)),
    ),
    "correction of an account": Case(
        lambda bank: bank.correct(completion("s-2", 1), bank.size - 2),
        NotRevocable,
        "/index",
        after=post(completion("s-1", 1)),
    ),
    "correction of what was revoked": Case(
        lambda bank: bank.correct(completion("s-2", 1), _last_of(bank, "outcome/1")),
        NotRevocable,
        "/index",
        after=_posted_and_revoked,
    ),
    "correction that is itself refused": Case(
        lambda bank: bank.correct(completion("s-2", 1, study("7.99")), bank.size - 1),
        TooFewHours,
        "/stages/0/hours",
        after=post(completion("s-1", 1, study())),
    ),
    "correction under the old source id": Case(
        lambda bank: bank.correct(completion("s-1", 1, study("9.00")), bank.size - 1),
        SourceIdReused,
        "/source_id",
        after=post(completion("s-1", 1, study())),
    ),
    "revocation twice": Case(
        lambda bank: bank.revoke("r-2", _last_of(bank, "outcome/1")),
        NotRevocable,
        "/index",
        after=_posted_and_revoked,
    ),
    "revocation of another's entry": Case(
        lambda bank: bank.revoke("r-1", bank.size - 1, ASSESSOR),
        EntryUnknown,
        "/index",
        after=post(completion("s-1", 1)),
    ),
    "revocation of the genesis": Case(lambda bank: bank.revoke("r-1", 0), EntryUnknown, "/index"),
    "revocation of a negative index": Case(
        lambda bank: bank.revoke("r-1", -1), EntryUnknown, "/index"
    ),
    "revocation under a source id of another": Case(
        lambda bank: bank.revoke("r-1", bank.size - 1),
        SourceIdReused,
        "/source_id",
        after=_posted_and_revoked,
        fields={"differs": ("/index",)},
    ),
    # --- batches
    "batch too large": Case(
        lambda bank: Intake(bank.bank.keyring, NOTICE, batch_items_max=1).batch(
            [completion("s-1", 1), completion("s-2", 2)], bank.poster()
        ),
        BatchTooLarge,
        None,
        fields={"items": 2, "items_max": 1},
    ),
    "atomic batch with a bad row": Case(
        lambda bank: bank.do(
            bank.intake.batch(
                [completion("s-1", 1), completion("s-2", 2, study("1.00"))],
                bank.poster(),
                atomic=True,
            )
        ),
        BatchRefused,
        None,
        fields={"items": 2, "refused": 1},
    ),
}


def _erased_account(bank: TestBank) -> Any:
    """Return a thing whose `id` is the account of a learner who was erased."""
    account = bank.post(completion("s-1", 1)).account
    bank.do(Erase(account, bank.tokens[DESK].id))
    token = bank.tokens[DESK]
    return type(token)(account, "", 0)


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_is_named_and_placed_and_leaves_no_trace(bank: TestBank, name: str) -> None:
    case = CASES[name]
    case.after(bank)
    before = bank.rows()
    refusal = refusal_of(lambda: case.submit(bank), case.error)
    assert refusal.where == case.where
    assert {key: refusal.fields[key] for key in case.fields} == case.fields
    told = f"{refusal}{refusal.fields}"  # the detail has every field that it names
    for number in (1, 2):
        assert factories.learner(number)["name"] not in told
        assert factories.resident_id(number) not in told
    assert bank.rows() == before


def test_every_refusal_of_recording_has_a_case() -> None:
    defined = {
        error
        for _, error in inspect.getmembers(recording, inspect.isclass)
        if issubclass(error, CreditBankError) and error.__dict__.get("slug")
    }
    assert {error.__name__ for error in defined - {case.error for case in CASES.values()}} == set()


def test_what_was_refused_can_be_posted_once_it_is_mended(bank: TestBank) -> None:
    """A refused submission does not use up its source id."""
    refusal_of(lambda: bank.post(completion("s-1", 1, study("7.99"))), TooFewHours)
    refusal_of(lambda: bank.post(completion("s-1", 1, surprise=True)), SubmissionInvalid)
    posted = bank.post(completion("s-1", 1))
    assert not posted.replayed
    assert posted.awarded is not None
    bank.require_clean()
