"""Who acts in a mini-store: the employee whose token came with the request, in a header, from the page's memory.

There is nothing a browser would send by itself, so a foreign page cannot act with it: no CSRF token is needed.
"""

from __future__ import annotations

from typing import cast

from flask import g, request

from portal.base import clock
from portal.base.errors import N_, Forbidden, Refused
from portal.faces.framing import from_own_page, store_here
from portal.faces.transactions import reading
from portal.identity import Employee, find_embed_token


class TokenNeeded(Forbidden):
    """The request brought no token, or one that is not good here, or no longer."""

    code = "token_needed"
    status = 401
    sentence = N_("Your sign-in to this store has run out. Load this page again to go on.")


class StoreClosed(Refused):
    """The store takes nobody in at the moment."""

    code = "store_closed"
    status = 403
    sentence = N_("This store is closed at the moment. Your company can tell you when it opens again.")


class ForeignPage(Forbidden):
    """The request comes from a page of another origin: no other may ask here."""

    code = "foreign_page"
    sentence = N_("This can be asked for from the store's own page alone.")


def enter(slug: str) -> None:
    """Let the employee behind this request into a store, or raise: NotFound, StoreClosed, ForeignPage, TokenNeeded."""
    store = store_here(slug)
    if not store.is_open:
        raise StoreClosed
    if not from_own_page():
        raise ForeignPage
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token:
        with reading() as session:
            found = find_embed_token(session, token, slug, now=clock.now())
    if found is None or found.origin not in store.origins:
        raise TokenNeeded
    g.employee = found


def this_employee() -> Employee:
    """Give who acts, on a route for employees."""
    assert "employee" in g, "this_employee() is for routes that require an employee"
    return cast("Employee", g.employee)
