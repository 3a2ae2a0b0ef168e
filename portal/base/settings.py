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

    payment_providers: Annotated[tuple[Literal["sandbox", "wechat", "alipay"], ...], NoDecode] = ()
    """Ways to pay, separated by commas, the one to take where nobody chose first: `wechat`, `alipay`, or `sandbox` (a provider
    for trying out, a process of its own beside this one; demo and test only). Unset: the sandbox in demo and test, none in production."""

    sandbox_url: str = "http://127.0.0.1:8090"
    """Where the sandbox provider answers; customers who pay are sent there. bin/run starts it and sets this."""

    sandbox_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """What the sandbox provider and this installation sign with, separated by commas: the first signs, all are believed, so that
    a secret is changed by putting the new one in front on both sides. Empty: derived from `secret_key`."""

    payment_notify_url: str = ""
    """Where providers notify: an address by which they reach this server, scheme and host. Empty: `base_url`."""

    wechat_app_id: str = ""
    """The app id WeChat Pay knows the operator by."""

    wechat_merchant_id: str = ""
    """The merchant number of the operator with WeChat Pay (mchid)."""

    wechat_key_file: Path | None = None
    """The private key of the merchant's certificate, PEM (apiclient_key.pem)."""

    wechat_serial: str = ""
    """The serial number of the merchant's certificate."""

    wechat_api_v3_key: SecretStr = SecretStr("")
    """The APIv3 key, 32 characters, with which WeChat Pay seals its notifications."""

    wechat_public_key_file: Path | None = None
    """The public key of WeChat Pay, PEM, with which its notifications and answers are checked."""

    wechat_public_key_id: str = ""
    """The id of that public key (`PUB_KEY_ID_…`)."""

    wechat_gateway: str = "https://api.mch.weixin.qq.com"
    """Where WeChat Pay answers."""

    alipay_app_id: str = ""
    """The app id Alipay knows the operator by."""

    alipay_seller_id: str = ""
    """The operator's number with Alipay (`2088…`); notifications for another seller are refused."""

    alipay_key_file: Path | None = None
    """The operator's private key for Alipay, PEM (RSA2)."""

    alipay_public_key_file: Path | None = None
    """Alipay's public key, PEM, with which its notifications and answers are checked."""

    alipay_gateway: str = "https://openapi.alipay.com/gateway.do"
    """Where Alipay answers."""

    bss_url: str = ""
    """Where the billing system takes orders (HTTP, in the manner of TMF622). Empty: a clerk keys in what is to be set up."""

    bss_secret: SecretStr = SecretStr("")
    """What requests to the billing system are signed with (HMAC-SHA256)."""

    logistics_url: str = ""
    """Where the carrier answers (HTTP). Empty: people hand parcels over and note their numbers."""

    logistics_secret: SecretStr = SecretStr("")
    """What requests to the carrier are signed with (HMAC-SHA256)."""

    shipping_fee_minor: int = Field(1000, ge=0, le=10_000_000)
    """What sending an order costs, in minor units of `currency`."""

    shipping_free_from_minor: int = Field(9900, ge=0, le=1_000_000_000)
    """Sending is free from so much on, in minor units of `currency`, counted on what the goods cost before reductions.
    0: it always costs the fee."""

    order_pay_minutes: int = Field(30, ge=5, le=10080)
    """An order that is paid online is kept for so many minutes without its money."""

    quote_days: int = Field(14, ge=1, le=365)
    """A quote holds for so many days."""

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
            values.setdefault("payment_providers", ("sandbox",))
        return values

    @field_validator("old_secret_keys", "payment_providers", "sandbox_secrets", mode="before")
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
            if "sandbox" in self.payment_providers:
                raise ValueError("PORTAL_PAYMENT_PROVIDERS: anybody can pay anything at the sandbox; demo and test only")
        self._check_payments()
        if self.env == "demo" and self.sms_adapter == "smpp":
            raise ValueError("PORTAL_SMS_ADAPTER: the demo's numbers lie in live segments; it sends no real messages")
        return self

    def _check_payments(self) -> None:
        needed = {
            "wechat": ("app_id", "merchant_id", "key_file", "serial", "api_v3_key", "public_key_file", "public_key_id"),
            "alipay": ("app_id", "seller_id", "key_file", "public_key_file"),
        }
        for provider in self.payment_providers:
            for name in needed.get(provider, ()):
                value = getattr(self, f"{provider}_{name}")
                if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                    raise ValueError(f"PORTAL_{provider.upper()}_{name.upper()}: {provider} cannot be used without it")

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
