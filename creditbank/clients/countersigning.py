"""Countersigning a certificate with an institution's key file; see `clients.signing`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creditbank.clients.signing import load_signer
from creditbank.credentials import signing
from creditbank.credentials.signing import Key
from creditbank.errors.verification import SigningKeyInvalid


def countersign(
    certificate: Mapping[str, Any], key_file: Path, created: int | None = None
) -> dict[str, Any]:
    """Return the institution's proof over a certificate, for `countersign_credential`.

    It is over the document without its proofs, as of now or `created` (unix seconds). Raises
    `SigningKeyInvalid` unless it is an Ed25519 key, `DocumentNotSignable` for no certificate.
    """
    if load_signer(key_file).alg != "ed25519":
        raise SigningKeyInvalid(file=key_file.name)
    seed = bytes.fromhex(json.loads(key_file.read_text(encoding="utf-8"))["seed"])
    unsigned = {name: value for name, value in certificate.items() if name != "proof"}
    moment = int(time.time()) if created is None else created
    return signing.countersign(unsigned, Key(seed), moment)
