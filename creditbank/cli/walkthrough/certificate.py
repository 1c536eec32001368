"""A certificate: the worker's to hand out, a stranger's to verify, the bank's to suspend."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from creditbank.cli.output import say
from creditbank.cli.verify import relying, say_report, say_result, say_step
from creditbank.cli.walkthrough.stage import DESK, Stage
from creditbank.cli.wording import _
from creditbank.clients.answers import Session

if TYPE_CHECKING:
    from creditbank.domain.verification.report import Report


def certify(stage: Stage, session: Session, outcome: str) -> None:
    """Let the worker save a certificate, and a stranger verify it, before and in a suspension."""
    stage.step(_("The worker takes a certificate along"))
    with stage.client(session.token) as worker:
        issued = worker.issue_credential(outcome)
        printed = worker.credential_file(issued.credential, "pdf")
    (stage.folder / "certificate.pdf").write_bytes(printed)
    say(
        _("   Issued as entry {index}; to print: certificate.pdf, {size} bytes").format(
            index=issued.index, size=len(printed)
        )
    )
    say(_("   A stranger knows the bank's name, and verifies the file:"))
    say_report(_verified_by_a_stranger(stage, printed))
    with stage.client(stage.tokens[DESK]) as desk:
        desk.suspend_credential(issued.credential, _("The assessor reviews the result."))
    say(_("   The desk suspends it. The same file, verified again:"))
    _say_briefly(_verified_by_a_stranger(stage, printed))
    with stage.client(stage.tokens[DESK]) as desk:
        desk.resume_credential(issued.credential, _("The result was confirmed."))
    say(_("   The desk ends the suspension:"))
    _say_briefly(_verified_by_a_stranger(stage, printed))


def _verified_by_a_stranger(stage: Stage, file: bytes) -> Report:
    """Return what somebody finds who asks the issuer's host and knows nothing else of the bank."""
    from creditbank.services.verifying import verify_document

    host = f"localhost:{urlsplit(stage.address).port}"
    relied = relying([f"did:web:{quote(host, safe='')}"], (), ())
    return verify_document(file, now=int(time.time()), relied=relied)


def _say_briefly(report: Report) -> None:
    """Print the steps that failed, and the result."""
    for number, step in enumerate(report.steps, start=1):
        if step.state.code == "failed":
            say_step(number, step)
    say_result(report)
