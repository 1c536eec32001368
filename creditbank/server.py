"""What each server process runs: the application of the settings in the environment.

Any ASGI server can be given `creditbank.server:application` as a factory; `creditbank serve` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditbank import logs
from creditbank.config import Settings

if TYPE_CHECKING:
    from creditbank.api.app import Application


def application() -> Application:
    """Return the application; raises `InvalidSettings` and `InsecureSettings`."""
    from creditbank.api.app import create_app

    settings = Settings.load()
    settings.require_safe()
    logs.configure(settings)
    return create_app(settings)
