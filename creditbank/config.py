"""Every setting of the bank, read once at start from CREDITBANK_… variables.

One frozen `Settings` is built by the command line or by `create_app` and passed down; nothing
reads the environment at import. Outside development the bank refuses to start on what a
development bank may have: keys made on the spot, an origin that belongs to nobody, plain HTTP.
The table for operators is docs/settings.md, which a test compares with this module.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from creditbank.errors import N_
from creditbank.errors.settings import InsecureSettings, InvalidSettings

GENERATED = "GENERATED"
"""The file beside keys that the bank made for itself, as `init` does for development."""

# Names that nobody can own: RFC 2606, section 2 and 3, and RFC 6761, section 6.
_RESERVED_ENDINGS = ("example", "localhost", "test", "invalid", "local")
_RESERVED_DOMAINS = ("example.com", "example.net", "example.org", "example.edu", "example.cn")

_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _database_in(fields: dict[str, Any]) -> str:
    """Return the address of the SQLite file in the data folder."""
    return f"sqlite:///{fields['data_dir'] / 'creditbank.db'}"


def _keys_in(fields: dict[str, Any]) -> Path:
    """Return the folder for keys in the data folder."""
    return Path(fields["data_dir"]) / "keys"


def _record_in(fields: dict[str, Any]) -> Path:
    """Return the file in the data folder that says what was signed."""
    return Path(fields["data_dir"]) / "signed-head"


def _local_url(fields: dict[str, Any]) -> str:
    """Return the address at which a development bank finds itself."""
    return f"http://localhost:{fields['port']}"


class Settings(BaseSettings):
    """Every knob of the bank. Names end in the unit; a limit is the largest allowed value."""

    model_config = SettingsConfigDict(
        env_prefix="CREDITBANK_",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    environment: Literal["development", "production"] = "development"
    """`production` refuses what is only good enough for trying things out."""
    data_dir: Path = Path("data")
    """Folder of the SQLite file, the keys and the published head."""
    # A default that depends on another setting has to stand after it.
    database_url: str = Field(default_factory=_database_in, repr=False)
    """SQLAlchemy address; it may hold a password, so it is never printed."""
    keys_dir: Path = Field(default_factory=_keys_in)
    """Folder of the signing keys and of the key that encrypts the vault's keys."""
    record_file: Path = Field(default_factory=_record_in)
    """The largest tree head that was signed; shared by all servers that sign for one log."""
    policy_file: str = ""
    """Trust policy (C2SP tlog-policy) whose witnesses cosign; without one nobody is asked."""
    witness_timeout_seconds: int = Field(default=5, ge=1, le=60)
    """How long a round of publication waits for witnesses."""
    origin: str = Field(default="localhost/creditbank", pattern=r"^[^\s+]+$", max_length=255)
    """Name of the log, on the first line of every checkpoint; fixed by entry 0 (C2SP)."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8000, ge=1, le=65_535)
    """Port to listen on."""
    public_url: str = Field(default_factory=_local_url, pattern=r"^https?://[^\s/?#]+[^\s?#]*$")
    """Where others reach the bank; written into certificates and problem types."""
    bank_name: str = Field(default="技能学分银行", min_length=1, max_length=100)
    """What the bank is called in Chinese, in certificates as their issuer."""
    bank_name_en: str = Field(default="Skills credit bank", max_length=100)
    """The same in English; empty if it has no English name."""
    credential_issuers: str = ""
    """DIDs of other issuers whose certificates are relied on, commas between them."""
    credential_hosts: str = ""
    """Further hosts that may be asked for status lists and keys, commas between them."""
    request_body_bytes_max: int = Field(default=32 * 1024 * 1024, ge=1024)
    """Longer request bodies are refused unread."""
    batch_items_max: int = Field(default=10_000, ge=1)
    """Submissions in one batch."""
    group_items_max: int = Field(default=5_000, ge=1)
    """Submissions committed together; a longer batch is a group by itself."""
    rate_limit_per_minute: int = Field(default=6_000, ge=0)
    """Requests per token and minute; 0 is no limit."""
    sign_ins_per_account: int = Field(default=10, ge=0)
    """Attempts to sign in to one account in a minute; 0 is no limit."""
    sign_ins_per_address: int = Field(default=60, ge=0)
    """Attempts to sign in from one client address in a minute; 0 is no limit."""
    learner_token_minutes: int = Field(default=15, ge=1, le=24 * 60)
    """How long a learner stays signed in."""
    one_time_code_minutes: int = Field(default=10, ge=1, le=60)
    """How long a code sent to a learner can be used."""
    notice_version: str = ""
    """Version of the privacy notice that learners are shown; recorded with each account."""
    clock_tolerance_seconds: int = Field(default=2, ge=1, le=60)
    """If the database's clock is further off than this, writes stop."""
    log_format: Literal["json", "pretty", "auto"] = "auto"
    """`auto` is pretty on a terminal and JSON elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Less severe lines are not written."""
    metrics_enabled: bool = True
    """Serve /metrics for Prometheus."""
    docs_enabled: bool = True
    """Serve the API's documentation pages."""

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        """Return `url` with psycopg named, since PostgreSQL tools write addresses without it."""
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        return url

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        """Return `url` without a slash at its end, so that paths can be appended."""
        return url.rstrip("/")

    @classmethod
    def load(cls, **given: object) -> Self:
        """Return the settings from the environment, `given` having precedence.

        Raises `InvalidSettings` with every impossible value's name and reason, and no value.
        """
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks them
        except ValidationError as invalid:
            raise InvalidSettings(reasons=_reasons(invalid)) from None

    def require_safe(self) -> None:
        """Return if the bank may start; raises `InsecureSettings` with every reason at once."""
        reasons = check_for_production(self)
        if reasons and self.environment != "development":
            raise InsecureSettings(reasons=tuple(reasons))


