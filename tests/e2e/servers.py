"""A real server on a free port, in a thread of the test's process."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from creditbank import logs
from creditbank.api.app import create_app
from creditbank.config import Settings
from tests.banks import ORIGIN, TestBank


@contextmanager
def serving(bank: TestBank) -> Iterator[str]:
    """Yield the address of a server that opens the database of `bank`, and stop it afterwards."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        settings = Settings(
            data_dir=bank.keys.parent,
            database_url=bank.database.url.render_as_string(hide_password=False),
            keys_dir=bank.keys,
            record_file=_record_of(bank),
            origin=ORIGIN,
            public_url=f"http://127.0.0.1:{port}",
            notice_version="1",
            rate_limit_per_minute=0,
            sign_ins_per_account=0,
            sign_ins_per_address=0,
            log_level="error",
        )
        root = logging.getLogger()
        before = (root.handlers[:], root.level)
        logs.configure(settings)
        config = uvicorn.Config(create_app(settings), log_config=None, lifespan="on", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise AssertionError("the server did not start")
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)
            root.handlers[:], root.level = before  # other tests read what is logged
            structlog.reset_defaults()
            logging.captureWarnings(capture=False)


def _record_of(bank: TestBank) -> Path:
    """Return where this database's record of what was signed is: keys are shared by many."""
    if bank.database.file is not None:
        return bank.database.file.with_name("signed-head")
    return bank.keys.parent / f"signed-head-{bank.database.url.database}"
