"""What a client may be, and where a browser may be sent on its behalf (RFC 9700 2.1, RFC 8252, OpenID Connect Registration 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from portal.base.errors import N_, Invalid
from portal.openid.levels import level_of
from portal.openid.scopes import OFFLINE, SCOPES
from portal.openid.signing import SIGNING_ALGORITHMS

CODE = "authorization_code"
REFRESH = "refresh_token"
MACHINE = "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
GRANT_TYPES = (CODE, REFRESH, MACHINE, DEVICE, EXCHANGE)
"""Neither implicit nor password: RFC 9700 2.1.2 and 2.4."""
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
SUBJECT_TYPES = ("public", "pairwise")
LOOPBACK = ("127.0.0.1", "::1")
MAX_ADDRESSES = 20
MAX_ADDRESS = 512
MAX_NAME = 100
MAX_AGE_LIMIT = 10 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class NewClient:
    """What a client is to be. `customer_id`: the enterprise it belongs to; `sector`: for pairwise, unless it is the one host."""

    name: str
    redirect_uris: Sequence[str] = ()
    grant_types: Sequence[str] = (CODE, REFRESH)
    scopes: Sequence[str] = ("openid",)
    auth_method: str = "client_secret_basic"
    first_party: bool = False
    customer_id: int | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    post_logout_redirect_uris: Sequence[str] = ()
    subject_type: str = "public"
    sector: str | None = None
    id_token_alg: str = SIGNING_ALGORITHMS[0]
    default_max_age: int | None = None
    default_acr: str | None = None
    require_par: bool = False
    require_dpop: bool = False
    backchannel_logout_uri: str | None = None
    backchannel_session_required: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def is_native(self) -> bool:
        """Say whether it is an app on a device, which may be called by a scheme of its own."""
        return self.settings.get("application_type") == "native"


def check_client(new: NewClient, *, allow_localhost: bool = False) -> None:
    """Raise Invalid, each fault by the field's name, for what no client may be. `allow_localhost`: outside production."""
    faults: dict[str, str] = {}
    if not 0 < len(new.name.strip()) <= MAX_NAME or not new.name.isprintable():
        faults["name"] = N_("A client has a name of 1 to 100 letters.")
    faults |= _address_faults(new, allow_localhost=allow_localhost)
    faults |= _grant_faults(new)
    faults |= _choice_faults(new)
    faults |= _key_faults(new)
    if faults:
        raise Invalid(faults)


def sector_of(new: NewClient) -> str | None:
    """Give the host that a pairwise client's subjects are told apart by; None for a public one, or when there is none or several."""
    if new.subject_type != "pairwise":
        return None
    if new.sector:
        return new.sector
    hosts = {_split(uri).hostname for uri in new.redirect_uris} - {*LOOPBACK, "localhost"}  # which stand for every device
    return hosts.pop() if len(hosts) == 1 else None


def allows_redirect(registered: Iterable[str], address: str) -> bool:
    """Say whether `address` is one of those registered, letter by letter; on a loopback address any port (RFC 8252 7.3)."""
    known = list(registered)
    if address in known:
        return True
    if not is_redirect(address):
        return False
    bare = _without_port(address)
    return bare is not None and bare in (_without_port(each) for each in known)


def is_redirect(address: str, *, native: bool = False, allow_localhost: bool = False) -> bool:
    """Say whether a browser may be sent to `address` at all.

    https to a host; http to 127.0.0.1 or [::1], or localhost where allowed; for a native app its own scheme with a dot
    (RFC 8252 7.1). No fragment (RFC 6749 3.1.2), no wildcard, no user, no signs that browsers read in ways of their own.
    """
    if not 0 < len(address) <= MAX_ADDRESS or any(sign in address for sign in '#*\\"<>^`{|} ') or not _is_plain(address):
        return False
    try:
        parts = _split(address)
    except ValueError:
        return False
    if parts.scheme in ("http", "https"):
        return is_web_address(address, allow_localhost=allow_localhost)
    return native and "." in parts.scheme and not parts.netloc and parts.path.startswith("/")


