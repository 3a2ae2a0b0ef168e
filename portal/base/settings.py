"""Settings: typed, read from the environment (prefix PORTAL_), each explained by the text below it.

`flask settings manual` prints this page as docs/settings.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from portal.base.places import Places, read_places

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_SECRET = "change-me-before-production"  # noqa: S105 - what production refuses
MIN_SECRET_LENGTH = 32


class Settings(BaseSettings):
    """How one installation runs. A value that cannot be used stops the start with a sentence that names it."""

    model_config = SettingsConfigDict(
        env_prefix="PORTAL_", env_ignore_empty=True, use_attribute_docstrings=True, extra="ignore", hide_input_in_errors=True
    )

    env: Literal["production", "demo", "test"] = "production"
    """`production`; `demo` for a try-out on made-up customers (shows the message tray); `test` for the suite."""

    secret_key: SecretStr = SecretStr(DEFAULT_SECRET)
    """Signs cookies and derives every other key. Production needs 32 characters or more of your own."""

    old_secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Former secret keys, separated by commas: cookies they signed stay valid, new ones use `secret_key`."""

    subject_secret: SecretStr = SecretStr("")
    """What other sites know people by is derived from this, and must never change. Empty: from the last of
    `old_secret_keys`, or from `secret_key` where there are none. Before you drop a former secret key, put it here."""

    base_url: str = "http://localhost:8000"
    """The address people type, scheme and host; links in messages start with it."""

    host: str = "127.0.0.1"
    """The address the web server listens on."""

    port: int = Field(8000, validation_alias=AliasChoices("PORTAL_PORT", "PORT"), ge=1, le=65535)
    """The port the web server listens on (also read from `PORT`)."""

    trusted_proxies: int = Field(0, ge=0, le=10)
    """How many reverse proxies stand in front and set X-Forwarded-*. 0 believes no such header."""

    database_url: str = ""
    """SQLAlchemy address. Empty: SQLite in the instance folder. PostgreSQL: `postgresql://user@host/name`."""

    redis_url: str = ""
    """Redis for the request limits and the worker's clock when several nodes share the work. Empty: neither needs it."""

    instance_dir: Path = ROOT / "instance"
    """Where this installation keeps its own files: database, built static files, demo.json."""

    time_zone: str = "Asia/Shanghai"
    """Where the operator does business: days, months and quiet hours are counted there."""

    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of the operator's money."""

    country: str = Field("CN", pattern=r"^[A-Z]{2}$")
    """ISO 3166 code of the country whose numbers may be typed without a country code."""

    brand: str = "OneHall"
    """The name people see."""

    support_number: str = "10000"
    """The number people are told to call when something does not work."""

    sms_adapter: Literal["tray", "smpp", "none"] = "none"
    """How text messages leave: `tray` (a page that shows them; demo and test only), `smpp`, or `none` (refuses).
    Unset: the tray in demo and test, none in production."""

    smpp_url: SecretStr = SecretStr("")
    """`smpp://system_id:password@host:port/sender` of the message centre, for the `smpp` adapter."""

    argon2_memory_kib: int = Field(19456, ge=7168)
    """Memory of one password hash in KiB (OWASP: 19 MiB with two rounds)."""

    argon2_rounds: int = Field(2, ge=1)
    """Rounds of one password hash."""

    session_idle_minutes: int = Field(30, ge=1)
    """A subscriber's session ends after so many minutes without a request."""

    session_hours: int = Field(12, ge=1)
    """A subscriber's session ends after so many hours whatever happens."""

    staff_idle_minutes: int = Field(15, ge=1)
    """A staff session ends after so many minutes without a request."""

    staff_hours: int = Field(10, ge=1)
    """A staff session ends after so many hours whatever happens."""

    sim_change_hours: int = Field(240, ge=0)
    """For so many hours after a line got another SIM, a code by message to it opens no more than a password does."""

    opening_minutes: int = Field(30, ge=1)
    """A customer opened at the counter is masked again after so many minutes."""

    places_file: Path | None = None
    """A small CSV of networks and where they are, shown beside an address in the lists of sessions and sign-ins. Three columns under
    the heading `network,zh,en`: a network as `10.20.0.0/16` or `2001:db8::/32`, its place in Chinese, its place in English.
    UTF-8; the longest network that holds an address wins. Read once at start. Empty: addresses stand alone."""

    allow_private_callbacks: bool = False
    """Let sites that sign in here be told and asked at private addresses (10/8, 192.168/16, this machine …), too.
    For a try-out or an intranet; otherwise nobody can make this server knock at doors inside its own network."""

    metrics_token: SecretStr = SecretStr("")
    """Bearer token that /metrics asks for. Empty: /metrics answers only to this machine."""

    log_json: bool = True
    """One JSON object per log line; false for lines a person reads."""

    _places: Places = PrivateAttr(default_factory=Places)

    @model_validator(mode="before")
    @classmethod
    def _tray_for_a_try_out(cls, values: dict[str, object]) -> dict[str, object]:
        if values.get("env") in ("demo", "test"):
            values.setdefault("sms_adapter", "tray")
        return values

    @field_validator("old_secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part for part in value.split(",") if part) if isinstance(value, str) else value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone") from error
        return value

    @model_validator(mode="after")
    def _fit_for_its_env(self) -> Settings:
        secret = self.secret_key.get_secret_value()
        if self.env == "production":
            if secret == DEFAULT_SECRET or len(secret) < MIN_SECRET_LENGTH:
                raise ValueError("PORTAL_SECRET_KEY: production needs a secret of its own, 32 characters or more")
            if self.sms_adapter == "tray":
                raise ValueError("PORTAL_SMS_ADAPTER: the message tray shows codes to everybody; demo and test only")
        if self.env == "demo" and self.sms_adapter == "smpp":
            raise ValueError("PORTAL_SMS_ADAPTER: the demo's numbers lie in live segments; it sends no real messages")
        return self

    @model_validator(mode="after")
    def _read_places(self) -> Settings:
        self._places = read_places(self.places_file)
        return self

    @property
    def places(self) -> Places:
        """What `places_file` says, read when the process started."""
        return self._places

    @property
    def zone(self) -> ZoneInfo:
        """The operator's time zone, ready to use."""
        return ZoneInfo(self.time_zone)

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address, with psycopg 3 as PostgreSQL's driver and SQLite in the instance folder by default."""
        if not self.database_url:
            return f"sqlite:///{self.instance_dir / 'onehall.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url


def manual() -> str:
    """Give the page that explains every setting, as Markdown, from the texts above."""
    lines = ["# Settings", "", "Every setting is an environment variable. Made by `flask settings manual`.", ""]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = default.get_secret_value() if isinstance(default, SecretStr) else default
        shown = "instance" if name == "instance_dir" else shown
        kind = str(field.annotation).replace("typing.", "").replace("<class '", "").replace("'>", "")
        kind = kind.rsplit(".", 1)[-1] if "[" not in kind else kind
        lines += [f"## PORTAL_{name.upper()}", "", f"{field.description}", "", f"Type `{kind}`, default `{shown!r}`.", ""]
    return "\n".join(lines)
