"""Particulars 要素: what rules ask of an outcome beyond its amounts, taken from a submission.

Who issued it, at which event, which entry it corrects. Each entry that contributes to an outcome
adds its own, and takes them with it when it is revoked. Scores are not among them: they stand
nowhere in clear, and are read from the entries where a rule asks for one.
"""

from __future__ import annotations

from typing import Any


def particulars_of(submission: dict[str, Any]) -> dict[str, Any]:
    """Return the particulars of a submission in its normal form, empty where it has none."""
    found: dict[str, Any] = {}
    for name in ("learning_event", "assessment_event"):
        if name in submission:
            found[name] = submission[name]
    if "corrects" in submission:
        found["corrects"] = submission["corrects"]["index"]
    if "certificate" in submission:
        found |= _of_certificate(submission["certificate"])
    if "course" in submission:
        found |= _of_course(submission["course"])
    return found


def _of_certificate(certificate: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"certificate_kind": certificate["kind"]}
    if "code" in certificate["issuer"]:
        found["issuer"] = certificate["issuer"]["code"]
    if "occupation" in certificate:
        occupation = certificate["occupation"]
        found["occupation"] = {"edition": occupation["edition"], "code": occupation["code"]}
    return found


def _of_course(course: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"course": course["code"]}
    if "hours" in course:
        found["hours"] = course["hours"]
    return found


def scores_of(submission: dict[str, Any]) -> list[dict[str, str]]:
    """Return the scores of a passed assessment, and of a passed course, as they were posted."""
    scores: list[dict[str, str]] = []
    for stage in submission.get("stages", ()):
        if stage["stage"] != "assessment" or not stage["passed"]:
            continue
        if "score" in stage:
            scores.append(dict(stage["score"]))
        scores += [
            {"part": part["part"], **part["score"]}
            for part in stage.get("parts", ())
            if "score" in part
        ]
    grade = submission.get("course", {}).get("grade")
    if grade is not None and submission.get("passed"):
        scores.append(dict(grade))
    return scores
