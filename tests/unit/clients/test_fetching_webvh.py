"""did:webvh, whose document is the end of a log that is replayed: fetched, checked, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openvc.did.did_webvh import _jcs, _multihash_b58
from openvc.multibase import encode_multibase

from creditbank.clients.credential_fetch import Fetcher
from creditbank.credentials import did
from creditbank.credentials.did import KeyRecord
from creditbank.credentials.signing import Key
from creditbank.errors.credentials import HostNotAllowed, MalformedDid
from creditbank.ledger.suite import hash_bytes

KEY = Key(bytes(range(32)))


def _log(host: str) -> tuple[str, dict[str, Any]]:
    """Return a DID and the one entry of its log (did:webvh 1.0)."""
    name = f"did:webvh:{{SCID}}:{host}"
    draft: dict[str, Any] = {
        "versionId": "{SCID}",
        "versionTime": "2026-11-01T00:00:00Z",
        "parameters": {"method": "did:webvh:1.0", "scid": "{SCID}", "updateKeys": [KEY.multikey]},
        "state": did.document(name, [KeyRecord(KEY.public, 0)]),
    }
    scid = _multihash_b58(_jcs(draft))
    entry = json.loads(json.dumps(draft).replace("{SCID}", scid))
    entry["versionId"] = f"1-{_multihash_b58(_jcs(entry))}"
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY.id,
        "proofPurpose": "assertionMethod",
    }
    data = hash_bytes(_jcs(proof)) + hash_bytes(_jcs(entry))
    entry["proof"] = [proof | {"proofValue": encode_multibase(KEY.sign(data))}]
    return name.replace("{SCID}", scid), entry


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return what the host serves, by address."""
    served: dict[str, bytes] = {}
    monkeypatch.setattr(Fetcher, "get", lambda _self, url, _most=0: served[url])
    return served


def test_the_document_at_the_end_of_the_log_is_returned(host: dict[str, bytes]) -> None:
    name, entry = _log("bank.example")
    host["https://bank.example/.well-known/did.jsonl"] = json.dumps(entry).encode()
    document = Fetcher(["bank.example"]).resolve_did(name)
    assert document["id"] == name
    assert document["assertionMethod"] == [f"{name}#{KEY.multikey}"]


@pytest.mark.parametrize("member", ["versionTime", "state", "parameters", "proof"])
def test_a_log_that_was_changed_is_refused(host: dict[str, bytes], member: str) -> None:
    name, entry = _log("bank.example")
    other = _log("other.example")[1]
    changed = entry | {member: other[member] if member != "versionTime" else "2026-11-02T00:00:00Z"}
    host["https://bank.example/.well-known/did.jsonl"] = json.dumps(changed).encode()
    with pytest.raises(MalformedDid):
        Fetcher(["bank.example"]).resolve_did(name)


def test_its_host_has_to_be_listed() -> None:
    name, _ = _log("bank.example")
    with pytest.raises(HostNotAllowed):
        Fetcher(["other.example"]).resolve_did(name)
