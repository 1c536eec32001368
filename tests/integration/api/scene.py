"""A scene that most requests can refer to: a posting, its learner, a grant, somebody else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.decision_scene import TRANSFER
from tests.integration.api.client import Api

_NUMBERS = itertools.count(1)


def fresh(prefix: str) -> str:
    """Return a source id that no other test of the run has used."""
    return f"{prefix}-{next(_NUMBERS)}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a request may name. `account` is signed in and has granted the college a look."""

    person: int
    account: str
    batch: str
    index: int
    grant: str
    outcome: str = ""
    credential: str = ""
    conversion: str = ""


async def set_scene(api: Api, person: int, *, decided: bool = False) -> Scene:
    """Post a completion in a batch, sign its learner in, and let the college look.

    If it is to be `decided`, the learner applies for a transfer by the college's rulebook.
    """
    batch = (
        await api.post(
            "/v1/batches", {"items": [factories.completion(fresh("scene"), person)]}, SCHOOL
        )
    ).json()
    result = batch["results"][0]
    account = await api.sign_in(result["account"], DESK)
    grant = await api.post(
        "/v1/grants", {"org": COLLEGE, "purpose": "学分转换", "until": "2099-12-31"}, account
    )
    issued = await api.post("/v1/credentials", {"outcome": result["outcome"]}, account)
    conversion = ""
    if decided:
        applied = await api.post("/v1/conversions", {"rulebook": TRANSFER}, account)
        conversion = applied.json()["conversion"]
    return Scene(
        person,
        account,
        batch["batch"],
        result["index"],
        grant.json()["grant"],
        outcome=result["outcome"],
        credential=issued.json()["credential"],
        conversion=conversion,
    )
