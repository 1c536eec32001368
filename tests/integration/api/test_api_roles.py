"""Every route, asked by every role: a table, in which no route may be missing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from starlette.routing import Route

from creditbank.api.app import routes
from tests import factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, SCHOOL
from tests.decision_scene import TRANSFER
from tests.integration.api.client import AUDITOR, Api
from tests.integration.api.scene import Scene, fresh, set_scene
from tests.rulebooks import publishing

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROLES = (
    "nobody",
    "poster",
    "another_institution",
    "granted_college",
    "authority",
    "auditor",
    "desk",
    "learner",
    "another_learner",
)
EVERYBODY = ROLES
INSTITUTIONS = ("poster", "another_institution", "granted_college")
OWNER_OR_DESK = ("desk", "learner")
READERS = ("desk", "learner", "auditor", "granted_college")

PARTIES = (*INSTITUTIONS, "authority", "auditor", "desk", "learner", "another_learner")
# of a decision under the college's rulebook that rests on what the poster posted
CONCERNED = ("poster", "granted_college", "authority", "auditor", "desk", "learner")
UNCONCERNED = {"another_institution": 404, "another_learner": 404}

_people = itertools.count(4_000_001, 7)
_scenes: WeakKeyDictionary[Api, dict[object, Scene]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Row:
    """Who may ask, and with what; `instead` says what others get where it is not 401 or 403."""

    allowed: tuple[str, ...]
    status: int = 200
    body: Callable[[Scene], Any] | None = None
    instead: dict[str, int] = field(default_factory=dict)
    each_anew: bool = False


def completion(_scene: Scene) -> dict[str, Any]:
    return factories.course(fresh("role"), next(_people))


def correction(scene: Scene) -> dict[str, Any]:
    outcome = factories.completion(fresh("role"), scene.person)
    return {"index": scene.index, "reason": "录入有误", "outcome": outcome}


def revocation(scene: Scene) -> dict[str, Any]:
    return {"index": scene.index, "reason": "重复报送", "source_id": fresh("role")}


def register(_scene: Scene) -> dict[str, Any]:
    version = str(next(_people))
    return factories.institution(factories.organisation_code(77), version=version)


def new_account(_scene: Scene) -> dict[str, Any]:
    return factories.learner(next(_people))


def not_own(status: int) -> dict[str, int]:
    """What institutions get that hold the scope, for something that is not theirs."""
    return {"another_institution": status, "granted_college": status}


def strangers(*others: str) -> dict[str, int]:
    """What those get who hold a scope, for a certificate that is not theirs to see or have."""
    return dict.fromkeys(("another_learner", *others), 404)


def reasoned(_scene: Scene) -> dict[str, Any]:
    return {"reason": "复核"}


def shown(_scene: Scene) -> dict[str, Any]:
    return {"shows": ["name"]}


def application(scene: Scene) -> dict[str, Any]:
    paper = {"notice": "2026-1", "digest": "ab" * 32}
    return {"account": scene.account, "rulebook": TRANSFER, "consent": paper}


CERTIFICATES: dict[tuple[str, str], Row] = {
    ("POST", "/v1/credentials"): Row(
        ("poster", "desk", "learner"),
        201,
        lambda scene: {"outcome": scene.outcome, "form": "sd_jwt_vc"},
        instead=strangers("another_institution", "granted_college"),
        each_anew=True,
    ),
    ("POST", "/v1/credentials/bulk"): Row(
        (*INSTITUTIONS, "desk"), 200, lambda scene: {"outcomes": [scene.outcome]}
    ),
    ("GET", "/v1/learners/{account}/credentials"): Row(OWNER_OR_DESK),
    ("GET", "/v1/credentials/{credential}"): Row(
        OWNER_OR_DESK, instead=strangers(*INSTITUTIONS, "authority", "auditor")
    ),
    ("GET", "/v1/credentials/{credential}.{rendering}"): Row(
        OWNER_OR_DESK, instead=strangers(*INSTITUTIONS, "authority", "auditor")
    ),
    ("POST", "/v1/credentials/{credential}/suspension"): Row(("desk",), 201, reasoned),
    ("POST", "/v1/credentials/{credential}/resumption"): Row(("desk",), 200, reasoned),
    ("POST", "/v1/credentials/{credential}/withdrawal"): Row(
        OWNER_OR_DESK, 201, reasoned, instead=strangers(), each_anew=True
    ),
    ("POST", "/v1/credentials/{credential}/countersignature"): Row(
        (),
        body=lambda _scene: {"proof": {"type": "DataIntegrityProof"}},
        # whom the certificate names has no key in this bank's register
        instead={"poster": 422}
        | dict.fromkeys(("another_institution", "granted_college"), 404)
        | {"authority": 404},
    ),
    ("GET", "/v1/credentials/{credential}/shares"): Row(OWNER_OR_DESK, instead=strangers()),
    ("PUT", "/v1/credentials/{credential}/shares/{name}"): Row(
        OWNER_OR_DESK, 200, shown, instead=strangers()
    ),
    ("DELETE", "/v1/credentials/{credential}/shares/{name}"): Row(
        OWNER_OR_DESK, instead=strangers()
    ),
    ("GET", "/status/{name}"): Row(EVERYBODY),
    ("GET", "/.well-known/did.json"): Row(EVERYBODY),
    ("GET", "/.well-known/jwt-vc-issuer"): Row(EVERYBODY),
    ("GET", "/contexts/skills-credit-v1.jsonld"): Row(EVERYBODY),
    ("GET", "/types/skills-credit-v1"): Row(EVERYBODY),
}


def all_get(status: int) -> dict[str, int]:
    """What everybody gets where it is not a token of ours that opens the door."""
    return dict.fromkeys(ROLES, status)


WALLETS: dict[tuple[str, str], Row] = {
    ("GET", "/.well-known/openid-credential-issuer"): Row(EVERYBODY),
    ("GET", "/.well-known/oauth-authorization-server"): Row(EVERYBODY),
    ("POST", "/v1/learners/{account}/wallet-offers"): Row(
        OWNER_OR_DESK, 201, lambda scene: {"outcome": scene.outcome}
    ),
    ("GET", "/openid/offers/{offer}"): Row((), instead=all_get(400)),
    ("POST", "/openid/token"): Row((), instead=all_get(400)),
    ("POST", "/openid/nonce"): Row(EVERYBODY),
    ("POST", "/openid/credential"): Row((), instead=all_get(401)),
    ("POST", "/openid/deferred"): Row((), instead=all_get(401)),
    ("POST", "/v1/presentations"): Row(
        ("granted_college", "desk"), 201, lambda _scene: {"purpose": "学分认定"}
    ),
    ("GET", "/v1/presentations/{presentation}"): Row(
        (), instead={"granted_college": 404, "desk": 404}
    ),
    ("GET", "/openid/requests/{presentation}"): Row((), instead=all_get(400)),
    ("POST", "/openid/responses/{presentation}"): Row((), instead=all_get(400)),
    ("GET", "/credentials/{credential}"): Row(EVERYBODY),
    ("GET", "/verify"): Row(EVERYBODY),
    ("POST", "/verify"): Row((), instead=all_get(400)),  # nothing was given to verify
    ("GET", "/web/{file}"): Row(EVERYBODY),
}
CERTIFICATES |= WALLETS


TABLE: dict[tuple[str, str], Row] = CERTIFICATES | {
    ("GET", "/healthz"): Row(EVERYBODY),
    ("GET", "/readyz"): Row(EVERYBODY),
    ("GET", "/metrics"): Row(EVERYBODY),
    ("GET", "/docs"): Row(EVERYBODY),
    ("GET", "/v1/openapi.json"): Row(EVERYBODY),
    ("GET", "/problems/{slug}"): Row(EVERYBODY),
    ("GET", "/v1/bank"): Row(EVERYBODY),
    ("GET", "/v1/registers"): Row(EVERYBODY),
    ("GET", "/v1/registers/{kind}"): Row(EVERYBODY),
    ("GET", "/v1/registers/{kind}/{register}"): Row(EVERYBODY),
    ("GET", "/v1/registers/{kind}/{register}/versions/{version}"): Row(EVERYBODY),
    ("GET", "/v1/entries/{index}/leaf"): Row(EVERYBODY),
    ("GET", "/log/checkpoint"): Row(EVERYBODY),
    ("GET", "/log/checkpoints"): Row(EVERYBODY),
    ("GET", "/log/checkpoints/{size}"): Row(EVERYBODY),
    ("GET", "/log/tile/{path:path}"): Row(EVERYBODY),
    ("GET", "/v1/log/consistency"): Row(EVERYBODY),
    ("GET", "/v1/log/keys"): Row(EVERYBODY),
    ("GET", "/v1/log/status"): Row(EVERYBODY),
    ("POST", "/v1/verify"): Row(EVERYBODY, 200, lambda _scene: {"document": {"format": "x"}}),
    ("GET", "/v1/entries/{index}/receipt"): Row(
        ("poster", "auditor", "learner"),
        instead=dict.fromkeys((*not_own(0), "authority", "desk", "another_learner"), 404),
    ),
    ("GET", "/v1/learners/{account}/statement/proven"): Row(READERS),
    ("POST", "/v1/registers/{kind}"): Row(("authority",), 201, register),
    ("POST", "/v1/rulebooks"): Row(("granted_college",), 201, publishing),
    ("POST", "/v1/rulebooks/checks"): Row(("granted_college", "authority"), 200, publishing),
    ("POST", "/v1/outcomes"): Row(INSTITUTIONS, 201, completion),
    ("POST", "/v1/batches"): Row(INSTITUTIONS, 200, lambda one: {"items": [completion(one)]}),
    ("GET", "/v1/batches/{batch}"): Row(("poster", "auditor"), instead=not_own(404)),
    ("POST", "/v1/corrections"): Row(
        ("poster",), 201, correction, instead=not_own(404), each_anew=True
    ),
    ("POST", "/v1/revocations"): Row(
        ("poster", "authority"), 201, revocation, instead=not_own(404), each_anew=True
    ),
    ("POST", "/v1/learners"): Row((*INSTITUTIONS, "desk"), 201, new_account),
    ("GET", "/v1/learners/{account}"): Row(OWNER_OR_DESK),
    ("POST", "/v1/learners/{account}/identity"): Row(
        ("desk",), 201, lambda _scene: {"phone": "13800000000"}
    ),
    ("POST", "/v1/learners/{account}/codes"): Row(("desk",), 201),
    ("PUT", "/v1/learners/{account}/restriction"): Row(
        ("desk",), 200, lambda _scene: {"until": "2098-01-01", "reason": "保存"}
    ),
    ("DELETE", "/v1/learners/{account}/restriction"): Row(("desk",)),
    ("DELETE", "/v1/learners/{account}"): Row(OWNER_OR_DESK, each_anew=True),
    ("GET", "/v1/learners/{account}/balance"): Row(READERS),
    ("GET", "/v1/learners/{account}/outcomes"): Row(READERS),
    ("GET", "/v1/learners/{account}/statement"): Row(READERS),
    ("GET", "/v1/learners/{account}/export"): Row(OWNER_OR_DESK),
    ("GET", "/v1/learners/{account}/access-log"): Row(OWNER_OR_DESK),
    ("POST", "/v1/sessions"): Row(
        (),
        body=lambda scene: {"account": scene.account, "code": "1"},
        instead=dict.fromkeys(ROLES, 401),  # no token is asked for, and the code is wrong
    ),
    ("DELETE", "/v1/sessions/current"): Row(("learner",), each_anew=True),
    ("GET", "/v1/tokens/current"): Row(tuple(role for role in ROLES if role != "nobody")),
    ("POST", "/v1/grants"): Row(
        ("learner", "another_learner"),
        201,
        lambda _scene: {"org": COLLEGE, "purpose": "学分转换", "until": "2099-12-31"},
    ),
    ("GET", "/v1/grants"): Row(("granted_college", "learner", "another_learner")),
    ("DELETE", "/v1/grants/{grant}"): Row(
        ("learner",), instead={"another_learner": 404}, each_anew=True
    ),
    ("POST", "/v1/conversions/evaluations"): Row(
        READERS, 200, lambda scene: {"account": scene.account, "rulebook": TRANSFER}
    ),
    ("POST", "/v1/conversions"): Row(
        ("learner", "granted_college", "desk"), 201, application, each_anew=True
    ),
    ("GET", "/v1/conversions"): Row(PARTIES),
    ("GET", "/v1/conversions/{conversion}"): Row(CONCERNED, instead=UNCONCERNED),
    ("GET", "/v1/conversions/{conversion}/derivation"): Row(CONCERNED, instead=UNCONCERNED),
    ("GET", "/v1/conversions/{conversion}/sheet"): Row(CONCERNED, instead=UNCONCERNED),
    ("POST", "/v1/conversions/{conversion}/steps"): Row(
        ("granted_college",),
        201,
        lambda _scene: {"step": "faculty", "result": "passed"},
        instead=UNCONCERNED,
    ),
    ("POST", "/v1/conversions/{conversion}/withdrawal"): Row(
        ("learner", "desk"),
        201,
        lambda _scene: {"reason": "改选"},
        instead=UNCONCERNED | {"granted_college": 409},
        each_anew=True,
    ),
    ("POST", "/v1/conversions/{conversion}/review"): Row(
        (),
        body=lambda _scene: {"reason": "无影响"},
        # nothing was registered yet that could be looked at again
        instead={"another_institution": 404, "granted_college": 409},
    ),
    ("POST", "/v1/conversions/evidence"): Row(
        ("poster", "granted_college", "authority", "desk", "learner"),
        201,
        lambda scene: {"account": scene.account, "id": "enrolment", "value": True},
    ),
    ("POST", "/v1/conversions/path"): Row(
        READERS,
        200,
        lambda scene: {
            "account": scene.account,
            "rulebook": TRANSFER,
            "target": {"rule": "vision"},
        },
    ),
    ("POST", "/v1/conversions/intake"): Row(
        ("granted_college", "desk", "auditor"),
        200,
        lambda scene: {"rulebook": TRANSFER, "learners": [{"account": scene.account}]},
    ),
    ("GET", "/v1/entries"): Row((*INSTITUTIONS, "auditor")),
    ("GET", "/v1/entries/{index}"): Row(
        ("poster", "auditor", "learner"),
        instead=dict.fromkeys((*not_own(0), "authority", "desk", "another_learner"), 404),
    ),
}
# Giving a shared token up would take it from the tests that follow.
SPARED = {("DELETE", "/v1/sessions/current"): {*ROLES} - {"nobody", "learner"}}


async def shared_scene(api: Api, name: object, person: int, *, decided: bool = False) -> Scene:
    """Return a scene of this name on this bank, set once: reading does not change it."""
    scenes = _scenes.setdefault(api, {})
    if name not in scenes:
        scenes[name] = await set_scene(api, person, decided=decided)
    return scenes[name]


async def test_no_route_is_missing_from_the_table() -> None:
    served = {
        (method, route.path)
        for route in routes()
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert served - {("HEAD", path) for _, path in served} == set(TABLE)


@pytest.mark.parametrize("route", list(TABLE), ids=" ".join)
async def test_who_may_ask(api: Api, route: tuple[str, str], person: int) -> None:
    row = TABLE[route]
    decided = "{conversion}" in route[1]
    other = await shared_scene(api, "other", person + 500)
    name = ("one", decided) if route[0] == "GET" else route
    scene = await shared_scene(api, name, person, decided=decided)
    expected, answered, size = {}, {}, 0
    grown = True
    for number, role in enumerate(ROLES, start=1):
        if role in SPARED.get(route, ()):
            continue
        if row.each_anew and role in row.allowed:
            scene, grown = await set_scene(api, person + number, decided=decided), True
        who = _who(role, scene, other)
        otherwise = 401 if who is None else 403
        expected[role] = row.status if role in row.allowed else row.instead.get(role, otherwise)
        body = {} if row.body is None else {"json": row.body(scene)}
        if grown:
            size = await api.app.state.context.publisher.publish()
        response = await api.send(route[0], _path(route[1], scene, size), who, **body)
        answered[role] = response.status_code
        grown = route[0] != "GET" and response.status_code < 300  # recorded
    assert answered == expected


def _who(role: str, scene: Scene, other: Scene) -> str | None:
    return {
        "nobody": None,
        "poster": SCHOOL,
        "another_institution": ASSESSOR,
        "granted_college": COLLEGE,
        "authority": AUTHORITY,
        "auditor": AUDITOR,
        "desk": DESK,
        "learner": scene.account,
        "another_learner": other.account,
    }[role]


def _path(template: str, scene: Scene, size: int) -> str:
    if template == "/v1/log/consistency":
        return f"{template}?old=0&new={size}"
    name = "revocation-1" if template.startswith("/status/") else "public"
    kind = "institution" if template == "/v1/registers/{kind}" else "module"
    return template.replace(":path", "").format(
        path=f"0/000.p/{min(size, 255)}",
        size=size,
        account=scene.account,
        batch=scene.batch,
        conversion=scene.conversion,
        grant=scene.grant,
        index=scene.index,
        kind=kind,
        name=name,
        credential=scene.credential,
        rendering="json",
        offer="0" * 32,
        presentation="0" * 32,
        file="page.css",
        register=factories.MODULE,
        slug="register-unknown",
        version="1",
    )


async def test_a_token_is_none_until_it_is_whole_and_known(api: Api) -> None:
    token = api.token(SCHOOL)
    for text in ("", "x", token[:-1], token + "x", token.replace("cbt", "abc"), "cbt_x_y"):
        response = await api.client.get("/v1/entries", headers={"authorization": f"Bearer {text}"})
        api.check(response)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
async def test_only_bearer_tokens_are_taken(api: Api, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {api.token(SCHOOL)}".strip()}
    response = await api.client.get("/v1/entries", headers=headers)
    assert response.status_code == 401
