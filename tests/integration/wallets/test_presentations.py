"""OpenID4VP 1.0: a college's desk asks, and a wallet shows what it holds."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from openvc.did.base import parse_did_document
from openvc.keys import Ed25519SigningKey, P256SigningKey
from openvc.proof._jws import verify_compact
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite

from creditbank.credentials import jose, selective
from creditbank.credentials.wallet_metadata import BADGE, SD_JWT
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh
from tests.integration.wallets.wallet import Wallet, received

ENGINES = ("sqlite",)
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Holder:
    """A wallet that holds both kinds of certificate of one outcome."""

    def __init__(self, wallet: Wallet, badge: Any, sd_jwt: str, index: int) -> None:
        self.wallet, self.badge, self.sd_jwt, self.index = wallet, badge, sd_jwt, index

    async def request(self, uri: str) -> dict[str, Any]:
        """Return the claims of the request behind a QR code, its signature checked."""
        query = {name: value for name, (value,) in parse_qs(urlsplit(uri).query).items()}
        answer = await self.wallet.http.get(query["request_uri"])
        assert answer.headers["content-type"] == "application/oauth-authz-req+jwt"
        header, claims = jose.peek(answer.text)
        assert header["typ"] == "oauth-authz-req+jwt"
        assert claims["client_id"] == query["client_id"]
        await self._check(answer.text, header["kid"])
        assert claims["client_id"] == "decentralized_identifier:" + header["kid"].split("#")[0]
        assert (claims["response_type"], claims["response_mode"]) == ("vp_token", "direct_post")
        return claims

    async def _check(self, token: str, kid: str) -> None:
        known = (await self.wallet.http.get("/.well-known/did.json")).json()
        method = parse_did_document(known).key_by_kid(kid)
        assert method is not None
        jwk, allowed = method.public_key_jwk, frozenset({"EdDSA"})
        verify_compact(token, public_key_jwk=jwk, allowed_algs=allowed)

    def show_sd_jwt(
        self, request: dict[str, Any], names: tuple[str, ...] | None = None, **changes: Any
    ) -> str:
        """Return the SD-JWT with what is asked for and the proof that its key is ours."""
        if names is None:
            (query,) = [
                one for one in request["dcql_query"]["credentials"] if one["id"] == "sd_jwt"
            ]
            names = tuple(one["path"][0] for one in query.get("claims", []))
        shown = selective.present(self.sd_jwt, names)
        digest = base64.urlsafe_b64encode(hashlib.sha256(shown.encode()).digest())
        claims = {
            "iat": int(time.time()),
            "aud": request["client_id"],
            "nonce": request["nonce"],
            "sd_hash": digest.rstrip(b"=").decode(),
        } | changes
        key: Any = self.wallet.key
        return shown + jose.sign({"typ": "kb+jwt", "alg": key.alg}, claims, key)

    def show_badge(self, request: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Return a presentation of the badge, signed for this request."""
        suite: Any = (
            EcdsaJcsProofSuite()
            if isinstance(self.wallet.key, P256SigningKey)
            else EddsaJcsProofSuite()
        )
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": self.wallet.did,
            "verifiableCredential": [self.badge],
        }
        did = self.wallet.did
        made: dict[str, Any] = suite.add_proof(
            document,
            signing_key=self.wallet.key,
            verification_method=f"{did}#{did.rpartition(':')[2]}",
            proof_purpose="authentication",
            challenge=changes.get("challenge", request["nonce"]),
            domain=changes.get("domain", request["client_id"]),
        )
        return made

    async def send(self, request: dict[str, Any], vp_token: Any, **more: str) -> Any:
        form = {"vp_token": json.dumps(vp_token), "state": request["state"]} | more
        return await self.wallet.http.post(request["response_uri"], data=form)


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[P256SigningKey, Ed25519SigningKey]
)
async def holder(api: Api, request: pytest.FixtureRequest) -> Holder:
    number = 900_001 + (request.param is P256SigningKey)
    return await holding(api, number, request.param.generate("x"))


async def holding(api: Api, person: int, key: Any) -> Holder:
    """Return a wallet that took both certificates of a new outcome."""
    posted = await api.posted(factories.completion(fresh("vp"), person))
    account = await api.sign_in(posted["account"], DESK)
    wallet = Wallet(api.client, key)
    body = {"outcome": posted["outcome"]}
    made = (await api.post("/v1/learners/me/wallet-offers", body, account)).json()
    badge = await received(wallet, made, BADGE)
    sd_jwt = (await wallet.ask_for(SD_JWT)).json()["credentials"][0]["credential"]
    return Holder(wallet, badge, sd_jwt, posted["index"])


