"""Settings: defaults, what is refused, and the operators' table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from creditbank.config import GENERATED, Settings, check_for_production
from creditbank.errors.settings import InsecureSettings, InvalidSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CREDITBANK_{name.upper()}", raising=False)


@pytest.fixture
def safe(tmp_path: Path) -> Settings:
    """Return settings of which production has nothing to complain."""
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "log.key").touch(mode=0o600)
    (keys / "log.pub").touch(mode=0o644)
    return Settings(
        environment="production",
        data_dir=tmp_path,
        origin="creditbank.gd.gov.cn/2026",
        public_url="https://creditbank.gd.gov.cn/",
        notice_version="2026-06",
    )


def but(settings: Settings, **changed: object) -> Settings:
    return Settings.load(**{**settings.model_dump(), **changed})


def test_defaults_follow_the_data_folder_and_the_port() -> None:
    settings = Settings(data_dir=Path("/srv/bank"), port=9000)
    assert settings.database_url == "sqlite:////srv/bank/creditbank.db"
    assert settings.keys_dir == Path("/srv/bank/keys")
    assert settings.public_url == "http://localhost:9000"


def test_the_environment_is_read_and_empty_variables_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CREDITBANK_PORT", "9001")
    monkeypatch.setenv("CREDITBANK_ORIGIN", "")
    settings = Settings.load(host="::1")
    assert (settings.port, settings.host) == (9001, "::1")
    assert settings.origin == "localhost/creditbank"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_address_names_psycopg(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://bank@db/bank")
    assert settings.database_url == "postgresql+psycopg://bank@db/bank"


def test_the_public_url_has_no_slash_at_its_end() -> None:
    assert Settings(public_url="https://bank.cn/x/").public_url == "https://bank.cn/x"


def test_settings_do_not_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]  # that is what is tested


def test_impossible_values_are_named_together_and_never_repeated() -> None:
    with pytest.raises(InvalidSettings) as refusal:
        Settings.load(
            port="s3cret",
            data_dir=7,
            batch_items_max=0,
            origin="a b",
            public_url="ftp://bank.cn",
            no_such_setting=True,
        )
    text = " ".join(refusal.value.fields["reasons"])  # type: ignore[arg-type]  # strings
    named = set(re.findall(r"CREDITBANK_\w+", text))
    assert named == {
        f"CREDITBANK_{name}"
        for name in (
            *("PORT", "DATA_DIR", "BATCH_ITEMS_MAX", "ORIGIN", "PUBLIC_URL"),
            "NO_SUCH_SETTING",
        )
    }
    assert "s3cret" not in text


def test_a_password_in_the_database_address_is_not_printed() -> None:
    assert "s3cret" not in repr(Settings(database_url="postgresql://u:s3cret@db/x"))


def test_production_accepts_safe_settings(safe: Settings) -> None:
    assert check_for_production(safe) == []
    safe.require_safe()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"origin": "localhost/creditbank"}, "the origin is a name that nobody owns"),
        ({"origin": "bank.example.org/2026"}, "the origin is a name that nobody owns"),
        ({"origin": "example.gd.gov.cn"}, "the origin is a name that nobody owns"),
        ({"origin": "bank.test:8000/log"}, "the origin is a name that nobody owns"),
        ({"origin": "127.0.0.1/log"}, "the origin is a name that nobody owns"),
        ({"public_url": "http://creditbank.gd.gov.cn"}, "the public URL is not https"),
        ({"public_url": "https://localhost:8000"}, "the public URL is a name that nobody owns"),
        ({"public_url": "https://[::1]:8000"}, "the public URL is a name that nobody owns"),
        ({"rate_limit_per_minute": 0}, "there is no rate limit"),
        ({"notice_version": ""}, "the privacy notice has no version"),
        ({"keys_dir": "no/such/folder"}, "there is no folder of keys"),
    ],
)
def test_production_refuses_what_is_only_good_for_development(
    safe: Settings, changed: dict[str, object], reason: str
) -> None:
    settings = but(safe, **changed)
    assert check_for_production(settings) == [reason]
    with pytest.raises(InsecureSettings) as refusal:
        settings.require_safe()
    assert refusal.value.fields == {"reasons": (reason,)}
    but(settings, environment="development").require_safe()


def test_an_address_in_a_government_network_is_accepted(safe: Settings) -> None:
    assert check_for_production(but(safe, public_url="https://10.44.0.7")) == []


def test_production_refuses_generated_keys(safe: Settings) -> None:
    (safe.keys_dir / GENERATED).touch()
    assert check_for_production(safe) == ["the keys were generated for development"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_production_refuses_keys_that_others_can_read(safe: Settings, mode: int) -> None:
    (safe.keys_dir / "log.key").chmod(mode)
    assert check_for_production(safe) == ["others than the owner can read a key file"]


def test_production_refuses_a_folder_without_keys(safe: Settings) -> None:
    (safe.keys_dir / "log.key").unlink()
    assert check_for_production(safe) == ["there are no keys"]


def test_every_reason_is_given_at_once(tmp_path: Path) -> None:
    settings = Settings(environment="production", data_dir=tmp_path)
    with pytest.raises(InsecureSettings) as refusal:
        settings.require_safe()
    reasons = refusal.value.fields["reasons"]
    assert isinstance(reasons, tuple)
    assert len(reasons) == 5


def test_the_operators_table_has_every_setting_and_its_default() -> None:
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `CREDITBANK_(\w+)` \| (?:`([^`]*)`|–) \|", table, re.MULTILINE))
    defaults = Settings().model_dump()
    assert rows == {name.upper(): _written(value) for name, value in defaults.items()}


def _written(value: object) -> str:
    """Return a default as the table has it, where an empty one is a dash."""
    return str(value).lower() if isinstance(value, bool) else str(value)
