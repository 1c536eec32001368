"""`rules`: what an owner of rules works with, from the first draft to a published version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditbank.cli.local import AsJson
from creditbank.cli.output import remark, say, say_json
from creditbank.cli.remote import AllowHttp, Server, TokenFile, connect
from creditbank.cli.wording import Command, _, group, locale

if TYPE_CHECKING:
    from creditbank.cli.rule_files import RuleFile
    from creditbank.domain.catalogue import Catalogue
    from creditbank.domain.rules.drafts import Draft
    from creditbank.domain.rules.rulebook import Rulebook

app = group(_("Write, check and try out rulebooks: the rules by which outcomes are recognised."))

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help=_("YAML files with rulebooks; docs/rulebooks.md.")),
]
File = Annotated[
    Path, typer.Argument(metavar="FILE", help=_("A YAML file with rulebooks; docs/rulebooks.md."))
]
Beside = Annotated[
    list[Path] | None,
    typer.Option(
        "--with",
        metavar="FILE",
        help=_("A file with registers that the rules name, such as a programme; may be repeated."),
        show_default=False,
    ),
]
BankFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help=_("The folder of a bank whose registers are used in place of those that ship."),
        show_default=False,
    ),
]

_SHOWN = 50


@app.command(
    "lint",
    cls=Command,
    help=_(
        "Say what is wrong with rulebooks, by line and column, and how to mend it. The exit code is"
        " 1 if there is an error, for which publishing would be refused."
    ),
)
def lint(
    files: Files, beside: Beside = None, data: BankFolder = None, *, as_json: AsJson = False
) -> None:
    """Lint rulebooks."""
    from creditbank.cli.rule_linting import linted_files

    found = linted_files(files, beside or [], data)
    if as_json:
        say_json([one.document() for one in found])
    else:
        for one in found:
            say(one.line_text())
        if not found:
            remark(_("Nothing to say."))
    if any(one.severity == "error" for one in found):
        raise typer.Exit(1)


@app.command(
    "test",
    cls=Command,
    help=_(
        "Run the test cases in rulebooks. The exit code is 1 if one comes out otherwise than it"
        " expects."
    ),
)
def run_tests(
    files: Files, beside: Beside = None, data: BankFolder = None, *, as_json: AsJson = False
) -> None:
    """Run test cases."""
    from creditbank.cli.rule_files import catalogue_for, read_file

    read = [read_file(path) for path in files]
    catalogue = catalogue_for(read, beside or [], data)
    told = [_tested(file, *book, catalogue) for file in read for book in file.books()]
    failed = sum(len(one["failed"]) for one in told)
    if as_json:
        say_json(told)
    else:
        for one in told:
            for line in one["failed"]:
                say(f"{line['place']}: {line['message']}")
            counts = _("{rulebook}: {passed} of {cases} test cases passed")
            say(counts.format(rulebook=one["rulebook"], passed=one["passed"], cases=one["cases"]))
    if failed:
        raise typer.Exit(1)


def _tested(
    file: RuleFile, draft: Draft, rulebook: Rulebook, catalogue: Catalogue
) -> dict[str, Any]:
    from creditbank.domain.registers_on import RegistersOn
    from creditbank.domain.rules.testing import run_cases
    from creditbank.services.rule_words import finding_words
    from creditbank.services.rulebooks import frames_in

    registers = RegistersOn(catalogue, rulebook.valid_from, or_latest=True)
    results = run_cases(rulebook, frames_in(rulebook, catalogue), registers)
    failed = []
    for finding in (finding for result in results for finding in result.findings):
        line, column = draft.place(finding.where)
        message, _remedy = finding_words(finding, locale)
        place = f"{file.path}:{line}:{column}"
        failed.append({"place": place, "where": finding.where, "message": message})
    return {
        "rulebook": rulebook.id,
        "cases": len(results),
        "passed": sum(result.passed for result in results),
        "failed": failed,
    }


@app.command(
    "explain",
    cls=Command,
    help=_("Say in plain words what rulebooks say: bounds, then rule by rule."),
)
def explain(
    file: File,
    rule: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help=_("The id of one rule; else all."))
    ] = None,
) -> None:
    """Explain rules."""
    from creditbank.cli.rule_files import read_file
    from creditbank.domain.rules.phrases import Speaker
    from creditbank.domain.rules.words import explain_bounds, explain_rule

    for _draft, rulebook in read_file(file).books():
        chosen = [one for one in rulebook.rules if rule in {None, one.id}]
        if rule is None:
            title = Speaker(locale).title(rulebook.title)
            say(f"{title} ({rulebook.id} {rulebook.version})", style="bold")
            for sentence in explain_bounds(rulebook, locale):
                say(f"· {sentence}")
        for one in chosen:
            say()
            say(explain_rule(one, locale))


@app.command(
    "diff",
    cls=Command,
    help=_(
        "Say in words what a draft changes. With --data also, among the learners of that bank,"
        " whose result would change; learners appear by their accounts only."
    ),
)
def diff(
    file: File,
    old: Annotated[
        Path | None,
        typer.Option(
            "--old", help=_("The file with the earlier version; else the bank's in force is taken.")
        ),
    ] = None,
    beside: Beside = None,
    data: BankFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare versions."""
    from creditbank.cli.rule_trials import compare

    told = compare(file, old, beside or [], data)
    if as_json:
        say_json(told)
        return
    for one in told:
        say(f"{one['rulebook']} {one['old']} → {one['new']}", style="bold")
        for change in one["changes"]:
            say(f"· {change['words']}")
        if not one["changes"]:
            say(_("Nothing changes."))
        if "learners" in one:
            _say_changed(one)


