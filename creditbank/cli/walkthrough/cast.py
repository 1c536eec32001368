"""The organisations of the demonstration, fictitious, and what registers say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from creditbank.domain.identifiers import uscc_check_character

REGION: Final = "440300"
VISION, ETHICS, ROBOTS = "GD-AI-VQI", "GD-AI-ETH", "GD-AI-HMC"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: its code, its name in both languages, its roles."""

    code: str
    zh: str
    en: str
    roles: tuple[str, ...]

    def name(self, locale: str) -> str:
        """Return its name in a language."""
        return self.zh if locale == "zh_CN" else self.en


def _code(number: int, kind: str) -> str:
    body = f"{kind}449999{number:09d}"
    return body + uscc_check_character(body)


SCHOOL: Final = Organisation(
    _code(1, "52"), "示例职业培训学校", "Example Training School", ("training", "assessor")
)
FACTORY: Final = Organisation(
    _code(2, "91"),
    "示例智造企业",
    "Example Manufacturing Company",
    ("enterprise", "training", "assessor"),
)
ASSESSOR: Final = Organisation(
    _code(3, "91"), "示例技能评价中心", "Example Assessment Centre", ("assessor",)
)
COLLEGE: Final = Organisation(
    _code(4, "12"), "示例职业技术学院", "Example Vocational College", ("college",)
)
ORGANISATIONS: Final = (SCHOOL, FACTORY, ASSESSOR, COLLEGE)

_AUTHORISED: Final[tuple[tuple[Organisation, str, tuple[str, ...]], ...]] = (
    (SCHOOL, VISION, ()),
    (FACTORY, ETHICS, ()),
    (SCHOOL, ROBOTS, ("study", "training")),
    (ASSESSOR, ROBOTS, ("assessment",)),
)


def registers() -> list[tuple[str, dict[str, Any]]]:
    """Return kind and document of each register, in the order in which they can be published."""
    return [
        *(("institution", _institution(one)) for one in ORGANISATIONS),
        *(("authorisation", _authorisation(*one)) for one in _AUTHORISED),
    ]


def _institution(organisation: Organisation) -> dict[str, Any]:
    title = {"zh": organisation.zh, "en": organisation.en}
    return _dated(organisation.code, title) | {"roles": list(organisation.roles)}


def _authorisation(
    organisation: Organisation, module: str, stages: tuple[str, ...]
) -> dict[str, Any]:
    title = {"zh": f"{organisation.zh}开办{module}", "en": f"{organisation.en}: {module}"}
    document = _dated(f"{organisation.code}-{module}", title)
    document |= {"institution": organisation.code, "module": module}
    return document | ({"stages": list(stages)} if stages else {})


def _dated(register_id: str, title: dict[str, str]) -> dict[str, Any]:
    dated = {"id": register_id, "version": "1", "valid_from": "2026-01-01"}
    return {**dated, "title": title, "region": REGION}
