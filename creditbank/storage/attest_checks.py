"""Attestations of entries: institutions' signatures, under the keys of their register then."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
import sqlalchemy as sa

from creditbank.domain.attestation import (
    Item,
    attested_root,
    check_attestation,
    institution_key,
    parse_attestation,
)
from creditbank.domain.civil_time import civil_date
from creditbank.domain.register_signing import check_signature, signed_bytes
from creditbank.domain.registers import Institution, parse_register, resolve
from creditbank.errors import N_, CreditBankError
from creditbank.errors.ledger import SignatureInvalid
from creditbank.ledger.audit import Findings
from creditbank.storage.bulk import raw_rows
from creditbank.storage.entry_checks import UNREADABLE, EntryTuple

_VERSIONS = (
    "SELECT r.entry_index, d.content FROM registers r JOIN documents d ON d.digest = r.digest"
    " WHERE r.kind = 'institution' AND r.id = ? ORDER BY r.entry_index"
)
_REMEMBERED_MAX = 10_000


@lru_cache(maxsize=1024)
def _day_of(at: int) -> date:
    """Return the civil date; entries of a batch share their second."""
    return civil_date(at)


class AttestChecks:
    """Checks `attest` parts against the institutions' registers."""

    def __init__(self, connection: sa.Connection, origin: str) -> None:
        self._connection = connection
        self._origin = origin
        self._versions: dict[str, Sequence[tuple[int, Institution]]] = {}
        self._in_force: dict[tuple[str, int, date], Institution | None] = {}

    def check(
        self, row: EntryTuple, person: dict[str, Any], attest: object, found: Findings
    ) -> None:
        """Report if a posting's signature does not hold, or there is none and has to be."""
        try:
            day = _day_of(row.at)
            institution = self._on(row.org, row.entry_index, day)
            if attest is None:
                if institution is not None and institution.signing == "required":
                    message = N_("the institution signs what it posts, and has not signed this")
                    found.report("attestations", row.entry_index, message)
                return
            attestation = parse_attestation(attest)
            key = institution_key(institution, attestation.kid, day) if institution else None
            if key is None:
                message = N_("the posting is signed under a key that the institution did not have")
                found.report("attestations", row.entry_index, message)
                return
            item = Item(person["submission"], attestation.learner, attestation.salt)
            root = attested_root(attestation, item)
            check_attestation(attestation, root, log=self._origin, org=row.org, key=key)
        except SignatureInvalid:
            message = N_("the institution did not sign this posting")
            found.report("attestations", row.entry_index, message)
        except UNREADABLE:
            message = N_("the institution's signature cannot be read")
            found.report("attestations", row.entry_index, message)

    def check_register(self, row: EntryTuple, act: dict[str, Any], found: Findings) -> None:
        """Report if a register version bears a signature that its publisher did not make."""
        if act.get("kind") != "register/1" or "signature" not in act:
            return
        try:
            day, signature = _day_of(row.at), act["signature"]
            institution = self._on(row.org, row.entry_index, day)
            key = institution_key(institution, signature["kid"], day) if institution else None
            if key is None:
                message = N_("the register is signed under a key that the institution did not have")
                found.report("attestations", row.entry_index, message)
                return
            names = {name: act["register"][name] for name in ("kind", "id", "version", "digest")}
            check_signature(signature, signed_bytes(log=self._origin, org=row.org, **names), key)
        except (SignatureInvalid, *UNREADABLE):
            message = N_("the owner's signature over the register does not hold")
            found.report("attestations", row.entry_index, message)

    def institution(self, org: str, index: int, at: int) -> Institution | None:
        """Return the register of `org` in force at an entry, made at `at` (unix seconds)."""
        return self._on(org, index, _day_of(at))

    def _on(self, org: str, index: int, day: date) -> Institution | None:
        """Return the register of `org` that was in force on `day`, of those before `index`."""
        versions = self._known(org)
        seen = bisect_left(versions, index, key=itemgetter(0))
        if not seen:
            return None
        key = (org, seen, day)
        if key not in self._in_force:
            if len(self._in_force) >= _REMEMBERED_MAX:
                self._in_force.clear()
            self._in_force[key] = resolve([register for _, register in versions[:seen]], day)
        return self._in_force[key]

    def _known(self, org: str) -> Sequence[tuple[int, Institution]]:
        if org not in self._versions:
            if len(self._versions) >= _REMEMBERED_MAX:
                self._versions.clear()
            self._versions[org] = list(self._read(org))
        return self._versions[org]

    def _read(self, org: str) -> Sequence[tuple[int, Institution]]:
        read = []
        for index, content in raw_rows(self._connection, _VERSIONS, (org,)):
            try:
                register = parse_register("institution", orjson.loads(content))
            except (CreditBankError, TypeError, ValueError):
                continue  # the document is a finding of its own
            if isinstance(register, Institution):
                read.append((index, register))
        return read
