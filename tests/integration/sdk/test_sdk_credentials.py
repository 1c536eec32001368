"""The SDK's requests about certificates, against a real server."""

from __future__ import annotations

from creditbank.clients.bank import BankClient
from tests import factories
from tests.banks import DESK, SCHOOL
from tests.integration.sdk.banks_served import Served
from tests.integration.sdk.test_sdk_served import completion, problem_of, signed_in


def test_a_learner_has_a_certificate_issued_shown_and_ended(served: Served) -> None:
    person, outcome = completion()
    with served.client(SCHOOL) as school:
        posted = school.post_outcome(outcome)
    _, learner = signed_in(served, person)
    with learner:
        issued = learner.issue_credential(posted.outcome)
        assert learner.issue_credential(posted.outcome).replayed
        statement = learner.issue_statement(named=False)
        forms = [one.form for one in learner.credentials().credentials]
        share = learner.share_credential(issued.credential, "zhaopin", ["name", "document"])
        assert [one.url for one in learner.shares(issued.credential).shares] == [share.url]
        report = learner.verify_certificate(url=share.url)
        text = learner.credential_file(issued.credential, suite="eddsa-jcs-2022").decode()
        learner.end_share(issued.credential, "zhaopin")
        gone = problem_of(lambda: learner.verify_certificate(url=share.url))
        learner.withdraw_credential(issued.credential, "换发")
        shown = learner.credential(issued.credential)
    assert statement.form == "clr"
    assert sorted(forms) == ["clr", "open_badge", "open_badge"]
    assert report.result == "valid"
    assert gone.slug == "share-unknown"
    assert (shown.status, shown.causes) == ("withdrawn", (posted.index,))
    assert share.url not in repr(share)
    with BankClient(served.address) as anybody:
        assert "revoked" in anybody.verify_certificate(text=text).answers


def test_many_are_issued_with_progress_and_a_refusal_says_why(served: Served) -> None:
    items = [completion()[1] for _ in range(2)]
    items.append(factories.achievement("sdk-declared", 900_001))
    with served.client(SCHOOL) as school:
        batch = school.post_batch(items).batch
        rows = list(school.issue_credentials(batch=batch))
        again = list(school.issue_credentials(batch=batch))
        unknown = problem_of(lambda: list(school.issue_credentials(batch="0" * 32)))
    assert [one.status for one in rows] == ["issued", "issued", "refused"]
    assert rows[2].problem is not None
    assert [one.status for one in again] == ["replayed", "replayed", "refused"]
    assert unknown.slug == "batch-unknown"
    credential = rows[0].credential or ""
    with served.client(DESK) as desk:
        assert desk.suspend_credential(credential, "复核").change == "suspended"
        assert desk.resume_credential(credential, "复核").index is not None
        assert desk.credential(credential).status == "valid"
