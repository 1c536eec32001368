"""The command line: `creditbank`, or `python -m creditbank`.

Commands raise; `main` prints title and detail in the user's language and ends with 2. Of our own
errors nobody sees a traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import typer

from creditbank import texts
from creditbank.cli.output import fail, remark
from creditbank.cli.wording import _, locale, usage_message
from creditbank.errors import CreditBankError

FAILED = 2
_INTERRUPTED = 130  # 128 and SIGINT, as shells have it
# Typer does not export the class by which it refuses a command line.
_UsageError: Any = typer.BadParameter.__bases__[0]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with its exit code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Return the exit code of a command."""
    from creditbank.cli.app import app

    return guarded(lambda: app(arguments, prog_name="creditbank", standalone_mode=False))


def guarded(command: Callable[[], Any]) -> int:
    """Return the exit code of `command`, after printing what it refused with."""
    try:
        code = command()
    except CreditBankError as error:
        fail(*texts.translate_error(error, locale))
    except _UsageError as error:
        _fail_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        remark(_("Interrupted."))
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has seen enough
        return 1
    except OSError as error:
        fail(_("A file or folder cannot be used"), f"{error.filename}: {error.strerror}")
    except Exception as error:
        if not _is_problem(error):
            raise
        _fail_with(error)
    else:
        return code if isinstance(code, int) else 0
    return FAILED


def _is_problem(error: Exception) -> bool:
    """Return whether a bank has refused; who never asked one has not loaded the SDK."""
    problems: Any = sys.modules.get("creditbank.clients.problems")
    return problems is not None and isinstance(error, problems.BankProblem)


def _fail_with(problem: Any) -> None:
    fail(problem.title, problem.detail)
    for fault in problem.members.get("errors", []):
        remark(f"  {fault.get('where')}: {fault.get('reason')}", style=None)


def _fail_usage(error: Any) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help was printed
    fail(usage_message(error))
    if error.ctx is not None:
        remark(error.ctx.get_usage())
        hint = _("`{command} --help` explains it.")
        remark(hint.format(command=error.ctx.command_path))
