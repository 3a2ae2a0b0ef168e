"""Which mini-store a request is about, and in whose pages its answer may be framed (guard.md 21).

All of a store's pages carry its own list, refusals and addresses that lead nowhere among them: a page that may not be
framed shows as the browser's own "refused to connect", which tells nobody what is wrong (field: giscus #1449).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.base.errors import NotFound
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.ministores import Ministore, get_ministore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/ministore/"
_STORE = re.compile(r"/ministore/([a-z0-9-]{1,64})(?:/|$)")


class WithoutCookies:
    """WSGI middleware: below a prefix no cookie reaches the application, so that none can matter there."""

    def __init__(self, inner: WSGIApplication, prefix: str) -> None:
        self.inner = inner
        self.prefix = prefix

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Pass a request on."""
        if str(environ.get("PATH_INFO", "")).startswith(self.prefix):
            environ.pop("HTTP_COOKIE", None)
        return self.inner(environ, start)


def init_app(app: Flask) -> None:
    """Take cookies away from the mini-stores' face."""
    app.wsgi_app = WithoutCookies(app.wsgi_app, PREFIX)  # type: ignore[assignment, method-assign]


def within_store() -> bool:
    """Say whether this request's address lies in a store, be it there or not."""
    return request.path.startswith(PREFIX)


def store_here(slug: str) -> Ministore:
    """Give the store of this request, read once; NotFound where there is none."""
    if "ministore" not in g:
        with reading() as session:
            g.ministore = get_ministore(session, slug)
        _remembered()[slug] = g.ministore.origins
    found: Ministore = g.ministore
    return found


def framed_by() -> tuple[str, ...]:
    """Give the origins whose pages may frame this answer; none outside the stores.

    With the database away what this process last knew of the store holds, so that the page saying so can be seen.
    """
    found = _STORE.match(request.path)
    if found is None:
        return ()
    try:
        return store_here(found[1]).origins
    except NotFound:
        return ()
    except (DBAPIError, PoolTimeout):
        return _remembered().get(found[1], ())


def host_page(store: Ministore) -> str | None:
    """Give the origin of the page that frames this request, if it is one of the store's; None for any other, or none."""
    origin = origin_of(request.referrer)
    return origin if origin in store.origins else None


def origin_of(address: str | None) -> str | None:
    """Give the origin of an address as browsers write it; None for what has none (`null` among it)."""
    try:
        parts = urlsplit(address or "")
    except ValueError:  # such as an unclosed bracket
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else None


def from_own_page() -> bool:
    """Say whether a request comes from a page of ours (or from a program that says nothing): CORS opens to nobody."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = (request.host_url.rstrip("/"), portal().settings.base_url.rstrip("/"))
    return site in (None, "same-origin") and (origin is None or origin in ours)


def _remembered() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = current_app.extensions.setdefault("ministore_origins", {})
    return found
