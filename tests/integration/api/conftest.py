"""The API on a bank that the tests of one module share, on each engine in turn.

Every answer is held against the published description: its status, its media type and its shape,
and that the problem it carries is one that the route announces.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from creditbank.api.app import create_app
from creditbank.config import Settings
from creditbank.domain.access import Role
from creditbank.services.starting import start_publishing
from tests.banks import Stock, TestBank, postgres_stock, sqlite_stock
from tests.decision_scene import publish_rulebooks
from tests.integration.api.client import AUDITOR, Api

__all__ = ["postgres_stock", "sqlite_stock"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a module on both engines, unless it says that the engine is of no consequence."""
    if "shared_bank" in metafunc.fixturenames:
        engines = getattr(metafunc.module, "ENGINES", ("sqlite", "postgres"))
        metafunc.parametrize("shared_bank", engines, indirect=True, scope="module")


@pytest.fixture(scope="module")
def shared_bank(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestBank]:
    """A bank for one module's tests; they tell each other's learners and source ids apart."""
    stock: Stock = request.getfixturevalue(f"{request.param}_stock")
    with stock.copied(stock.bank(), tmp_path_factory.mktemp("api")) as test_bank:
        test_bank.tokens[AUDITOR] = test_bank.token(AUDITOR, Role.AUDITOR)
        publish_rulebooks(test_bank)
        yield test_bank


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    shared_bank: TestBank, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    """The application on the shared bank, with a client that checks every answer."""
    settings = Settings(
        public_url="https://bank.test",
        rate_limit_per_minute=0,
        sign_ins_per_account=0,
        sign_ins_per_address=0,
        data_dir=tmp_path_factory.mktemp("data"),
        keys_dir=shared_bank.keys,
    )
    publisher = start_publishing(shared_bank.bank, settings)
    await publisher.publish()
    app = create_app(settings, shared_bank.bank, publisher)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://bank.test") as client,
    ):
        yield Api(shared_bank, app, client)
    await publisher.close()
    await shared_bank.bank.close()


@pytest.fixture
def person() -> int:
    """A learner that no other test of the run has posted for."""
    return next(_PEOPLE)


_PEOPLE = iter(range(5_000_000, 17_000_000, 1009))
