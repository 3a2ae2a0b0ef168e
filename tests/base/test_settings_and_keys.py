"""Settings that name what is wrong, and the keys that follow from the secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from portal.base.keys import derive, make_keys
from portal.base.settings import DEFAULT_SECRET, Settings, manual

SECRET = "a production secret of 32 characters or more"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what this machine has set."""
    import os

    for name in list(os.environ):
        if name.startswith("PORTAL_") or name == "PORT":
            monkeypatch.delenv(name)


@pytest.mark.parametrize("secret", [None, DEFAULT_SECRET, "", "short", "x" * 31])
def test_production_does_not_start_without_a_secret_of_its_own(secret: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if secret is not None:
        monkeypatch.setenv("PORTAL_SECRET_KEY", secret)
    with pytest.raises(ValidationError, match="PORTAL_SECRET_KEY"):
        Settings()


def test_production_never_shows_codes_in_a_tray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_SMS_ADAPTER", "tray")
    with pytest.raises(ValidationError, match="PORTAL_SMS_ADAPTER"):
        Settings()


def test_the_demo_sends_nothing_to_real_phones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ENV", "demo")
    monkeypatch.setenv("PORTAL_SMS_ADAPTER", "smpp")
    with pytest.raises(ValidationError, match="PORTAL_SMS_ADAPTER"):
        Settings()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_OLD_SECRET_KEYS": "one,two,",
        "PORT": "8123",
        "PORTAL_TIME_ZONE": "Europe/Berlin",
        "PORTAL_SESSION_IDLE_MINUTES": "5",
        "PORTAL_UNKNOWN": "is no matter",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert [old.get_secret_value() for old in settings.old_secret_keys] == ["one", "two"]
    assert (settings.port, settings.session_idle_minutes, settings.zone.key) == (8123, 5, "Europe/Berlin")
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORTAL_TIME_ZONE", "Mars/Base"),
        ("PORTAL_TIME_ZONE", "../etc/passwd"),
        ("PORTAL_CURRENCY", "yuan"),
        ("PORTAL_COUNTRY", "cn"),
        ("PORTAL_ENV", "staging"),
        ("PORTAL_TRUSTED_PROXIES", "-1"),
        ("PORTAL_ARGON2_MEMORY_KIB", "1"),
        ("PORTAL_STAFF_HOURS", "0"),
        ("PORTAL_SMS_ADAPTER", "pigeon"),
    ],
)
def test_a_value_that_cannot_be_used_stops_the_start(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("postgresql://me@host/name", "postgresql+psycopg://me@host/name"),
        ("postgres://me@host/name", "postgresql+psycopg://me@host/name"),
        ("postgresql+psycopg://me@host/name", "postgresql+psycopg://me@host/name"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_a_database_address_may_be_written_as_people_do(url: str, full: str) -> None:
    assert Settings(env="test", database_url=url).sqlalchemy_url == full


def test_without_an_address_the_database_lies_in_the_instance_folder(tmp_path: Path) -> None:
    assert Settings(env="test", instance_dir=tmp_path).sqlalchemy_url == f"sqlite:///{tmp_path}/onehall.db"


def test_the_manual_explains_every_setting_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    text = manual()
    assert SECRET not in text
    for name, field in Settings.model_fields.items():
        assert f"## PORTAL_{name.upper()}" in text
        assert field.description


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = [derive(SECRET, purpose) for purpose in ("audit", "codes", "lookups", "vault", "cookies")]
    assert len(set(keys)) == 5
    assert all(len(key) == 32 for key in keys)
    assert derive(SECRET + "x", "audit") != keys[0]


def test_what_was_encrypted_and_signed_before_a_rotation_is_still_read() -> None:
    before = make_keys(Settings(env="test", secret_key=SECRET))  # type: ignore[arg-type]
    after = make_keys(Settings(env="test", secret_key="another secret", old_secret_keys=SECRET))  # type: ignore[arg-type]
    other = make_keys(Settings(env="test", secret_key="yet another"))  # type: ignore[arg-type]
    token = before.encrypt("a seed 种子")
    assert after.decrypt(token) == "a seed 种子"
    assert before.audit[0] in after.audit
    assert before.cookies[0] in after.cookies
    assert after.cookies[0] != before.cookies[0]
    assert "seed" not in token
    with pytest.raises(ValueError, match="not encrypted"):
        other.decrypt(token)
    with pytest.raises(ValueError, match="not encrypted"):
        before.decrypt(after.encrypt("new"))
    with pytest.raises(ValueError, match="not encrypted"):
        before.decrypt("rubbish")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "PORTAL_DATABASE_URL", "PORTAL_TRUSTED_PROXIES"):
        monkeypatch.setenv(name, "")
    settings = Settings(env="test")
    assert (settings.port, settings.trusted_proxies) == (8000, 0)
    assert settings.sqlalchemy_url.startswith("sqlite:///")