def check_for_production(settings: Settings) -> list[str]:
    """Return why these settings must not be used outside development; empty if they may.

    The environment itself is not looked at, so a development bank can be checked before it is
    moved. The sentences are message ids for gettext.
    """
    url = urlsplit(settings.public_url)
    found = [
        (_is_reserved(settings.origin), N_("the origin is a name that nobody owns")),
        (url.scheme != "https", N_("the public URL is not https")),
        (_is_reserved(url.netloc), N_("the public URL is a name that nobody owns")),
        (_has_no_limit(settings), N_("there is no rate limit")),
        (not settings.notice_version, N_("the privacy notice has no version")),
    ]
    return [reason for holds, reason in found if holds] + _check_keys(settings.keys_dir)


def _has_no_limit(settings: Settings) -> bool:
    limits = (
        settings.rate_limit_per_minute,
        settings.sign_ins_per_account,
        settings.sign_ins_per_address,
    )
    return 0 in limits


def _check_keys(folder: Path) -> list[str]:
    """Return what is wrong with the folder of keys; empty if nothing is."""
    if not folder.is_dir():
        return [N_("there is no folder of keys")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    reasons = []
    if any(path.name == GENERATED for path in files):
        reasons.append(N_("the keys were generated for development"))
    secret = [path for path in files if path.name != GENERATED and path.suffix != ".pub"]
    if not secret:
        reasons.append(N_("there are no keys"))
    if any(path.stat().st_mode & _READABLE_BY_OTHERS for path in secret):
        reasons.append(N_("others than the owner can read a key file"))
    return reasons


def _is_reserved(authority: str) -> bool:
    """Return whether nobody can own the host in `authority`, a host or an origin with a path."""
    host = urlsplit(f"//{authority}").hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    labels = host.rstrip(".").split(".")
    return (
        labels[-1] in _RESERVED_ENDINGS
        or ".".join(labels[-2:]) in _RESERVED_DOMAINS
        or labels[0] == "example"
    )


def _reasons(invalid: ValidationError) -> tuple[str, ...]:
    """Return one sentence per impossible setting: its variable and pydantic's reason."""
    return tuple(
        f"CREDITBANK_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
        for error in invalid.errors(include_url=False, include_input=False, include_context=False)
        if error["type"] != "default_factory_not_called"  # only follows from another's failure
    )
