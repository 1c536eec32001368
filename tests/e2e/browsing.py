"""A browser without a screen, driven by its command line: there is no driver to install too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str:
    """Return the browser's program; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed; `make browser` installs it on Debian, as root")
    return found


def opened(url: str, folder: Path, *, seconds: int = 8) -> str:
    """Return the document as it stands after its scripts ran for some (virtual) seconds."""
    options = [
        "--headless",
        "--no-sandbox",  # tests run as root in containers; only our own page is opened
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--lang=zh-CN",
        f"--user-data-dir={folder / 'profile'}",
        f"--virtual-time-budget={seconds * 1000}",
        "--dump-dom",
    ]
    done = subprocess.run(
        [browser(), *options, url], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout
