"""A witness's folder: its keys and its memory, made together and never one without the other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from creditbank.errors.witness import WitnessStateExists, WitnessStateMissing
from creditbank.ledger.keys import KeyType, VerifierKey, check_key_name, parse_key
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.policy import parse_policy
from creditbank.ledger.times import format_time
from creditbank.storage import seeds, witness_store
from creditbank.storage.witness_store import WitnessStore

_FILES: Final = {
    "ed25519": ("witness-ed25519.key", KeyType.COSIGNATURE),
    "ml-dsa-44": ("witness-mldsa44.key", KeyType.MLDSA44),
}


def make_witness(folder: Path, name: str) -> list[VerifierKey]:
    """Make a witness under `name` in an empty folder; return its public keys.

    The name is that of its signatures: an address without scheme, such as `witness.example.cn/w1`.
    Refuses with `MalformedKey` for a name that is none, `WitnessStateExists` where there is one.
    """
    check_key_name(name)
    if folder.exists() and any(folder.iterdir()):
        raise WitnessStateExists
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file, _ in _FILES.values():
        seeds.new_seed(folder / file)
    signers = _signers(folder, name)
    WitnessStore.create(folder, tuple(str(signer.key) for signer in signers))
    return [signer.key for signer in signers]


def load_witness(folder: Path) -> list[NoteSigner]:
    """Return the keys of the witness in a folder.

    Refuses with `WitnessStateMissing`, and `KeyMissing` without its seeds.
    """
    keys = witness_store.keys_in(folder)
    if not keys:
        raise WitnessStateMissing
    return _signers(folder, parse_key(keys[0]).name)


def read_logs(texts: Iterable[str]) -> list[VerifierKey]:
    """Return the logs' keys from verifier keys, and from policies whose `log` lines name them.

    Refuses with `MalformedKey` and `MalformedPolicy`.
    """
    found: list[VerifierKey] = []
    for text in texts:
        if text.count("\n"):
            found += [one.key for one in parse_policy(text).logs]
        else:
            found.append(parse_key(text))
    return list(dict.fromkeys(found))


def witness_state(folder: Path) -> dict[str, Any]:
    """Return a witness's keys, what it cosigned last, and contradictions, as JSON values.

    Refuses as `load_witness`.
    """
    keys = tuple(str(signer.key) for signer in load_witness(folder))
    store = WitnessStore(folder, keys)
    return {
        "keys": list(keys),
        "logs": [
            {"origin": origin, "size": last.size, "root": last.root.hex(),
             "at": format_time(last.at)}
            for origin, last in store.all().items()
        ],
        "conflicts": [
            {"origin": one.origin, "size": one.size, "at": format_time(one.at),
             "checkpoint": one.note.decode()}
            for one in store.conflicts()
        ],
    }  # fmt: skip


def _signers(folder: Path, name: str) -> list[NoteSigner]:
    return [
        NoteSigner(name, kind, seeds.read_signer(alg, folder / file))
        for alg, (file, kind) in _FILES.items()
    ]
