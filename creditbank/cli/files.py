"""Files that commands are given: read whole, or refused by name."""

from __future__ import annotations

from pathlib import Path

from creditbank.errors.cli import FileUnreadable


def read_file_bytes(file: Path) -> bytes:
    """Return what a file holds; raises `FileUnreadable`."""
    try:
        return file.read_bytes()
    except OSError:
        raise FileUnreadable(file=str(file), reason="file_missing") from None


def read_file_text(file: Path) -> str:
    """Return the text of a file in UTF-8, its line ends as they are; raises `FileUnreadable`."""
    try:
        return read_file_bytes(file).decode("utf-8")
    except UnicodeDecodeError:
        raise FileUnreadable(file=str(file), reason="not_text") from None
