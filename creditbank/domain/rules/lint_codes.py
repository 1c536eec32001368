"""Codes that no register has, and what a rulebook refers to and does not declare."""

from __future__ import annotations

from collections.abc import Iterator

from creditbank.domain.identifiers import check_uscc
from creditbank.domain.registers import Institution, Module, Occupation, Scale
from creditbank.domain.rules.condition import Age, Condition, Evidenced, Work
from creditbank.domain.rules.findings import Finding, found
from creditbank.domain.rules.linting import Surroundings
from creditbank.domain.rules.naming import references_of
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.target import CourseTarget, ElectiveTarget, Grade, GradeTarget
from creditbank.domain.rules.walking import caps_of, cases_of, rule_conditions, selections_of
from creditbank.domain.units import hundredths
from creditbank.errors.identifiers import InvalidAmount, InvalidOrganisationCode

_OWNERS = {"college", "assessor", "authority"}


def lint_codes(around: Surroundings) -> Iterator[Finding]:
    """Yield every code without its register, mark off its scale, and undeclared reference."""
    yield from _references(around)
    yield from _owner(around)
    yield from _marks(around)
    yield from _issuers(around)
    yield from _modules(around)
    yield from _courses(around)
    yield from _evidence(around)
    yield from _names_of_rules(around)


def _references(around: Surroundings) -> Iterator[Finding]:
    for one in references_of(around.rulebook):
        named = around.registers.get((one.kind, one.id))
        if named is None:
            yield found(one.where, "no_such_register", kind=one.kind, id=one.id)
        elif isinstance(named, Scale) and one.rank is not None and named.at(one.rank) is None:
            yield found(one.where, "rank_not_on_scale", scale=one.id, rank=one.rank)


def _owner(around: Surroundings) -> Iterator[Finding]:
    owner = around.registers.get(("institution", around.rulebook.owner))
    if isinstance(owner, Institution) and not _OWNERS & set(owner.roles):
        yield found("/owner", "not_a_college", owner=owner.id)


def _marks(around: Surroundings) -> Iterator[Finding]:
    for where, selection in selections_of(around.rulebook):
        score = selection.score
        if score is not None:
            yield from _mark(f"{where}/score/at_least", score.scale, score.at_least, around)
    for where, rule in around.rules():
        grade = _grade_of(rule)
        if grade is not None and grade.mark is not None:
            yield from _mark(f"{where}/target/grade/mark", grade.scale, grade.mark, around)
        target = rule.target
        if isinstance(target, GradeTarget):
            key = ("occupation", target.occupation.register_id)
            occupation = around.registers.get(key)
            if isinstance(occupation, Occupation) and occupation.scale != target.level.scale:
                yield found(
                    f"{where}/target/level/scale",
                    "other_scale",
                    occupation=occupation.id,
                    expected=occupation.scale,
                    scale=target.level.scale,
                )


def _grade_of(rule: Rule) -> Grade | None:
    return rule.target.grade if isinstance(rule.target, CourseTarget | ElectiveTarget) else None


def _mark(where: str, scale_id: str, mark: str, around: Surroundings) -> Iterator[Finding]:
    scale = around.scale(scale_id)
    if scale is None:
        return
    if scale.kind != "score":
        yield found(where, "not_a_score_scale", scale=scale_id)
    elif not _is_on(scale, mark):
        yield found(where, "mark_not_on_scale", scale=scale_id, mark=mark)


def _is_on(scale: Scale, mark: str) -> bool:
    if scale.ranks:
        return scale.rank_of(mark) is not None
    try:
        hundredths(mark)
    except InvalidAmount:
        return False
    return scale.holds_mark(mark)


def _issuers(around: Surroundings) -> Iterator[Finding]:
    for where, selection in selections_of(around.rulebook):
        for position, issuer in enumerate(selection.issuer):
            try:
                check_uscc(issuer)
            except InvalidOrganisationCode:
                yield found(f"{where}/issuer/{position}", "issuer_malformed", issuer=issuer)


