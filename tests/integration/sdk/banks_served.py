"""A bank behind a server, and clients of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from creditbank.clients.bank import AsyncBankClient, BankClient
from tests.banks import TestBank


@dataclass(frozen=True, slots=True)
class Served:
    """A bank and the address of its server."""

    bank: TestBank
    address: str

    def client(self, org: str, **options: Any) -> BankClient:
        """Return a client with an organisation's token."""
        return BankClient(self.address, self.bank.tokens[org].text, **options)

    def async_client(self, org: str, **options: Any) -> AsyncBankClient:
        """Return the same for asynchronous programs."""
        return AsyncBankClient(self.address, self.bank.tokens[org].text, **options)