def is_web_address(address: str, *, allow_localhost: bool = False) -> bool:
    """Say whether `address` is https to a host, or http to a loopback address (to localhost where allowed)."""
    if not 0 < len(address) <= MAX_ADDRESS or "\\" in address or " " in address or not _is_plain(address):
        return False
    try:
        parts = _split(address)
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or "@" in parts.netloc or "*" in parts.netloc or "%" in parts.netloc or parts.fragment or address.endswith("#"):
        return False
    if parts.scheme == "http":
        return host in LOOPBACK or (allow_localhost and host == "localhost")
    return parts.scheme == "https"


def _address_faults(new: NewClient, *, allow_localhost: bool) -> dict[str, str]:
    faults: dict[str, str] = {}
    native = new.is_native and new.auth_method == "none"
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        addresses = getattr(new, name)
        if len(addresses) > MAX_ADDRESSES or len(set(addresses)) != len(addresses):
            faults[name] = N_("Name each address once, and no more than twenty.")
        elif not all(is_redirect(each, native=native, allow_localhost=allow_localhost) for each in addresses):
            faults[name] = N_("An address is https://, in full and without fragment or wildcard; an app may have a scheme with a dot.")
    if CODE in new.grant_types and not new.redirect_uris:
        faults["redirect_uris"] = N_("Name the address people come back to.")
    for name in ("backchannel_logout_uri", "jwks_uri"):
        address = getattr(new, name)
        if address is not None and not is_web_address(address, allow_localhost=allow_localhost):
            faults[name] = N_("An address is https:// with a host, in full and without a fragment.")
    if new.backchannel_session_required and not new.backchannel_logout_uri:
        faults["backchannel_logout_uri"] = N_("Name the address that is told when somebody leaves.")
    if new.subject_type == "pairwise" and CODE in new.grant_types and "redirect_uris" not in faults and sector_of(new) is None:
        faults["sector"] = N_("The addresses lie on several hosts: name the one that stands for all.")
    return faults


def _grant_faults(new: NewClient) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not new.grant_types or not set(new.grant_types) <= set(GRANT_TYPES):
        faults["grant_types"] = N_("Choose at least one of the grants there are.")
    elif REFRESH in new.grant_types and not {CODE, DEVICE} & set(new.grant_types):
        faults["grant_types"] = N_("Refreshing needs something to refresh: a code or a device.")
    elif new.auth_method == "none" and {MACHINE, EXCHANGE} & set(new.grant_types):
        faults["grant_types"] = N_("A client without a secret or a key cannot act in its own name.")
    if not set(new.scopes) <= set(SCOPES):
        faults["scopes"] = N_("Choose among the scopes there are.")
    elif OFFLINE in new.scopes and REFRESH not in new.grant_types:
        faults["scopes"] = N_("Access while people are away needs the grant refresh_token.")
    return faults


def _choice_faults(new: NewClient) -> dict[str, str]:
    faults: dict[str, str] = {}
    for name, choices in (("auth_method", AUTH_METHODS), ("subject_type", SUBJECT_TYPES), ("id_token_alg", SIGNING_ALGORITHMS)):
        if getattr(new, name) not in choices:
            faults[name] = N_("Choose one of those there are.")
    if new.default_max_age is not None and not 0 <= new.default_max_age <= MAX_AGE_LIMIT:
        faults["default_max_age"] = N_("Give a number of seconds.")
    if new.default_acr is not None and level_of(new.default_acr) is None:
        faults["default_acr"] = N_("Choose one of those there are.")
    return faults


def _key_faults(new: NewClient) -> dict[str, str]:
    if new.jwks is not None and new.jwks_uri is not None:
        return {"jwks": N_("Give the keys, or the address they are at; not both.")}
    if new.auth_method == "private_key_jwt" and new.jwks is None and new.jwks_uri is None:
        return {"jwks": N_("Give the public keys it signs with, or their address.")}
    return {}


def _split(address: str) -> SplitResult:
    parts = urlsplit(address)
    _ = parts.port  # raises ValueError for one that is none
    return parts


def _is_plain(address: str) -> bool:
    return address.isascii() and address.isprintable()


def _without_port(address: str) -> str | None:
    """Give an http address on loopback without its port; None for any other."""
    try:
        parts = _split(address)
    except ValueError:
        return None
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        return None
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    return parts._replace(netloc=host).geturl()
