"""Errors of the key files."""

from __future__ import annotations

from creditbank.errors import N_, Corrupt


class KeyMissing(Corrupt):
    """A key file is missing or unreadable."""

    slug = "key-missing"
    title = N_("A key file is missing or unreadable")
    detail = N_(
        "The file {file} in the key folder must hold 64 hexadecimal digits. Restore it from the "
        "key backup; without it nothing sealed under it can be read."
    )