def _modules(around: Surroundings) -> Iterator[Finding]:
    """Yield equivalence groups and scenes that no module has, as a slip of the pen would make."""
    selections = [
        one for one in selections_of(around.rulebook) if one[1].equivalence_group or one[1].scene
    ]
    if not selections:
        return
    named = (around.registers.get(key) for key in around.registers if key[0] == "module")
    modules = [one for one in named if isinstance(one, Module)]
    groups = {one.equivalence_group for one in modules}
    scenes = {one.scene for one in modules}
    for where, selection in selections:
        for position, group in enumerate(selection.equivalence_group):
            if group not in groups:
                place = f"{where}/equivalence_group/{position}"
                yield found(place, "no_such_group", group=group)
        for position, scene in enumerate(selection.scene):
            if scene not in scenes:
                yield found(f"{where}/scene/{position}", "no_such_scene", scene=scene)


def _courses(around: Surroundings) -> Iterator[Finding]:
    for where, rule in around.rules():
        programme = around.programme_of(rule)
        if not isinstance(rule.target, CourseTarget) or programme is None:
            continue
        codes = {course.code for course in programme.courses}
        for member in ("courses", "excluded"):
            for position, code in enumerate(getattr(rule.target, member)):
                if code not in codes:
                    place = f"{where}/target/{member}/{position}"
                    yield found(place, "no_such_course", programme=programme.id, course=code)


def _evidence(around: Surroundings) -> Iterator[Finding]:
    for where, rule, condition in rule_conditions(around.rulebook):
        yield from _evidence_of(where, rule, condition, around)
    for where, rule, cap in caps_of(around.rulebook):
        if cap.evidence is None:
            continue
        declared = [one for one in around.evidence_of(rule) if one.id == cap.evidence]
        if not declared:
            yield found(f"{where}/evidence", "no_such_evidence", evidence=cap.evidence)
        elif declared[0].kind != "amount":
            yield found(f"{where}/evidence", "evidence_not_an_amount", evidence=cap.evidence)


def _evidence_of(
    where: str, rule: Rule | None, condition: Condition, around: Surroundings
) -> Iterator[Finding]:
    declared = around.evidence_of(rule)
    if isinstance(condition, Evidenced):
        if condition.evidence not in {one.id for one in declared}:
            name = condition.evidence
            yield found(f"{where}/evidence", "no_such_evidence", evidence=name)
        return
    if isinstance(condition, Work | Age):
        kind = "work" if isinstance(condition, Work) else "birth_date"
        if kind not in {one.kind for one in declared}:
            yield found(where, "evidence_kind_missing", kind=kind)


def _names_of_rules(around: Surroundings) -> Iterator[Finding]:
    known = {rule.id for rule in around.rulebook.rules}
    for where, rule in around.rules():
        for position, name in enumerate(rule.use.with_rules):
            if name not in known:
                yield found(f"{where}/use/with_rules/{position}", "no_such_rule", rule=name)
    for where, case in cases_of(around.rulebook):
        named: list[tuple[str, object, object]] = [
            (f"expect/{at}", one.rule, one.course) for at, one in enumerate(case.expect)
        ]
        named += [
            (f"requested/{at}", one.get("rule"), one.get("course"))
            for at, one in enumerate(case.requested)
        ]
        for place, rule_id, course in named:
            yield from _named(f"{where}/{place}", rule_id, course, around)


def _named(where: str, name: object, course: object, around: Surroundings) -> Iterator[Finding]:
    """Yield a rule that a case names and there is not, or a course that the rule is not for."""
    rule = next((one for one in around.rulebook.rules if one.id == name), None)
    if rule is None:
        yield found(f"{where}/rule", "no_such_rule", rule=name)
        return
    programme = around.programme_of(rule)
    if course is None or programme is None:
        return
    if course not in {one.code for one in around.courses_of(rule)}:
        yield found(f"{where}/course", "no_such_course", programme=programme.id, course=course)
