"""A bank behind HTTP against a naive model of it, in every order that hypothesis thinks of.

The model is a dictionary. After each step every balance is what the model says, and at the end the
audit finds nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from creditbank.domain.access import Role
from tests import factories
from tests.banks import ASSESSOR, DESK, SCHOOL, TestBank
from tests.e2e.servers import serving

PEOPLE = st.integers(min_value=1, max_value=4)
MODULE_CREDITS = 150  # hundredths, of 24 class-hours at sixteen to the credit


class Model:
    """What a bank should say, without a ledger."""

    def __init__(self) -> None:
        self.accounts: dict[int, str] = {}
        self.stages: dict[int, dict[str, int]] = {}
        self.credited: dict[int, int] = {}
        self.revoked: dict[int, int] = {}
        self.answers: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def available(self, person: int) -> int:
        return MODULE_CREDITS if person in self.credited else 0


class BankMachine(RuleBasedStateMachine):
    """Postings, replays, revocations, erasures and batches over HTTP.

    All runs share a server and its bank; each has people and source ids of its own.
    """

    bank: ClassVar[TestBank]
    http: ClassVar[httpx.Client]
    runs: ClassVar[Iterator[int]] = itertools.count(1)

    @initialize()
    def begin(self) -> None:
        self.run_number = next(self.runs)
        self.model = Model()
        self.posted = 0

    def teardown(self) -> None:
        self.bank.require_clean()

    def document(self, name: str, person: int, *stages: dict[str, Any]) -> dict[str, Any]:
        """Return a completion of one of this run's people, under a source id of this run."""
        number = 10 * self.run_number + person
        return factories.completion(f"{self.run_number}-{name}", number, *stages)

    # --- requests

    def send(self, method: str, path: str, who: str, body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.bank.tokens[who].text}"}
        response = self.http.request(method, path, json=body, headers=headers)
        assert response.status_code < 500, response.text
        return response

    def post(self, person: int, stages: list[dict[str, Any]], who: str) -> httpx.Response:
        self.posted += 1
        document = self.document(f"s-{self.posted}", person, *stages)
        response = self.send("POST", "/v1/outcomes", who, document)
        if response.status_code == 201:
            answer = response.json() | {"checkpoint": ""}
            self.model.answers[who + document["source_id"]] = (document, answer)
            self.model.accounts[person] = response.json()["account"]
        return response

    # --- rules

    @rule(person=PEOPLE)
    def learn(self, person: int) -> None:
        response = self.post(person, [factories.study(), factories.training()], SCHOOL)
        stages = self.model.stages.setdefault(person, {})
        if person in self.model.credited or "training" in stages:
            assert response.status_code == 409
            return
        assert response.status_code == 201
        stages["training"] = response.json()["index"]
        self._complete(person, response)

    @rule(person=PEOPLE, passed=st.booleans())
    def be_assessed(self, person: int, passed: bool) -> None:
        stage = factories.assessment(passed=passed, score="80.00" if passed else "40.00")
        response = self.post(person, [stage], ASSESSOR)
        if person in self.model.credited:
            assert response.status_code == 409
            return
        assert response.status_code == 201
        if passed:
            self.model.stages.setdefault(person, {}).setdefault(
                "assessment", response.json()["index"]
            )
        self._complete(person, response)

    def _complete(self, person: int, response: httpx.Response) -> None:
        complete = {"training", "assessment"} <= self.model.stages.get(person, {}).keys()
        assert ("awarded" in response.json()) == complete
        if complete:
            self.model.credited[person] = response.json()["index"]

    @rule(person=PEOPLE, hours=st.sampled_from(["0.00", "7.99"]))
    def learn_too_little(self, person: int, hours: str) -> None:
        size = self.bank.size
        response = self.post(person, [factories.study(hours), factories.training()], SCHOOL)
        assert response.status_code in {409, 422}
        assert self.bank.size == size

    @precondition(lambda self: self.model.answers)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.answers)))
        document, answer = self.model.answers[key]
        who = ASSESSOR if key.startswith(ASSESSOR) else SCHOOL
        size = self.bank.size
        again = self.send("POST", "/v1/outcomes", who, document)
        assert again.status_code == 200
        assert {**again.json(), "replayed": False, "checkpoint": ""} == answer
        changed = document | {"learning_event": "another class"}
        refused = self.send("POST", "/v1/outcomes", who, changed)
        assert refused.status_code == 409
        assert "/learning_event" in refused.text
        assert self.bank.size == size

    @precondition(lambda self: self.model.credited)
    @rule(data=st.data())
    def revoke_training(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(sorted(self.model.credited)))
        index = self.model.stages[person]["training"]
        self.posted += 1
        body = {
            "index": index,
            "reason": "录入有误",
            "source_id": f"{self.run_number}-r-{self.posted}",
        }
        assert self.send("POST", "/v1/revocations", ASSESSOR, body).status_code in {403, 404}
        assert self.send("POST", "/v1/revocations", SCHOOL, body).status_code == 201
        assert self.send("POST", "/v1/revocations", SCHOOL, body).status_code == 200
        del self.model.credited[person]
        stages = self.model.stages[person]  # one entry may have brought several of them
        self.model.stages[person] = {name: at for name, at in stages.items() if at != index}
        self.model.revoked[person] = self.model.revoked.get(person, 0) + MODULE_CREDITS

    @precondition(lambda self: self.model.accounts)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(sorted(self.model.accounts)))
        account = self.model.accounts.pop(person)
        assert self.send("DELETE", f"/v1/learners/{account}", DESK).status_code == 200
        gone = self.send("GET", f"/v1/learners/{account}/balance", "auditor")
        assert gone.status_code in {404, 410}
        for book in (self.model.stages, self.model.credited, self.model.revoked):
            book.pop(person, None)
        for key, (document, answer) in list(self.model.answers.items()):
            if answer["account"] == account:
                who = ASSESSOR if key.startswith(ASSESSOR) else SCHOOL
                assert self.send("POST", "/v1/outcomes", who, document).status_code == 410
                del self.model.answers[key]

    @rule(people=st.lists(PEOPLE, min_size=1, max_size=4))
    def send_batch(self, people: list[int]) -> None:
        self.posted += 1
        items = [
            self.document(f"b-{self.posted}-{row}", person) for row, person in enumerate(people)
        ]
        items.append({"type": "module"})
        results = self.send("POST", "/v1/batches", SCHOOL, {"items": items}).json()["results"]
        assert [result["row"] for result in results] == list(range(1, len(items) + 1))
        assert results[-1]["status"] == "refused"
        for person, item, result in zip(people, items, results, strict=False):
            stages = self.model.stages.setdefault(person, {})
            taken = person in self.model.credited or "training" in stages
            assert result["status"] == ("refused" if taken else "recorded")
            if not taken:
                self.model.credited[person] = result["index"]
                stages["training"] = result["index"]
                stages.setdefault("assessment", result["index"])  # a pass before it still counts
                self.model.accounts[person] = result["account"]
                del item

    # --- what always holds

    @invariant()
    def balances_are_the_models(self) -> None:
        for person, account in getattr(self, "model", Model()).accounts.items():
            balance = self.send("GET", f"/v1/learners/{account}/balance", "auditor").json()
            systems = {one["system"]: one["verified"] for one in balance["systems"]}
            found = systems.get("cn-16", {"available": "0.00", "revoked": "0.00"})
            available, revoked = self.model.available(person), self.model.revoked.get(person, 0)
            assert found["available"] == f"{available / 100:.2f}"
            assert found["revoked"] == f"{revoked / 100:.2f}"


@pytest.fixture(scope="module")
def machine(shared_bank: TestBank) -> Iterator[type[BankMachine]]:
    """The machine with its bank behind a server."""
    shared_bank.tokens["auditor"] = shared_bank.token(SCHOOL, Role.AUDITOR)
    with serving(shared_bank) as address, httpx.Client(base_url=address, trust_env=False) as http:
        BankMachine.bank, BankMachine.http = shared_bank, http
        yield BankMachine


def _run(machine: type[BankMachine], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_bank_behaves_like_its_model(machine: type[BankMachine]) -> None:
    _run(machine, examples=15, steps=25)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_bank_behaves_like_its_model_for_long(machine: type[BankMachine]) -> None:
    _run(machine, examples=200, steps=60)
