"""How courses, certificates, corrections, revocations and batches are refused."""

from __future__ import annotations

from creditbank.errors.identifiers import (
    CertificateNumberContradicts,
    InvalidCertificateNumber,
)
from creditbank.errors.recording import (
    AlreadyCredited,
    BatchRefused,
    BatchTooLarge,
    CertificateAlreadyRecorded,
    CertificateKindUnknown,
    CreditSystemUnknown,
    EntryUnknown,
    NotRevocable,
    SourceIdReused,
    TooFewHours,
    VerificationIncomplete,
)
from creditbank.errors.storage import Erased
from creditbank.services.intake import Intake
from tests import factories
from tests.banks import ASSESSOR, COLLEGE, NOTICE
from tests.factories import certificate, completion, course, study, training
from tests.integration.services.refusal_scenes import (
    ISSUER,
    Case,
    erase,
    erased_account,
    last_of,
    post,
    posted_and_revoked,
)

OTHER_REFUSALS: dict[str, Case] = {
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
    "source id of an erased learner": Case(post(completion("s-1", 1)), Erased, None, after=erase),
    "account of an erased learner": Case(
        lambda bank: bank.post(
            completion("s-2", 1) | {"learner": {"account": bank.tokens["erased"].id}}
        ),
        Erased,
        None,
        after=lambda bank: bank.tokens.update(erased=erased_account(bank)),
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
        lambda bank: bank.correct(completion("s-2", 1), last_of(bank, "outcome/1")),
        NotRevocable,
        "/index",
        after=posted_and_revoked,
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
        lambda bank: bank.revoke("r-2", last_of(bank, "outcome/1")),
        NotRevocable,
        "/index",
        after=posted_and_revoked,
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
        after=posted_and_revoked,
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
