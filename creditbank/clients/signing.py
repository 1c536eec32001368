"""Signing what an institution posts, before it is sent.

    signer = load_signer(Path("signing-key.json"))
    bank.post_items(signer.sign_all(outcomes))

The institution's public key has to stand in its register (`public_key`). A signed submission has
a member `attest`; the bank records the signature with the entry, so that neither the bank can
invent a posting nor the institution deny one.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from creditbank.domain.attestation import Item, learner_commitment, sign_items
from creditbank.domain.register_signing import sign_register, signed_bytes
from creditbank.domain.registers import parse_register
from creditbank.domain.submissions import OUTCOME, Line, RegisterId, normal_form
from creditbank.errors import CreditBankError
from creditbank.errors.verification import SigningKeyInvalid
from creditbank.ledger import canonical
from creditbank.ledger.entry import SALT_BYTES
from creditbank.ledger.suite import (
    KEY_BYTES,
    Ed25519Signer,
    MlDsa44Signer,
    Signer,
    hash_bytes,
    mac,
)

Document = Mapping[str, Any]
Algorithm = Literal["ed25519", "ml-dsa-44"]

_SIGNERS: Final[dict[str, type[Ed25519Signer | MlDsa44Signer]]] = {
    "ed25519": Ed25519Signer,
    "ml-dsa-44": MlDsa44Signer,
}
_SECRET: Final = b"creditbank/attest/learner-secret/1"
_SALT: Final = b"creditbank/attest/learner-salt/1\0"


@with_config(ConfigDict(extra="forbid", strict=True))
class _KeyFile(TypedDict):
    format: Literal["creditbank-signing-key/1"]
    log: Line
    org: Line
    kid: RegisterId
    alg: Algorithm
    seed: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


_KEY_FILE: Final[TypeAdapter[Any]] = TypeAdapter(_KeyFile)


@dataclass(frozen=True, slots=True)
class InstitutionSigner:
    """An institution's signing key, for postings to one bank.

    `log` is the bank's origin, `org` the institution's code, `kid` the key's id in its register.
    `learner_secret` (32 bytes) is what the salts of learners' commitments are derived from: with it
    the institution can show later whom it posted about, and nobody else can.
    """

    log: str
    org: str
    kid: str
    alg: Algorithm
    signer: Signer = field(repr=False)
    learner_secret: bytes = field(repr=False)

    @classmethod
    def from_seed(
        cls, seed: bytes, *, log: str, org: str, kid: str, alg: Algorithm = "ed25519"
    ) -> InstitutionSigner:
        """Return the signer of a 32-byte seed; a key in an HSM fills the class itself."""
        return cls(log, org, kid, alg, _SIGNERS[alg](seed), mac(seed, _SECRET))

    @property
    def public_key(self) -> dict[str, str]:
        """The key as the institution's register names it in `keys`, but for its dates."""
        return {"kid": self.kid, "alg": self.alg, "public": self.signer.public.hex()}

    def sign(self, outcome: Document) -> dict[str, Any]:
        """Return one outcome with its signature, unchanged if it is not of the published form."""
        return self.sign_all([outcome])[0]

    def sign_correction(self, outcome: Document, *, index: int, reason: str) -> dict[str, Any]:
        """Return the outcome that is to take the place of entry `index`, with its signature."""
        return self._sign([outcome], {"corrects": {"index": index, "reason": reason}})[0]

    def sign_all(self, outcomes: Iterable[Document]) -> list[dict[str, Any]]:
        """Return outcomes, any number of them, all under one signature, in their order.

        Each carries its own proof, so they may be sent in several batches, or some left out. What
        is not of the published form is not signed; the bank says what is wrong with it.
        """
        return self._sign(list(outcomes), {})

    def sign_register(self, kind: str, document: Document) -> dict[str, Any]:
        """Return the signature over a register version that the institution publishes.

        `document` is the version as it is sent; raises as reading it does at the bank.
        """
        register = parse_register(kind, document)
        digest = hash_bytes(canonical.encode(register.document())).hex()
        message = signed_bytes(
            log=self.log,
            org=self.org,
            kind=kind,
            id=register.id,
            version=register.version,
            digest=digest,
        )
        return sign_register(self.signer, self.kid, self.alg, message)

    def _sign(self, outcomes: list[Document], more: dict[str, Any]) -> list[dict[str, Any]]:
        signed = [{**outcome} for outcome in outcomes]
        places, items = [], []
        for place, outcome in enumerate(signed):
            outcome.pop("attest", None)
            item = self._item(outcome, more)
            if item is not None:
                places.append(place)
                items.append(item)
        attestations = sign_items(
            items, log=self.log, org=self.org, kid=self.kid, alg=self.alg, signer=self.signer
        )
        for place, attestation in zip(places, attestations, strict=True):
            salt = self.learner_salt(attestation.salt)
            signed[place]["attest"] = attestation.submitted(salt)
        return signed

    def _item(self, outcome: dict[str, Any], more: dict[str, Any]) -> Item | None:
        salt = secrets.token_bytes(SALT_BYTES)
        try:
            # A copy, since the operators travel beside the outcome and are not part of it.
            checked = OUTCOME.validate_python(
                {name: value for name, value in outcome.items() if name not in _BESIDE}
            )
            learner = learner_commitment(checked["learner"], self.learner_salt(salt))
            item = Item(normal_form(checked) | more, learner, salt)
            item.digest  # noqa: B018  # what cannot be encoded cannot be signed
        except (ValidationError, CreditBankError, KeyError):
            return None
        return item

    def learner_salt(self, salt: bytes) -> bytes:
        """Return the salt of the learner's commitment in the item that has `salt`."""
        return mac(self.learner_secret, _SALT + salt)[:SALT_BYTES]


_BESIDE: Final = ("operator", "reviewer")


def new_key_file(
    path: Path, *, log: str, org: str, kid: str, alg: Algorithm = "ed25519"
) -> InstitutionSigner:
    """Write a new key, readable by its owner only; raise FileExistsError where there is a file."""
    seed = secrets.token_bytes(KEY_BYTES)
    members = {"log": log, "org": org, "kid": kid, "alg": alg, "seed": seed.hex()}
    text = json.dumps({"format": "creditbank-signing-key/1"} | members, indent=2) + "\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(text)
    return InstitutionSigner.from_seed(seed, log=log, org=org, kid=kid, alg=alg)


def load_signer(path: Path) -> InstitutionSigner:
    """Return the signer of a key file; raises `SigningKeyInvalid`."""
    try:
        members = _KEY_FILE.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):  # a ValidationError is a ValueError, and so is what json raises
        raise SigningKeyInvalid(file=path.name) from None
    seed = bytes.fromhex(members.pop("seed"))
    del members["format"]
    return InstitutionSigner.from_seed(seed, **members)
