"""Settings that cannot be used, and settings that are not safe outside development."""

from __future__ import annotations

from creditbank.errors import N_, Malformed, Refused


class InvalidSettings(Malformed):
    """A setting has a value that it cannot have.

    Fields: `reasons`, a tuple of sentences; they name settings and never repeat a value, since
    a database address holds a password.
    """

    slug = "invalid-settings"
    title = N_("A setting has an impossible value")
    detail = N_("The bank cannot start with these settings: {reasons}. See docs/settings.md.")


class InsecureSettings(Refused):
    """The settings are those of a development bank, and the environment is production.

    Fields: `reasons`, a tuple of sentences, every reason at once.
    """

    slug = "insecure-settings"
    title = N_("These settings are not safe in production")
    detail = N_(
        "The bank refuses to start in production: {reasons}. Mend each of them, or set"
        " CREDITBANK_ENVIRONMENT=development for a bank that holds no real records."
    )