def _say_changed(told: dict[str, Any]) -> None:
    count = _("{changed} of {learners} learners would get another result")
    say(count.format(changed=len(told["affected"]), learners=told["learners"]))
    for one in told["affected"][:_SHOWN]:
        say(f"  {one['account']}  {one['target']}: {one['before']} → {one['after']}")
    if len(told["affected"]) > _SHOWN:
        say(_("  … and {more} more; --json has all").format(more=len(told["affected"]) - _SHOWN))


@app.command(
    "simulate",
    cls=Command,
    help=_(
        "Run a draft over the real outcomes of a bank without touching anything, and say for each"
        " target how many would get it, and what the others lack."
    ),
)
def simulate(
    file: File,
    data: Annotated[Path, typer.Option("--data", help=_("The bank's folder."))],
    beside: Beside = None,
    on: Annotated[
        str | None, typer.Option(help=_("The day of the decision, YYYY-MM-DD; today without it."))
    ] = None,
    learners: Annotated[
        int, typer.Option(min=1, max=1_000_000, help=_("How many learners at most."))
    ] = 10_000,
    *,
    as_json: AsJson = False,
) -> None:
    """Simulate a draft."""
    from creditbank.cli.output import say_table
    from creditbank.cli.rule_trials import run

    told = run(file, data, beside or [], on, learners)
    if as_json:
        say_json(told)
        return
    for one in told:
        say(f"{one['rulebook']} {one['version']} · {one['on']}", style="bold")
        say(_("{learners} learners with outcomes").format(learners=one["learners"]))
        headings = [_("Target"), _("met"), _("to be supplied"), _("not met"), _("undecided")]
        columns = ("met", "needs_evidence", "not_met", "undecided")
        rows = [
            [target["target"], *(str(target["verdicts"].get(name, 0)) for name in columns)]
            for target in one["targets"]
        ]
        say_table(headings, rows, right=4)
        for target in one["targets"]:
            for lack in target["lacking"]:
                say(f"  {target['target']}: {lack['words']} ({lack['learners']})")


@app.command(
    "shipped",
    cls=Command,
    help=_("List the rulebooks that ship with the program, or print the file of one."),
)
def shipped(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help=_("The id of a rulebook."))
    ] = None,
    *,
    around: Annotated[
        bool,
        typer.Option(
            "--around", help=_("Print the made-up owners and plans that the rulebooks need.")
        ),
    ] = False,
) -> None:
    """Print what ships."""
    from creditbank.cli.rule_shipped import list_shipped, text_around, text_of

    if around:
        say(text_around())
    elif name is None:
        list_shipped()
    else:
        say(text_of(name))


@app.command(
    "publish",
    cls=Command,
    help=_(
        "Publish a rulebook at a bank, in the owner's name: with a token of the owner that may do"
        " rules:publish, and its signature if it signs."
    ),
)
def publish(  # noqa: PLR0917  # options of a command
    file: File,
    server: Server,
    token_file: TokenFile = None,
    signing_key: Annotated[
        Path | None,
        typer.Option("--signing-key", help=_("The owner's key file."), show_default=False),
    ] = None,
    operator: Annotated[str | None, typer.Option(help=_("Who publishes (经办)."))] = None,
    reviewer: Annotated[str | None, typer.Option(help=_("Who approved (复核)."))] = None,
    *,
    allow_http: AllowHttp = False,
    as_json: AsJson = False,
) -> None:
    """Publish rulebooks."""
    from creditbank.cli.rule_files import read_file
    from creditbank.clients.signing import load_signer

    signer = load_signer(signing_key) if signing_key is not None else None
    drafts = read_file(file).rulebooks
    with connect(server, token_file, allow_http=allow_http) as bank:
        answers = [
            bank.publish_rulebook(
                draft.document, operator=operator, reviewer=reviewer, signer=signer
            )
            for draft in drafts
        ]
    if as_json:
        say_json([one.model_dump(mode="json") for one in answers])
        return
    for one in answers:
        line = _("{name}: published, entry {index}")
        say(line.format(name=f"{one.id} {one.version}", index=one.index))
