"""A server process to be killed: it records, signs and publishes, and says what it signed.

python -m tests.integration.log.killed_process DATA_FOLDER NUMBER
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from creditbank.config import Settings
from creditbank.errors import CreditBankError
from creditbank.services.banking import OPERATOR
from creditbank.services.opening import open_configured
from creditbank.services.registering import PublishRegister
from creditbank.services.starting import make_publisher
from tests import factories


async def main(folder: Path, number: int) -> None:
    settings = Settings(data_dir=folder, notice_version="1")
    bank = open_configured(settings)
    publisher = make_publisher(bank, settings)
    bank.journal.start()

    async def post(lane: int) -> None:
        for one in count():
            code = factories.organisation_code(number * 100_000 + lane * 10_000 + one)
            document = factories.institution(code)
            work = PublishRegister("institution", document, OPERATOR, bank.keyring)
            _, size, root = await bank.journal.submit_with_head(work)
            await publisher.sign_commit(size, root)
            say(f"{size} {root.hex()}")

    async def publish() -> None:
        while True:
            try:
                await publisher.publish()
            except CreditBankError as error:
                say(f"failed {error.slug}")
            except Exception as error:  # noqa: BLE001  # busy: the other process is at it
                say(f"failed {type(error).__name__}")

    await asyncio.gather(post(0), post(1), publish())


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
