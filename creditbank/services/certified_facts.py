"""Gathering what a certificate states: from the outcome, its entries, and the registers it names.

Registers are read as they stood when the outcome was achieved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.certified import outcome_uri
from creditbank.domain.certifying import (
    AchievementFacts,
    CreditFacts,
    LevelFacts,
    LogEntry,
    Names,
    OrganisationFacts,
    ResultFacts,
    SkillFacts,
    StageFacts,
)
from creditbank.domain.outcomes import Outcome
from creditbank.domain.registers import Module, Scale
from creditbank.domain.units import amount_text, hundredths
from creditbank.storage.book import Book

_PARTS: Final = {"theory": "理论", "operation": "操作", "comprehensive": "综合评审"}
_VERIFIED: Final = {
    "issuer": Names("由授予机构报送", "reported by the institution itself"),
    "national_query": Names("经全国查询系统核实", "confirmed in the national query system"),
    "original_seen": Names("经核验原件", "the original was seen"),
}


class AchievementReader:
    """Reads what a certificate of one outcome states. `site` is the bank's address."""

    def __init__(self, book: Book, site: str, outcome: Outcome) -> None:
        assert outcome.achieved_on is not None  # noqa: S101  # its credit stands
        assert outcome.credited_index is not None  # noqa: S101
        self._book, self._site, self._outcome = book, site, outcome
        self._on = date.fromisoformat(outcome.achieved_on)
        self._submissions: dict[int, dict[str, Any]] = {}
        self.credited_index = outcome.credited_index

    def facts(self) -> AchievementFacts:
        """Return the facts."""
        outcome, book = self._outcome, self._book
        credited = book.entry_at(self.credited_index)
        assert credited is not None  # noqa: S101  # the outcome says so
        module = self._module()
        title = _names(module.title) if module else self._title()
        number = self._submission(self.credited_index).get("certificate", {}).get("number")
        return AchievementFacts(
            id=self._uri(),
            kind=module.kind if module else outcome.type,
            code=self._code(),
            version=outcome.version or "1",
            name=title,
            description=self._description(title),
            criteria=self._criteria(module),
            institution=self._institution(),
            entry=LogEntry(book.origin, credited.index, credited.leaf_hash.hex()),
            achieved_on=self._on.isoformat(),
            hours_theory=outcome.hours_theory,
            hours_practice=outcome.hours_practice,
            credits=tuple(self._credits()),
            stages=tuple(self._stages()),
            results=tuple(self._results(module)),
            level=self._level(),
            skills=tuple(
                SkillFacts(one.title.zh, one.framework, one.code)
                for one in (module.skills if module else ())
            ),
            scene=outcome.scene,
            verification=outcome.verification,
            certificate_number=number,
        )

    # --- what it is

    @property
    def _catalogue(self) -> Catalogue:
        return self._book.catalogue

    def _submission(self, index: int) -> dict[str, Any]:
        """Return what was submitted with an entry of the outcome."""
        if index not in self._submissions:
            row = self._book.entry_at(index)
            person = self._book.learner_values(row)["person"] if row else {}
            self._submissions[index] = person.get("submission", {})
        return self._submissions[index]

    def _module(self) -> Module | None:
        if self._outcome.module is None or self._outcome.version is None:
            return None
        found = self._catalogue.module(self._outcome.module, self._outcome.version)
        return found[0] if found else None

    def _uri(self) -> str:
        outcome = self._outcome
        if outcome.module is None:
            return outcome_uri(outcome.id)
        return f"{self._site}/v1/registers/module/{outcome.module}/versions/{outcome.version}"

    def _code(self) -> str:
        submission, outcome = self._submission(self.credited_index), self._outcome
        if outcome.module is not None:
            return outcome.module
        if "course" in submission:
            return str(submission["course"]["code"])
        if "certificate" in submission:
            return str(submission["certificate"]["kind"])
        return str(submission.get("achievement", {}).get("category", outcome.type))

    def _title(self) -> Names:
        certificate = self._submission(self.credited_index).get("certificate")
        if certificate is None or "title" in certificate:
            return Names(self._outcome.title)
        kind = self._catalogue.certificate_kind(certificate["kind"], self._on)
        return _names(kind.title) if kind else Names(self._outcome.title)

    def _description(self, title: Names) -> Names:
        outcome = self._outcome
        zh, en = title.zh, title.en or title.zh
        hours = outcome.hours_theory + outcome.hours_practice
        if hours:
            zh += f"，共 {amount_text(hours)} 学时"
            en += f", {amount_text(hours)} class-hours"
        certificate = self._submission(self.credited_index).get("certificate")
        if certificate is not None:
            zh += f"，由{certificate['issuer']['name']}颁发"
            en += f", issued by {certificate['issuer']['name']}"
        return Names(zh + "。", en + ".")

    def _criteria(self, module: Module | None) -> Names:
        if module is None:
            known = _VERIFIED[self._outcome.verification]
            return Names(known.zh + "。", f"{(known.en or '').capitalize()}.")
        zh = f"学 {amount_text(hundredths(module.hours.theory))} 学时，"
        zh += f"训 {amount_text(hundredths(module.hours.practice))} 学时"
        en = f"{module.hours.theory} class-hours of theory and {module.hours.practice} of practice"
        if module.assessment is not None:
            zh, en = zh + "，并通过考核", en + ", and the assessment passed"
        return Names(zh + "。", en + ".")

    def _institution(self) -> OrganisationFacts:
        certificate = self._submission(self.credited_index).get("certificate")
        if certificate is not None and "code" in certificate["issuer"]:
            issuer = certificate["issuer"]
            return OrganisationFacts(issuer["code"], issuer["name"])
        return self._organisation(self._outcome.org)

    def _organisation(self, code: str) -> OrganisationFacts:
        found = self._catalogue.institution(code, self._on)
        return OrganisationFacts(code, found.title.zh if found else code)

    # --- how much, how well

    def _credits(self) -> Iterator[CreditFacts]:
        for one in self._outcome.credits:
            system = self._catalogue.credit_system(one["system"], self._on)
            name = _names(system.title) if system else None
            yield CreditFacts(one["system"], hundredths(one["amount"]), name)

    def _stages(self) -> Iterator[StageFacts]:
        for stage in self._outcome.stages:
            hours = stage.get("hours", {})
            total = sum(hundredths(hours.get(name, "0.00")) for name in ("theory", "practice"))
            yield StageFacts(
                stage["stage"],
                self._organisation(stage["org"]),
                total if hours else None,
                stage.get("begun_on") or stage.get("on"),
                stage.get("ended_on") or stage.get("on"),
            )
        passed = self._passed()
        if passed is not None:
            organisation = self._organisation(passed["org"])
            yield StageFacts("assessment", organisation, None, passed["on"], passed["on"])

    def _passed(self) -> dict[str, Any] | None:
        """Return the attempt that counts: the first that was passed."""
        passed = [one for one in self._outcome.attempts if one["passed"]]
        return min(passed, key=lambda one: (one["on"], one["index"]), default=None)

    def _results(self, module: Module | None) -> Iterator[ResultFacts]:
        grade = self._submission(self.credited_index).get("course", {}).get("grade")
        if grade is not None:
            yield self._result("成绩", grade, passed=True)
        attempt = self._passed()
        if attempt is None:
            return
        marks = {}
        for one in module.assessment.parts if module and module.assessment else ():
            marks[one.part] = one.pass_mark
        for stage in self._submission(attempt["index"]).get("stages", []):
            if not _is_of(stage, attempt):
                continue
            if "score" in stage:
                yield self._result("成绩", stage["score"], passed=True)
            for part in stage.get("parts", []):
                if "score" in part:
                    name = _PARTS.get(part["part"], part["part"])
                    mark = marks.get(part["part"])
                    yield self._result(name, part["score"], passed=part["passed"], mark=mark)

    def _result(
        self, name: str, score: dict[str, str], *, passed: bool, mark: str | None = None
    ) -> ResultFacts:
        scale = self._scale(score["scale"])
        limits = scale.range if scale else None
        return ResultFacts(
            name=name,
            scale=score["scale"],
            value=score["value"],
            passed=passed,
            pass_mark=mark,
            least=limits.lowest if limits else None,
            greatest=limits.highest if limits else None,
            allowed=tuple(one.title.zh for one in scale.ranks) if scale else (),
        )

    def _level(self) -> LevelFacts | None:
        if self._outcome.level is None:
            return None
        name, _, rank = self._outcome.level.rpartition(":")
        scale = self._scale(name)
        found = scale.at(int(rank)) if scale else None
        return LevelFacts(name, int(rank), found.title.zh if found else rank)

    def _scale(self, scale: str) -> Scale | None:
        return self._catalogue.scale(scale, self._on)


def _is_of(stage: dict[str, Any], attempt: dict[str, Any]) -> bool:
    """Return whether a submitted stage is the one that became an attempt."""
    if stage["stage"] != "assessment" or not stage["passed"]:
        return False
    return bool((stage["on"], stage.get("event", "")) == (attempt["on"], attempt["event"]))


def _names(title: Any) -> Names:
    return Names(title.zh, title.en)