async def asked(api: Api, **more: Any) -> dict[str, Any]:
    """Return a request that the college made."""
    made = await api.post("/v1/presentations", {"purpose": "学分认定"} | more, COLLEGE)
    assert made.status_code == 201, made.text
    document: dict[str, Any] = made.json()
    return document


async def result(api: Api, made: dict[str, Any], who: str = COLLEGE) -> dict[str, Any]:
    answer = await api.get(f"/v1/presentations/{made['presentation']}", who)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_a_wallet_shows_what_was_asked_for_and_nothing_else(api: Api, holder: Holder) -> None:
    made = await asked(api, formats=["dc+sd-jwt"], claims=["name", "achieved_on", "credits"])
    assert (await result(api, made))["state"] == "waiting"
    request = await holder.request(made["uri"])
    answer = await holder.send(request, {"sd_jwt": [holder.show_sd_jwt(request)]})
    assert answer.status_code == 200, answer.text
    found = await result(api, made)
    assert (found["state"], found["result"]) == ("answered", "valid")
    (shown,) = found["shown"]
    assert {"name", "achieved_on", "credits"} <= set(shown["claims"])
    assert not {"holder_name", "results"} & set(shown["claims"])
    assert shown["report"]["result"] == "valid"
    assert shown["report"]["credentials"][0]["shown"] == ["achieved_on", "credits", "name"]


async def test_a_wallet_shows_a_badge(api: Api, holder: Holder) -> None:
    made = await asked(api, formats=["ldp_vc"])
    request = await holder.request(made["uri"])
    answer = await holder.send(request, {"badge": [holder.show_badge(request)]})
    assert answer.status_code == 200, answer.text
    found = await result(api, made)
    assert (found["state"], found["result"]) == ("answered", "valid")
    assert found["shown"][0]["holder"] == holder.wallet.did
    assert found["shown"][0]["claims"]["credentialSubject"]["id"] == holder.wallet.did


async def test_either_format_will_do_where_nothing_is_said(api: Api, holder: Holder) -> None:
    made = await asked(api)
    request = await holder.request(made["uri"])
    sets = request["dcql_query"]["credential_sets"]
    assert sets == [{"options": [["sd_jwt"], ["badge"]], "purpose": "学分认定"}]
    answer = await holder.send(request, {"badge": [holder.show_badge(request)]})
    assert answer.status_code == 200


