"""A decision: a college's rules, what a worker still lacks, and credit converted by steps."""

from __future__ import annotations

from creditbank.cli.deciding import say_conversion, say_results
from creditbank.cli.output import say
from creditbank.cli.walkthrough import rules
from creditbank.cli.walkthrough.cast import COLLEGE
from creditbank.cli.walkthrough.stage import DESK, Stage
from creditbank.cli.wording import _, locale
from creditbank.clients.answers import Session


def convert(stage: Stage, session: Session) -> None:
    """Let the college publish its rules, the worker ask and apply, the college decide."""
    college = COLLEGE.name(locale)
    stage.step(_("{college} says what the credits are worth").format(college=college))
    stage.operator.publish_register("programme", rules.plan())
    with stage.client_of(COLLEGE) as bank:
        published = bank.publish_rulebook(rules.rulebook())
    say(
        _("   Its rulebook is entry {index}, SHA-256 {digest}…").format(
            index=published.index, digest=published.digest[:16]
        )
    )
    say(_("   The worker asks what it grants, and what is missing:"))
    with stage.client(session.token) as worker:
        say_results(worker.evaluate(rules.RULEBOOK).results)
        path = worker.path(rules.RULEBOOK, rules.MISSED)
        for module in path.modules:
            title = module.title.get("zh" if locale == "zh_CN" else "en", module.title["zh"])
            say(
                _("   Left to learn: {module} {title}, {hours} class-hours").format(
                    module=module.module, title=title, hours=module.class_hours
                )
            )
        applied = worker.apply(rules.RULEBOOK, targets=[rules.MET])
    with stage.client_of(COLLEGE) as bank:
        bank.take_step(applied.conversion, "faculty", opinion=_("The contents correspond."))
    with stage.client(stage.tokens[DESK]) as desk:
        desk.take_step(applied.conversion, "record")
    with stage.client_of(COLLEGE) as bank:
        say_conversion(bank.conversion(applied.conversion))
        sheet = bank.conversion_sheet(applied.conversion)
    (stage.folder / "conversion-sheet.pdf").write_bytes(sheet)
    say(_("   The conversion sheet: conversion-sheet.pdf, {size} bytes").format(size=len(sheet)))
