"""The pages a store may stand in, by their origin: scheme, host and port, exactly as a browser writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from portal.base.errors import N_, Invalid

MAX_ORIGINS = 20
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NEAR = ("localhost", "127.0.0.1", "[::1]")
_USUAL = {"https": 443, "http": 80}


def clean_origins(origins: Sequence[str]) -> list[str]:
    """Give the origins as browsers write them, each once; raise Invalid for none, too many, or one that is no such origin.

    https alone, but for a site on this very machine. No path, no user, no wildcard, no `null`.
    """
    cleaned = list(dict.fromkeys(_clean(each) for each in origins))
    if not 1 <= len(cleaned) <= MAX_ORIGINS:
        raise Invalid({"origins": N_("Name 1 to 20 origins, such as https://intranet.example.com.")})
    return cleaned


def _clean(origin: str) -> str:
    refusal = Invalid({"origins": N_("%(origin)s is no origin: write https://, the host and, if it has one, the port.")}, origin=origin)
    try:
        parts = urlsplit(origin.strip())
        port = parts.port
    except ValueError as error:
        raise refusal from error
    scheme, host = parts.scheme, (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc or parts.netloc.endswith(":"):
        raise refusal
    if not (_HOST.fullmatch(host) or host == "[::1]") or not (scheme == "https" or (scheme == "http" and host in _NEAR)):
        raise refusal
    return f"{scheme}://{host}" if port in (None, _USUAL[scheme]) else f"{scheme}://{host}:{port}"