async def refused(answer: Any, reason: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert reason in answer.json()["error_description"]


async def test_what_is_not_for_this_request_is_refused_and_leaves_it_open(
    api: Api, holder: Holder
) -> None:
    made = await asked(api, formats=["dc+sd-jwt"], claims=["name"])
    request = await holder.request(made["uri"])
    other = await holder.request((await asked(api, formats=["dc+sd-jwt"], claims=["name"]))["uri"])
    show = holder.show_sd_jwt
    for token, reason in (
        (show(other), "nonce"),
        (show(request, nonce="x"), "nonce"),
        (show(request, aud="decentralized_identifier:did:web:other.example"), "aud"),
        (show(request, iat=1_700_000_000), ""),
        (show(request, ()), "does not show name"),
        (holder.sd_jwt, ""),
        (show(request).replace("~", "~x", 1), ""),
    ):
        await refused(await holder.send(request, {"sd_jwt": [token]}), reason)
    wrong: list[Any] = [{}, [], "x", {"other": [show(request)]}, {"sd_jwt": show(request)}]
    for vp_token in wrong:
        await refused(await holder.send(request, vp_token), "")
    await refused(await holder.send(request, {"sd_jwt": [show(request)]}, state="x"), "state")
    assert (await result(api, made))["state"] == "waiting"
    assert (await holder.send(request, {"sd_jwt": [show(request)]})).status_code == 200
    await refused(await holder.send(request, {"sd_jwt": [show(request)]}), "over")


async def test_a_badge_of_another_holder_is_refused(api: Api, holder: Holder) -> None:
    made = await asked(api, formats=["ldp_vc"])
    request = await holder.request(made["uri"])
    thief = Holder(Wallet(api.client), holder.badge, holder.sd_jwt, 0)
    await refused(await holder.send(request, {"badge": [thief.show_badge(request)]}), "holder")
    for changes in ({"challenge": "x"}, {"domain": "x"}):
        shown = holder.show_badge(request, **changes)
        await refused(await holder.send(request, {"badge": [shown]}), "")
    bare = await holder.send(request, {"badge": [holder.badge]})
    await refused(bare, "holder binding")
    forged = json.loads(json.dumps(holder.badge).replace("1.50", "9.50"))
    liar = Holder(holder.wallet, forged, holder.sd_jwt, 0)
    await refused(await holder.send(request, {"badge": [liar.show_badge(request)]}), "")


def intricate(nodes: int) -> dict[str, Any]:
    """Return a presentation whose blank nodes all refer to each other."""
    contexts = [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    subjects = []
    for one in range(nodes):
        related = [{"id": f"_:b{two}", "type": ["Related"]} for two in range(nodes) if two != one]
        achievement = {"id": f"_:b{one}", "type": ["Achievement"], "related": related}
        subjects.append({"type": ["AchievementSubject"], "achievement": achievement})
    credential = {"@context": contexts, "type": ["VerifiableCredential"]}
    return {
        "@context": contexts,
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [credential | {"credentialSubject": subjects}],
    }


async def test_what_would_keep_the_processor_busy_is_refused_within_a_budget(
    api: Api, holder: Holder
) -> None:
    request = await holder.request((await asked(api, formats=["ldp_vc"]))["uri"])
    started = time.thread_time()
    await refused(await holder.send(request, {"badge": [intricate(12)]}), "")
    deep: Any = {}
    for _ in range(500):
        deep = {"x": deep}
    await refused(await holder.send(request, {"badge": [deep]}), "")
    answer = await holder.send(request, {"badge": ["x" * 600_000]})
    await refused(answer, "too large")
    assert time.thread_time() - started < 20


async def test_a_wallet_may_refuse(api: Api, holder: Holder) -> None:
    made = await asked(api)
    request = await holder.request(made["uri"])
    form = {"error": "access_denied", "state": request["state"]}
    answer = await holder.wallet.http.post(request["response_uri"], data=form)
    assert answer.status_code == 200
    assert (await result(api, made)) == {
        "presentation": made["presentation"],
        "state": "refused",
        "error": "access_denied",
    }


async def test_what_was_revoked_since_is_found_when_it_is_read(api: Api) -> None:
    holder = await holding(api, 900_050, P256SigningKey.generate("x"))
    made = await asked(api, formats=["dc+sd-jwt"], claims=["name"])
    request = await holder.request(made["uri"])
    await holder.send(request, {"sd_jwt": [holder.show_sd_jwt(request)]})
    assert (await result(api, made))["result"] == "valid"
    body = {"index": holder.index, "reason": "重复报送", "source_id": fresh("vp")}
    assert (await api.post("/v1/revocations", body)).status_code == 201
    found = await result(api, made)
    assert found["result"] == "not_valid"
    assert found["shown"][0]["report"]["credentials"][0]["standing"] == "revoked"


async def test_what_was_shown_of_an_erased_learner_is_served_no_more(api: Api) -> None:
    holder = await holding(api, 900_060, P256SigningKey.generate("x"))
    badge = await asked(api, formats=["ldp_vc"])
    request = await holder.request(badge["uri"])
    assert request["state"] != badge["presentation"]
    assert request["state"] not in json.dumps(badge) + request["response_uri"]
    await holder.send(request, {"badge": [holder.show_badge(request)]})
    sd_jwt = await asked(api, formats=["dc+sd-jwt"], claims=["name"])
    request = await holder.request(sd_jwt["uri"])
    await holder.send(request, {"sd_jwt": [holder.show_sd_jwt(request)]})
    paths = [f"/v1/presentations/{made['presentation']}" for made in (badge, sd_jwt)]
    assert [(await api.get(path, COLLEGE)).status_code for path in paths] == [200, 200]
    entry = (await api.get(f"/v1/entries/{holder.index}", SCHOOL)).json()
    account = entry["parts"]["person"]["value"]["account"]
    assert (await api.delete(f"/v1/learners/{account}", DESK)).status_code == 200
    for path in paths:
        answer = await api.get(path, COLLEGE)
        assert answer.status_code == 410
        assert "claims" not in answer.text


async def test_only_who_asked_reads_the_answer_and_nothing_of_it_lies_in_clear(
    api: Api, holder: Holder
) -> None:
    made = await asked(api, formats=["dc+sd-jwt"], claims=["name", "holder_name"])
    request = await holder.request(made["uri"])
    await holder.send(request, {"sd_jwt": [holder.show_sd_jwt(request)]})
    path = f"/v1/presentations/{made['presentation']}"
    assert (await api.get(path, DESK)).status_code == 404
    assert (await api.get(path, SCHOOL)).status_code == 403
    claims = (await result(api, made))["shown"][0]["claims"]
    stored = str(api.bank.rows()["presentations"])
    assert claims["holder_name"] not in stored
    assert holder.sd_jwt.split("~")[1] not in stored


@pytest.mark.parametrize("path", ["/openid/requests/", "/openid/responses/"])
async def test_requests_that_are_none(api: Api, path: str) -> None:
    method = "GET" if "requests" in path else "POST"
    answer = await api.client.request(method, path + "0" * 32)
    await refused(answer, "no such request")
