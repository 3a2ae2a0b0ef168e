"""The papers of one's order: which there are, having one made, reading it as PDF or as a page."""

from __future__ import annotations

from flask import Response, make_response, render_template, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces.access import requires, subscriber
from portal.faces.htmx import go, wants_region
from portal.faces.language import language
from portal.faces.papers import TITLES, paper_page
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.orders import PAPERS, Paper, get_order, get_paper, get_paper_order, list_papers, want_paper


@bp.get("/orders/<ref:order_id>/papers")
@requires(subscriber)
def list_my_papers(order_id: int) -> Response:
    """Show which papers the order has; while one is being made, the region asks again by itself."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        order = get_order(session, viewer, order_id)
        papers = list_papers(session, viewer.customer_id, order_id, language())
    page = "shared/orders/_papers.html" if wants_region() else "site/orders/papers.html"
    return make_response(render_template(page, order=order, papers=papers, titles=TITLES, of="site"))


@bp.post("/orders/<ref:order_id>/papers/<code:kind>")
@requires(subscriber)
def make_my_paper(order_id: int, kind: str) -> Response:
    """Have a paper made as PDF; asked twice, it is made once."""
    now = clock.now()
    with writing() as session:
        viewer = my_viewer(session, now=now)
        get_order(session, viewer, order_id)
        want_paper(session, viewer.customer_id, order_id, known(kind), language(), now=now)
    return go(url_for("site.list_my_papers", order_id=order_id))


@bp.get("/orders/<ref:order_id>/papers/<code:kind>")
@requires(subscriber)
def read_my_paper(order_id: int, kind: str) -> Response:
    """Give a paper as it was made."""
    with reading() as session:
        viewer = my_viewer(session, now=clock.now())
        get_order(session, viewer, order_id)
        number, content = get_paper(session, viewer.customer_id, order_id, known(kind), language())
    return as_pdf(number, content)


@bp.get("/orders/<ref:order_id>/papers/<code:kind>/page")
@requires(subscriber)
def print_my_paper(order_id: int, kind: str) -> Response:
    """Give the same paper as a page to print, as the order stands now."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        get_order(session, viewer, order_id)
        order = get_paper_order(session, viewer.customer_id, order_id)
    if not order.has(known(kind)):
        raise NotFound
    return make_response(paper_page(known(kind), order, made_at=now, on_screen=True))


def known(kind: str) -> Paper:
    """Give the kind of paper an address names; NotFound for a word that names none."""
    for paper in PAPERS:
        if paper == kind:
            return paper
    raise NotFound


def as_pdf(number: str, content: bytes) -> Response:
    """Give a PDF that is read in the browser or kept under its number, and may do nothing there."""
    response = make_response(content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response
