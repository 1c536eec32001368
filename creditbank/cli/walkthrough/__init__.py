"""The walk through the bank that `creditbank demo` takes."""

from __future__ import annotations

import time
from pathlib import Path

from creditbank.cli.output import say
from creditbank.cli.walkthrough import certificate, decision, proof, story
from creditbank.cli.walkthrough.server import serving
from creditbank.cli.walkthrough.stage import Stage, furnish, setting
from creditbank.cli.wording import _


def walk(folder: Path, database_url: str | None, *, keep: bool) -> None:
    """Tell the whole story with a new bank in `folder`; raises what its parts raise."""
    with setting(folder, database_url) as stage:
        _walk(stage)
        say()
        say(
            _(
                "Done in {seconds:.1f} s: {posted} outcomes recorded at {rate:.0f} a second, from"
                " sheet to committed answer."
            ).format(
                seconds=time.monotonic() - stage.started,
                posted=stage.posted,
                rate=stage.posted / max(stage.posting_seconds, 0.001),
            ),
            style="bold",
        )
        _say_how_to_go_on(stage, keep=keep)


def _walk(stage: Stage) -> None:
    say(_("Everything here is fictitious: people, institutions and results."), style="dim")
    stage.step(_("A new bank"))
    furnish(stage)
    say(
        _("   {folder}: keys, {entries} entries, the registers of modules and institutions").format(
            folder=stage.folder, entries=stage.size()
        )
    )
    with serving(stage.settings, stage.folder / "server.log") as running:
        stage.address = running.address
        say(
            _("   A server at {address}, ready after {seconds:.1f} s").format(
                address=running.address, seconds=running.ready_seconds
            )
        )
        story.post_with_bad_rows(stage)
        story.post_twice(stage)
        story.post_from_two_sides(stage)
        session = story.look(stage)
        story.grant(stage, session)
        decision.convert(stage, session)
        credited = story.credited_outcome(stage, session)
        certificate.certify(stage, session, credited.outcome)
    proof.audit(stage)
    proof.tamper(stage, credited.index)


def _say_how_to_go_on(stage: Stage, *, keep: bool) -> None:
    say()
    if keep:
        say(
            _("The bank is kept in {folder}; its tokens are in the folder tokens there.").format(
                folder=stage.folder
            )
        )
        say(_("To serve it:       creditbank serve --data {folder}").format(folder=stage.folder))
    say(_("A bank of your own: creditbank init --data mybank --origin bank.example.cn/2026"))
    say(_("Its server:         creditbank serve --data mybank"))
    say(_("Every command:      creditbank --help"))
