"""Asking the JavaScript verifiers of `make js`; without them the tests are skipped, and say so."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
_NODE_VERSION = 20


def judge(documents: Mapping[str, Any], *cases: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the other verifiers say of each case; see verify.mjs."""
    found: list[dict[str, Any]] = ran("verify.mjs", {"documents": documents, "cases": cases})
    return found


def ran(script: str, given: Mapping[str, Any]) -> Any:
    """Return what a script of this folder answers to a JSON value."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    if _major_version(node) < _NODE_VERSION:
        pytest.skip(f"Node.js is older than {_NODE_VERSION}")
    wanted = ("@digitalbazaar/vc", "@openid4vc/openid4vp")
    if not all((_HERE / "node_modules" / name).is_dir() for name in wanted):
        pytest.skip("the JavaScript verifiers are not installed: run `make js`")
    done = subprocess.run(
        [node, script],
        cwd=_HERE,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def _major_version(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return int(done.stdout.lstrip("v").partition(".")[0])
