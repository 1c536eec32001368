"""Signing seeds as files: the ones in use, the next ones, and those of before.

The ledger says which public keys sign from which size; a seed is found by its public key, in
whichever of these files it stands. A rotation that is cut off at any point therefore leaves a
folder with which the bank can sign, and one that the same command completes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from creditbank.errors.keys import KeyMissing
from creditbank.ledger.suite import KEY_BYTES, Ed25519Signer, MlDsa44Signer, Signer, hash_bytes
from creditbank.storage.keyring import (
    CREDENTIAL_KEY_FILE,
    ED25519_KEY_FILE,
    MLDSA44_KEY_FILE,
)

PENDING: Final = ".new"
RETIRED: Final = "retired"
LOG_FILES: Final = {"ed25519": ED25519_KEY_FILE, "ml-dsa-44": MLDSA44_KEY_FILE}
CREDENTIAL_FILES: Final = {"ed25519": CREDENTIAL_KEY_FILE}
"""The files of a role's keys, by algorithm: each role has its own."""
ALGORITHMS: Final = tuple(LOG_FILES)


@dataclass(frozen=True, slots=True)
class Seed:
    """A signing key with the file that its seed stands in; `alg` as entries name it."""

    alg: str
    signer: Signer
    file: Path


def new_seed(path: Path) -> None:
    """Write a new seed of 32 random bytes, readable by its owner only, and wait for the disk."""
    _write(path, secrets.token_hex(KEY_BYTES) + "\n")


def read_seed(path: Path) -> bytes:
    """Return the seed that the file holds, or raise `KeyMissing`."""
    try:
        seed = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise KeyMissing(file=path.name) from error
    if len(seed) != KEY_BYTES:
        raise KeyMissing(file=path.name)
    return seed


def read_signer(alg: str, path: Path) -> Signer:
    """Return the signing key whose seed the file holds, or raise `KeyMissing`."""
    seed = read_seed(path)
    return Ed25519Signer(seed) if alg == "ed25519" else MlDsa44Signer(seed)


def prepare(folder: Path, files: Mapping[str, str] = LOG_FILES) -> list[Seed]:
    """Return the next keys, one of each algorithm; make those that are not prepared yet."""
    for name in files.values():
        if not (folder / (name + PENDING)).exists():
            new_seed(folder / (name + PENDING))
    return pending_seeds(folder, files)


def pending_seeds(folder: Path, files: Mapping[str, str] = LOG_FILES) -> list[Seed]:
    """Return the next keys that are prepared, or that a rotation has not yet put into use."""
    paths = {alg: folder / (name + PENDING) for alg, name in files.items()}
    return [Seed(alg, read_signer(alg, path), path) for alg, path in paths.items() if path.exists()]


def promote(folder: Path, files: Mapping[str, str] = LOG_FILES) -> None:
    """Put the next keys in the place of those in use, of which a copy is kept under `retired/`."""
    for alg, name in files.items():
        current, pending = folder / name, folder / (name + PENDING)
        if not pending.exists():
            continue
        if current.exists():
            retired = folder / RETIRED
            retired.mkdir(mode=0o700, exist_ok=True)
            kept = retired / f"{current.stem}-{_hint(read_signer(alg, current))}.key"
            _write(kept, current.read_text(encoding="ascii"))
        pending.replace(current)
        _sync(folder)


def all_seeds(folder: Path, files: Mapping[str, str] = LOG_FILES) -> Iterator[Seed]:
    """Yield every signing key of the folder: in use, next, and retired."""
    for alg, name in files.items():
        stem = Path(name).stem
        for path in (folder / name, folder / (name + PENDING)):
            if path.exists():
                yield Seed(alg, read_signer(alg, path), path)
        for path in sorted((folder / RETIRED).glob(f"{stem}-*.key")):
            yield Seed(alg, read_signer(alg, path), path)


def _hint(signer: Signer) -> str:
    return hash_bytes(signer.public).hex()[:16]


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".part")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    temporary.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
