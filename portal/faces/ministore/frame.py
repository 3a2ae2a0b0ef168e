"""The page in the frame: empty until its employee is known. And the enterprise's colours."""

from __future__ import annotations

import hashlib

from flask import Response, make_response, render_template, request

from portal.base.errors import N_, Forbidden
from portal.faces.access import anybody, requires
from portal.faces.framing import host_page, store_here
from portal.faces.language import THEMES
from portal.faces.ministore.blueprint import bp
from portal.ministores import Ministore, ink_on

DAY_SECONDS = 86400


class FramedElsewhere(Forbidden):
    """The page around the frame is none of the store's."""

    code = "framed_elsewhere"
    sentence = N_("This store opens in the pages of its own company alone, and this is none of them.")


@bp.get("/<slug>/")
@requires(anybody)
def show_frame(slug: str) -> str:
    """Give the empty page to a page of the store's own, the word where to find it to a window, a refusal to any other page."""
    store = store_here(slug)
    host = host_page(store)
    place = request.headers.get("Sec-Fetch-Dest")
    if place == "document" or (place is None and host is None):
        return render_template("ministore/outside.html", store=store, theme="auto", sheet=sheet(store))
    if host is None or place not in (None, "iframe", "frame"):
        raise FramedElsewhere
    wanted = request.args.get("theme", "").strip().lower()
    theme = wanted if wanted in THEMES else "auto"
    return render_template("ministore/frame.html", store=store, host=host, theme=theme, sheet=sheet(store))


@bp.get("/<slug>/colours.css")
@requires(anybody)
def show_colours(slug: str) -> Response:
    """Give the enterprise's colours as a sheet; its address carries what is in it, so that it may be kept."""
    response = make_response(colours(store_here(slug)))
    response.mimetype = "text/css"
    response.headers["Cache-Control"] = f"public, max-age={DAY_SECONDS}"
    return response


def sheet(store: Ministore) -> str:
    """Give the mark of a store's colours for their address."""
    return hashlib.sha256(colours(store).encode()).hexdigest()[:8]


def colours(store: Ministore) -> str:
    """Write what replaces our own colour; each value was checked when it was saved."""
    written = []
    if store.colour:
        values = f"--jade:{store.colour};--on-jade:{ink_on(store.colour)};--hall:{store.colour};--on-hall:{ink_on(store.colour)}"
        written.append(f':root,[data-bs-theme="light"]{{{values}}}')
    dark = f"--jade:{store.colour_dark};--on-jade:{ink_on(store.colour_dark)}" if store.colour_dark else ""
    if store.colour and not dark:  # the light colour must not reach the dark scheme
        dark = "--jade:#5cd6c8;--on-jade:#05201d;--hall:#124340;--on-hall:#f1faf9"
    elif dark:
        dark += f";--hall:color-mix(in oklab,{store.colour_dark} 22%,#172024);--on-hall:#f1faf9"
    if dark:
        written.append(f'[data-bs-theme="dark"]{{{dark}}}@media(prefers-color-scheme:dark){{:root:not([data-bs-theme]){{{dark}}}}}')
    return "".join(written)
