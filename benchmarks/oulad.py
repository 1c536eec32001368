"""`python -m benchmarks.oulad FOLDER [--database URL]`: a real university's results as an import.

Reads the Open University Learning Analytics dataset (Kuzilek, Hlosta, Zdrahal, Scientific Data
4:170171, 2017, CC BY 4.0) from FOLDER, which holds its CSV files gzipped. Every assessment result
becomes a 评 attempt, failed ones too, banked ones as transferred; a registration that was passed
becomes an academic course. All of it goes through the SDK to a real server, then the audit runs.

The dataset gives no credit per course: each counts 30.00 in a credit system of this import.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from creditbank.cli.walkthrough.server import serving
from creditbank.clients.bank import BankClient
from creditbank.clients.batches import PostedItems
from creditbank.config import Settings
from creditbank.domain.access import Role
from creditbank.services import banking
from creditbank.services.actors import Notice
from creditbank.services.auditing import audit
from creditbank.services.registering import PublishRegister
from creditbank.services.tokens import new_token
from creditbank.storage import access
from creditbank.storage.database import Database
from creditbank.storage.journal import record_now
from tests import factories

ORIGIN = "oulad.test/log"
UNIVERSITY = factories.organisation_code(900, "12")
PASS_MARK = 40.0
CREDIT = "30.00"
Document = dict[str, Any]

_REGISTERS: tuple[tuple[str, Document], ...] = (
    (
        "credit_system",
        {
            "id": "ou-import",
            "version": "1",
            "valid_from": "2010-01-01",
            "title": {"zh": "开放大学学分(导入用)", "en": "Credit, for this import"},
            "region": "00",
            "hours_per_credit": {"theory": "10.00", "practice": "10.00"},
            "rounding": "exact",
            "owner": "import",
        },
    ),
    ("institution", factories.institution(UNIVERSITY, "college") | {"valid_from": "2010-01-01"}),
)


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _start(presentation: str) -> date:
    """Return the first day of a presentation: B is February, J is October."""
    return date(int(presentation[:4]), 2 if presentation[4] == "B" else 10, 1)


def _learner(student: str) -> Document:
    return {
        "document": {
            "kind": "passport",
            "number": f"OULAD{int(student):08d}",
            "country": "GBR",
        },
        "name": f"OULAD {student}",
    }


def _course(module: str, presentation: str) -> Document:
    return {
        "code": module,
        "title": f"{module} {presentation}",
        "credits": [{"system": "ou-import", "amount": CREDIT}],
        "term": presentation,
    }


def attempts(folder: Path) -> Iterator[Document]:
    """Yield every assessment result as an attempt at its course."""
    assessments = {row["id_assessment"]: row for row in _rows(folder, "assessments")}
    for row in _rows(folder, "studentAssessment"):
        about = assessments[row["id_assessment"]]
        presentation = about["code_presentation"]
        day = _start(presentation) + timedelta(days=int(float(row["date_submitted"])))
        score = row["score"].split(".")[0]
        stage: Document = {
            "stage": "assessment",
            "on": day.isoformat(),
            "sitting": "transferred" if row["is_banked"] == "1" else "first",
            "passed": bool(score) and float(score) >= PASS_MARK,
            "event": f"{about['assessment_type']} {row['id_assessment']}",
        }
        if score:
            stage["score"] = {"scale": "percent-100", "value": score}
        yield {
            "source_id": f"assessment-{row['id_assessment']}-{row['id_student']}",
            "type": "academic_course",
            "learner": _learner(row["id_student"]),
            "course": _course(about["code_module"], presentation),
            "stages": [stage],
        }


def passes(folder: Path) -> Iterator[Document]:
    """Yield every registration that was passed, with distinction or without, as a course."""
    lengths = {
        (row["code_module"], row["code_presentation"]): int(row["module_presentation_length"])
        for row in _rows(folder, "courses")
    }
    for row in _rows(folder, "studentInfo"):
        if row["final_result"] not in {"Pass", "Distinction"}:
            continue
        module, presentation = row["code_module"], row["code_presentation"]
        end = _start(presentation) + timedelta(days=lengths[module, presentation])
        yield {
            "source_id": f"registration-{module}-{presentation}-{row['id_student']}",
            "type": "academic_course",
            "learner": _learner(row["id_student"]),
            "course": _course(module, presentation)
            | {"grade": {"scale": "letter-5", "value": row["final_result"]}},
            "passed": True,
            "completed_on": end.isoformat(),
        }


def _timed(what: str, work: Callable[[], PostedItems]) -> None:
    started = time.perf_counter()
    posted = work()
    seconds = time.perf_counter() - started
    print(  # noqa: T201  # this is a command
        f"{what}: {posted.items} items, {posted.recorded} recorded, {posted.replayed} replayed, "
        f"{posted.refused} refused; {seconds:.1f} s, {posted.items / seconds:,.0f}/s"
    )
    for refusal in posted.refusals[:5]:
        print("  ", refusal)  # noqa: T201  # this is a command


def main() -> int:
    """Import, audit, and say what was found; return 0 if the audit is clean."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oulad", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="creditbank-oulad-") as data:
        given = {"database_url": options.database} if options.database else {}
        settings = Settings.load(
            data_dir=Path(data), origin=ORIGIN, notice_version="1", rate_limit_per_minute=0, **given
        )
        database = Database(settings.database_url)
        banking.create_bank(database, settings.keys_dir, ORIGIN)
        bank = banking.open_bank(database, settings.keys_dir, notice=Notice("1"))
        for kind, document in _REGISTERS:
            work = PublishRegister(kind, document, banking.OPERATOR, bank.keyring)
            record_now(database, bank.recorder, work)
        now = int(time.time())
        token, values = new_token(
            bank.keyring,
            org=UNIVERSITY,
            role=Role.COLLEGE,
            label="import",
            now=now,
            expires_at=now + 86_400,
        )
        database.write_sync(lambda connection: access.add_token(connection, values))
        with (
            serving(settings, Path(data) / "server.log") as server,
            BankClient(server.address, token.text) as client,
        ):
            _timed("attempts", lambda: client.post_items(attempts(options.folder)))
            _timed("passed registrations", lambda: client.post_items(passes(options.folder)))
            _timed("the same again", lambda: client.post_items(passes(options.folder)))
        started = time.perf_counter()
        report = audit(database, bank.keyring)
        seconds = time.perf_counter() - started
        print(  # noqa: T201  # this is a command
            f"audit: {report.entries} entries, {len(report.findings)} findings; {seconds:.1f} s, "
            f"{report.entries / seconds:,.0f}/s"
        )
        return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
