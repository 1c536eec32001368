"""OpenID4VCI 1.0: a wallet takes a certificate over HTTP, with keys of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from openvc.keys import Ed25519SigningKey, P256SigningKey

from creditbank.credentials import jose
from creditbank.credentials.wallet_metadata import BADGE, SD_JWT
from creditbank.errors.storage import Overloaded
from tests import factories
from tests.banks import DESK
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh
from tests.integration.wallets.wallet import Wallet, received

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def token(api: Api, person: int) -> Wallet:
    """A wallet that exchanged its code and asks for the certificate next."""
    wallet = Wallet(api.client)
    made = await offered(api, person)
    await wallet.redeem(await wallet.offer(made["uri"]), made["transaction_code"])
    return wallet


async def offered(api: Api, person: int, **more: Any) -> dict[str, Any]:
    """Post an outcome and return the offer that its learner makes of it."""
    posted = await api.posted(factories.completion(fresh("wallet"), person))
    account = await api.sign_in(posted["account"], DESK)
    body = {"outcome": posted["outcome"]} | more
    made = await api.post("/v1/learners/me/wallet-offers", body, account)
    assert made.status_code == 201, made.text
    document: dict[str, Any] = made.json()
    return document


@pytest.mark.parametrize("key", [Ed25519SigningKey, P256SigningKey])
async def test_a_badge_is_bound_to_the_key_that_the_wallet_holds(
    api: Api, person: int, key: Any
) -> None:
    wallet = Wallet(api.client, key.generate("x"))
    badge = await received(wallet, await offered(api, person), BADGE)
    assert badge["credentialSubject"]["id"] == wallet.did
    assert badge["issuer"]["id"] == "did:web:bank.test"
    assert "OpenBadgeCredential" in badge["type"]
    supported = (await wallet.metadata())["credential_configurations_supported"][BADGE]
    assert supported["format"] == "ldp_vc"
    assert badge["@context"] == supported["credential_definition"]["@context"]
    assert badge["proof"]["cryptosuite"] in supported["credential_signing_alg_values_supported"]


@pytest.mark.parametrize("named", [True, False])
async def test_an_sd_jwt_is_bound_to_the_key_that_the_wallet_holds(
    api: Api, person: int, named: bool
) -> None:
    wallet = Wallet(api.client, named=named)
    made = await offered(api, person, configurations=[SD_JWT])
    text = await received(wallet, made, SD_JWT)
    _, payload = jose.peek(text.split("~")[0])
    assert payload["cnf"]["jwk"] == wallet.key.public_jwk()
    assert payload["sub"] == wallet.did
    supported = (await wallet.metadata())["credential_configurations_supported"][SD_JWT]
    assert payload["vct"] == supported["vct"]
    disclosed = {jose.disclosed_name(one) for one in text.split("~")[1:-1]}
    assert disclosed <= {one["path"][0] for one in supported["credential_metadata"]["claims"]}
    assert "holder_name" in disclosed


async def test_an_offer_by_value_is_the_same_as_by_reference(api: Api, person: int) -> None:
    made = await offered(api, person)
    wallet = Wallet(api.client)
    offer = await wallet.offer(made["uri"])
    assert await wallet.offer(made["uri_by_value"]) == offer
    assert made["transaction_code"] not in str(offer)


async def test_the_same_request_again_gets_the_same_certificate(api: Api, person: int) -> None:
    wallet = Wallet(api.client)
    first = await received(wallet, await offered(api, person), BADGE)
    again = await wallet.ask_for(BADGE)
    assert again.json()["credentials"][0]["credential"] == first
    assert (await wallet.ask_for(SD_JWT)).status_code == 200  # the other one was offered too


async def test_another_key_gets_nothing(api: Api, person: int) -> None:
    wallet = Wallet(api.client)
    await received(wallet, await offered(api, person), BADGE)
    thief = Wallet(api.client, token=wallet.token)
    refused(await thief.ask_for(BADGE), "credential_request_denied")


async def test_a_code_is_good_once_and_its_second_use_ends_everything(
    api: Api, person: int
) -> None:
    made = await offered(api, person)
    wallet = Wallet(api.client)
    offer = await wallet.offer(made["uri"])
    assert (await wallet.redeem(offer, made["transaction_code"])).status_code == 200
    thief = Wallet(api.client)
    refused(await thief.redeem(offer, made["transaction_code"]), "invalid_grant")
    denied = await wallet.ask_for(BADGE)
    refused(denied, "invalid_token", 401)
    assert denied.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert (await api.client.get(made["uri"].rpartition("%2F")[0])).status_code != 200


async def test_of_two_at_the_same_moment_one_is_first(api: Api, person: int) -> None:
    made = await offered(api, person)
    wallet = Wallet(api.client)
    offer = await wallet.offer(made["uri"])
    tokens = await asyncio.gather(
        *(Wallet(api.client).redeem(offer, made["transaction_code"]) for _ in range(4))
    )
    assert sorted(one.status_code for one in tokens) == [200, 400, 400, 400]


async def test_of_two_proofs_with_one_nonce_one_is_taken(api: Api, token: Wallet) -> None:
    nonce = await token.nonce()
    body = {"credential_configuration_id": BADGE, "proofs": {"jwt": [token.proof(nonce)]}}
    answers = await asyncio.gather(*(token.ask(body) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400]


async def test_a_wrong_transaction_code_can_be_tried_five_times(api: Api, person: int) -> None:
    made = await offered(api, person)
    wallet = Wallet(api.client)
    offer = await wallet.offer(made["uri"])
    refused(await wallet.redeem(offer, None), "invalid_request")
    wrong = f"{(int(made['transaction_code']) + 1) % 10**6:06d}"
    for _ in range(5):
        refused(await wallet.redeem(offer, wrong), "invalid_grant")
    refused(await wallet.redeem(offer, made["transaction_code"]), "invalid_grant")


async def test_authorisation_details_are_answered_with_identifiers(api: Api, person: int) -> None:
    made = await offered(api, person)
    wallet = Wallet(api.client)
    offer = await wallet.offer(made["uri"])
    details = '[{"type":"openid_credential","credential_configuration_id":"%s"}]'
    unknown = await wallet.redeem(
        offer, made["transaction_code"], authorization_details=details % "other"
    )
    refused(unknown, "invalid_authorization_details")
    token = await wallet.redeem(
        offer, made["transaction_code"], authorization_details=details % SD_JWT
    )
    (detail,) = token.json()["authorization_details"]
    (identifier,) = detail["credential_identifiers"]
    refused(await wallet.ask_for(SD_JWT), "invalid_credential_request")
    proofs = {"jwt": [wallet.proof(await wallet.nonce())]}
    unknown = await wallet.ask({"credential_identifier": "x", "proofs": proofs})
    refused(unknown, "unknown_credential_identifier")
    got = await wallet.ask({"credential_identifier": identifier, "proofs": proofs})
    assert got.status_code == 200


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "{pre}"}, "invalid_request"),
        ({"grant_type": "{pre}", "pre-authorized_code": "x.y"}, "invalid_grant"),
        (
            {"grant_type": "{pre}", "pre-authorized_code": "x", "authorization_details": "[{}]"},
            "invalid_request",
        ),
    ],
)
async def test_refused_token_requests(api: Api, form: dict[str, Any], code: str) -> None:
    if form.get("grant_type") == "{pre}":
        form = form | {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code"}
    refused(await api.client.post("/openid/token", data=form), code)


async def test_a_repeated_field_and_a_huge_form_are_refused(api: Api) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"grant_type=a&grant_type=b", b"&".join([b"a=b"] * 50), b"x" * 600_000):
        answer = await api.client.post("/openid/token", content=content, headers=headers)
        refused(answer, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://other.example"}, "invalid_proof"),
        ({"aud": None}, "invalid_proof"),
        ({"iat": 1_700_000_000}, "invalid_proof"),
        ({"typ": "JWT"}, "invalid_proof"),
        ({"alg": "none"}, "invalid_proof"),
        ({"kid": None}, "invalid_proof"),
        ({"kid": "did:web:bank.test#x"}, "invalid_proof"),
        ({"kid": "did:key:z6Mkwrong"}, "invalid_proof"),
        ({"nonce": None}, "invalid_proof"),
        ({"nonce": "AAAA"}, "invalid_nonce"),
    ],
)
async def test_refused_proofs(api: Api, token: Wallet, changes: dict[str, Any], code: str) -> None:
    refused(await token.ask_for(BADGE, **changes), code)


async def test_a_proof_by_another_key_than_it_names_is_refused(api: Api, token: Wallet) -> None:
    other = P256SigningKey.generate("y")
    refused(await token.ask_for(BADGE, kid=None, jwk=other.public_jwk()), "invalid_proof")
    leaking = token.key.public_jwk() | {"d": "secret"}
    refused(await token.ask_for(BADGE, kid=None, jwk=leaking), "invalid_proof")


async def test_a_nonce_is_good_once(api: Api, token: Wallet) -> None:
    nonce = await token.nonce()
    body = {
        "credential_configuration_id": BADGE,
        "proofs": {"jwt": [token.proof(nonce)]},
    }
    assert (await token.ask(body)).status_code == 200
    refused(await token.ask(body), "invalid_nonce")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_credential_request"),
        ({"credential_configuration_id": BADGE}, "invalid_proof"),
        ({"credential_configuration_id": BADGE, "proofs": {}}, "invalid_proof"),
        ({"credential_configuration_id": BADGE, "proofs": {"di_vp": [{}]}}, "invalid_proof"),
        ({"credential_configuration_id": BADGE, "proofs": {"jwt": ["x"]}}, "invalid_proof"),
        (
            {"credential_configuration_id": BADGE, "proofs": {"jwt": ["a", "b"]}},
            "invalid_credential_request",
        ),
        ({"credential_configuration_id": "other"}, "unknown_credential_configuration"),
        ({"credential_identifier": "x"}, "invalid_credential_request"),
        (
            {"credential_configuration_id": BADGE, "credential_response_encryption": {}},
            "invalid_encryption_parameters",
        ),
    ],
)
async def test_refused_credential_requests(
    api: Api, token: Wallet, body: dict[str, Any], code: str
) -> None:
    refused(await token.ask(body), code)


@pytest.mark.parametrize("token_text", ["", "x", "cbt_aaaa_bbbb"])
async def test_only_a_wallets_token_opens_the_endpoints(api: Api, token_text: str) -> None:
    wallet = Wallet(api.client)
    refused(await wallet.ask({}, token=token_text), "invalid_token", 401)
    refused(await wallet.ask({}, token=api.token(DESK)), "invalid_token", 401)


async def test_a_wallets_token_opens_nothing_else(api: Api, token: Wallet) -> None:
    headers = {"authorization": f"Bearer {token.token}"}
    for path in ("/v1/learners/me/balance", "/v1/learners/me", "/v1/entries", "/v1/grants"):
        assert (await api.client.get(path, headers=headers)).status_code == 403


async def test_what_cannot_be_issued_at_once_is_asked_for_again(
    api: Api, token: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = api.app.state.context.bank.journal

    async def overloaded(_work: object) -> None:
        raise Overloaded

    with monkeypatch.context() as patched:
        patched.setattr(journal, "submit", overloaded)
        deferred = await token.ask_for(BADGE)
        assert deferred.status_code == 202
        assert deferred.json()["interval"] > 0
        transaction = deferred.json()["transaction_id"]
        assert (await token.ask_again(transaction)).json()["transaction_id"] == transaction
    got = await token.ask_again(transaction)
    assert got.status_code == 200
    assert got.json()["credentials"][0]["credential"]["credentialSubject"]["id"] == token.did
    refused(await token.ask_again(transaction), "invalid_transaction_id")
    refused(await token.ask_again("x"), "invalid_transaction_id")


async def test_a_revoked_outcome_is_not_issued_to_a_wallet(api: Api, person: int) -> None:
    posted = await api.posted(factories.completion(fresh("wallet"), person))
    account = await api.sign_in(posted["account"], DESK)
    body = {"outcome": posted["outcome"]}
    made = (await api.post("/v1/learners/me/wallet-offers", body, account)).json()
    wallet = Wallet(api.client)
    await wallet.redeem(await wallet.offer(made["uri"]), made["transaction_code"])
    revoked = {"index": posted["index"], "reason": "重复报送", "source_id": fresh("revoke")}
    assert (await api.post("/v1/revocations", revoked)).status_code == 201
    refused(await wallet.ask_for(BADGE), "credential_request_denied")
    again = await api.post("/v1/learners/me/wallet-offers", body, account)
    assert again.status_code == 409


async def test_an_erasure_ends_offers_and_tokens(api: Api, person: int) -> None:
    posted = await api.posted(factories.completion(fresh("wallet"), person))
    account = await api.sign_in(posted["account"], DESK)
    body = {"outcome": posted["outcome"]}
    made = (await api.post("/v1/learners/me/wallet-offers", body, account)).json()
    wallet = Wallet(api.client)
    offer = await wallet.offer(made["uri"])
    await wallet.redeem(offer, made["transaction_code"])
    assert (await api.delete("/v1/learners/me", account)).status_code == 200
    refused(await wallet.ask_for(BADGE), "invalid_token", 401)
    refused(await wallet.redeem(offer, made["transaction_code"]), "invalid_grant")


async def test_only_what_is_ones_own_and_known_can_be_offered(api: Api, person: int) -> None:
    posted = await api.posted(factories.completion(fresh("wallet"), person))
    other = await api.posted(factories.completion(fresh("wallet"), person + 500))
    account = await api.sign_in(posted["account"], DESK)
    for body, status in (
        ({"outcome": other["outcome"]}, 404),
        ({"outcome": posted["outcome"], "configurations": ["x"]}, 422),
        ({"outcome": posted["outcome"], "configurations": []}, 422),
    ):
        made = await api.post("/v1/learners/me/wallet-offers", body, account)
        assert made.status_code == status
    path = f"/v1/learners/{posted['account']}/wallet-offers"
    at_the_desk = await api.post(path, {"outcome": posted["outcome"]}, DESK)
    assert at_the_desk.status_code == 201


def refused(answer: Any, code: str, status: int = 400) -> None:
    """Make sure that an answer is the refusal of the protocol with this code."""
    assert (answer.status_code, answer.json().get("error")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    description = answer.json()["error_description"]
    assert all(" " <= sign <= "~" and sign not in '"\\' for sign in description)
