"""Running it: health, figures, starting on settings alone, and what goes on after an answer."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from creditbank.api.app import create_app
from creditbank.api.context import Context
from creditbank.config import Settings
from creditbank.domain.access import Role
from creditbank.errors.storage import NotInitialised, WrongBank
from creditbank.services import banking, learners
from creditbank.services.operating import Operator
from creditbank.storage import reading
from creditbank.storage.database import Database
from creditbank.storage.keyring import load_keyring
from creditbank.storage.migrating import upgrade
from tests import factories
from tests.banks import DESK, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.integration.api.scene import fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the bank that the settings describe."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client,
    ):
        yield client


async def test_a_bank_is_opened_from_its_settings_and_closed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.database_url)
    banking.create_bank(database, settings.keys_dir, settings.origin)
    operator = Operator(database, load_keyring(settings.keys_dir))
    token = operator.issue_token(DESK, Role.DESK, days=1, label="desk")
    database.engine.dispose()
    async with served(settings) as client:
        assert (await client.get("/readyz")).status_code == 200
        opened = await client.post(
            "/v1/learners",
            json=factories.learner(1),
            headers={"authorization": f"Bearer {token.text}"},
        )
        assert opened.status_code == 201
    async with served(settings) as client:  # what was answered is there
        state = (await client.get("/v1/bank")).json()
        assert state["size"] == database.read_sync(reading.size_or_none)
    database.engine.dispose()


async def test_the_collector_is_spared_what_stays_while_a_server_runs(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.database_url)
    banking.create_bank(database, settings.keys_dir, settings.origin)
    database.engine.dispose()
    by_pytest = gc.get_freeze_count()
    async with served(settings):  # who has frozen before the server did is left alone
        assert 0 < gc.get_freeze_count() <= by_pytest
    gc.unfreeze()
    try:
        async with served(settings):
            assert gc.get_freeze_count() > 0
        assert gc.get_freeze_count() == 0
    finally:
        gc.freeze()


async def test_a_server_does_not_start_without_a_ledger(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.database_url)
    upgrade(database)
    database.engine.dispose()
    with pytest.raises(NotInitialised):
        async with served(settings):
            pass


async def test_a_server_does_not_start_on_another_banks_ledger(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.database_url)
    banking.create_bank(database, settings.keys_dir, "other/log")
    database.engine.dispose()
    with pytest.raises(WrongBank):
        async with served(settings):
            pass


async def test_before_the_start_nothing_is_served_but_life(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client:
        assert (await client.get("/healthz")).status_code == 200
        for path in ("/readyz", "/v1/bank", "/v1/registers"):
            assert (await client.get(path)).status_code == 503


async def test_readiness_looks_at_database_and_journal(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await api.get("/readyz")).json() == {"status": "ok"}
    monkeypatch.setattr(type(api.bank.bank.journal), "is_running", False)
    refused = await api.get("/readyz")
    assert (refused.status_code, slug_of(refused)) == (503, "storage-unavailable")
    assert (await api.get("/healthz")).status_code == 200


async def test_figures_count_requests_by_route_and_postings(api: Api, person: int) -> None:
    account = (await api.posted(factories.completion(fresh("metric"), person)))["account"]
    await api.get(f"/v1/learners/{account}/balance", DESK)
    await api.get("/v1/no/such/path/la-aaaaaaaaaaaaaaaa")
    await api.client.request("BREW", "/v1/bank")
    text = (await api.get("/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    requests = families["creditbank_requests"].samples
    labels = [(one.labels["method"], one.labels["route"], one.labels["status"]) for one in requests]
    assert ("GET", "/v1/learners/{account}/balance", "200") in labels
    assert ("GET", "unmatched", "404") in labels
    assert ("other", "/v1/bank", "405") in labels
    assert account not in text
    postings = {one.labels["status"]: one.value for one in families["creditbank_postings"].samples}
    assert postings["recorded"] >= 1
    assert families["creditbank_log_size"].samples[0].value == api.bank.size


async def test_figures_and_documentation_can_be_switched_off(api: Api) -> None:
    settings = Settings(metrics_enabled=False, docs_enabled=False)
    app = create_app(settings, api.bank.bank)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client,
    ):
        for path in ("/metrics", "/docs", "/v1/openapi.json"):
            assert (await client.get(path)).status_code == 404


async def test_an_erased_learner_is_scrubbed_after_the_answer(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubbed = asyncio.Event()
    loop = asyncio.get_running_loop()
    scrub = learners.scrub

    def watched(database: Database, traces: list[bytes]) -> None:
        assert account.encode() in traces
        scrub(database, traces)
        loop.call_soon_threadsafe(scrubbed.set)

    monkeypatch.setattr(learners, "scrub", watched)
    account = (await api.post("/v1/learners", factories.learner(person), SCHOOL)).json()["account"]
    assert (await api.delete(f"/v1/learners/{account}", DESK)).status_code == 200
    await asyncio.wait_for(scrubbed.wait(), 30)


async def test_a_server_starts_and_stops_by_the_protocol(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    database = Database(settings.database_url)
    banking.create_bank(database, settings.keys_dir, settings.origin)
    database.engine.dispose()
    said = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))
    heard: list[str] = []

    async def receive() -> Any:
        return next(said)

    async def send(message: Any) -> None:
        heard.append(message["type"])

    await create_app(settings)({"type": "lifespan"}, receive, send)
    assert heard == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_failure_after_the_answer_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    context = Context(Settings(rate_limit_per_minute=0))

    async def fail() -> None:
        raise OSError("the disk is full")

    context.in_background("scrub", fail())
    (task,) = context._tasks
    await task
    assert "background" in capsys.readouterr().out
    assert context._tasks == set()
