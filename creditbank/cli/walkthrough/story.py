"""The steps of the demonstration, each told in plain words with its figures."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from creditbank.cli import posting, records
from creditbank.cli.output import say
from creditbank.cli.sending import SentSheet, send
from creditbank.cli.walkthrough import people
from creditbank.cli.walkthrough.cast import (
    ASSESSOR,
    COLLEGE,
    ETHICS,
    FACTORY,
    ROBOTS,
    SCHOOL,
    VISION,
    Organisation,
)
from creditbank.cli.walkthrough.stage import DESK, Stage
from creditbank.cli.wording import _, clock, locale
from creditbank.clients.answers import Session
from creditbank.clients.bank import BankProblem
from creditbank.clients.sheets import read_sheet

WORKER = people.person(0)
"""Who is followed: trained at all three institutions."""

_VISION_PEOPLE = range(300)
_ETHICS_PEOPLE = (*range(80), *range(300, 470))
_ROBOTS_PEOPLE = (*range(40), *range(500, 660))


def post_with_bad_rows(stage: Stage) -> None:
    """Post a sheet in which some rows are bad: they are named, and the others recorded."""
    stage.step(_("{school} posts a sheet with mistakes in it").format(school=_name(SCHOOL)))
    rows = [people.row(index, VISION) for index in _VISION_PEOPLE]
    for place, bad in zip(range(20, 300, 50), people.bad_rows(VISION, ETHICS, 900), strict=True):
        rows.insert(place, bad)
    sent = _send(stage, SCHOOL, "vision.csv", "工业视觉质检成果汇总表", rows, encoding="gb18030")
    say(_("   The bad rows, by their number in the file; all others were recorded:"))
    posting.say_bad_rows(sent.bad)


def post_twice(stage: Stage) -> None:
    """Post a sheet, and once more in another order: nothing counts twice."""
    stage.step(_("{school} posts a sheet, and by mistake once more").format(school=_name(FACTORY)))
    rows = [people.row(index, ETHICS) for index in _ETHICS_PEOPLE]
    _send(stage, FACTORY, "ethics.csv", "AI伦理与安全成果汇总表", rows)
    say(_("   The same sheet again, sorted the other way round:"))
    _send(stage, FACTORY, "ethics-again.csv", "AI伦理与安全成果汇总表", reversed(rows))


def post_from_two_sides(stage: Stage) -> None:
    """Post what one institution trained and another assessed: together they make the credit."""
    stage.step(
        _("{school} trains, {assessor} assesses").format(
            school=_name(SCHOOL), assessor=_name(ASSESSOR)
        )
    )
    trained = [people.trained_row(index, ROBOTS) for index in _ROBOTS_PEOPLE]
    sent = _send(stage, SCHOOL, "robots-trained.csv", "人机协作运维培训名册", trained)
    say(_("   Credits awarded so far: {count}").format(count=_awards(sent)))
    assessed = [people.assessed_row(index, ROBOTS) for index in _ROBOTS_PEOPLE]
    sent = _send(stage, ASSESSOR, "robots-assessed.csv", "人机协作运维评价结果", assessed)
    say(
        _(
            "   Credits awarded now: {count}; who failed or was absent has a result and no credit"
        ).format(count=_awards(sent))
    )


def look(stage: Stage) -> Session:
    """Let the worker sign in with a code from the desk and look; return the worker's session."""
    stage.step(_("A worker looks at their account"))
    with stage.client(stage.tokens[DESK]) as desk:
        account = desk.open_learner("resident_id", WORKER.number, WORKER.name).account
        code = desk.issue_code(account).code
    say(_("   The desk checks the identity card and gives a one-time code; the worker signs in."))
    with stage.client(None) as door:
        session = door.open_session(code=code, kind="resident_id", number=WORKER.number)
    with stage.client(session.token) as worker:
        records.say_balance(worker.balance())
        entries = list(worker.statement_entries())
    say(
        _("   The statement has {count} entries, numbered without a gap.").format(
            count=len(entries)
        )
    )
    return session


def grant(stage: Stage, session: Session) -> None:
    """Let the college look: not before the grant, not after its end."""
    stage.step(_("{college} wants to see the credits").format(college=_name(COLLEGE)))
    _try_to_read(stage, session.account)
    with stage.client(session.token) as worker:
        until = datetime.now(UTC) + timedelta(days=30)
        given = worker.grant(COLLEGE.code, purpose=_("transfer of credit"), until=until)
        say(_("   The worker grants it, until {until}.").format(until=given.until[:10]))
        _try_to_read(stage, session.account)
        worker.end_grant(given.grant)
        say(_("   The worker ends the grant."))
        _try_to_read(stage, session.account)
        say(_("   Who looked stands in the worker's access log:"))
        for access in worker.access_log().accesses:
            say(f"     {clock(access.at)}  {access.org}  {access.action}")


@dataclass(frozen=True, slots=True)
class Credited:
    """An outcome that counts as credit, and the entry that awarded it."""

    outcome: str
    index: int


def credited_outcome(stage: Stage, session: Session) -> Credited:
    """Return the first of the worker's outcomes that counts as credit."""
    with stage.client(session.token) as worker:
        found = worker.outcomes().outcomes
    return next(
        Credited(one.outcome, one.credited_index)
        for one in found
        if one.status == "credited" and one.credited_index is not None
    )


def _try_to_read(stage: Stage, account: str) -> None:
    with stage.client_of(COLLEGE) as college:
        try:
            found = college.balance(account)
        except BankProblem as problem:
            say(
                _("   The college asks and is refused: {title} ({status} {slug})").format(
                    title=problem.title, status=problem.status, slug=problem.slug
                )
            )
        else:
            say(
                _("   The college asks and sees {amount} credits of {system}.").format(
                    amount=found.available("cn-16"), system="cn-16"
                )
            )


def _send(
    stage: Stage,
    poster: Organisation,
    file_name: str,
    title: str,
    rows: Iterable[people.Row],
    *,
    encoding: str = "utf-8",
) -> SentSheet:
    """Write a sheet, read it and post it as `creditbank post` does; say what became of it."""
    file = stage.folder / file_name
    file.write_bytes(people.sheet(title, list(rows)).encode(encoding))
    started = time.monotonic()
    sheet = read_sheet(file, institution=poster.code)
    with stage.client_of(poster) as bank:
        sent = send(bank, sheet)
    seconds = time.monotonic() - started
    stage.posted += sent.posted.recorded
    stage.posting_seconds += seconds
    template = _(
        "   {file}: {rows} rows, {recorded} recorded, {replayed} recorded before, {refused}"
        " refused ({seconds:.2f} s)"
    )
    say(template.format(file=file_name, **sent.counts, seconds=seconds))
    return sent


def _awards(sent: SentSheet) -> int:
    return sum(1 for result in sent.posted.results if result.awarded is not None)


def _name(organisation: Organisation) -> str:
    return organisation.name(locale)
