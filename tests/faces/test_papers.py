"""Papers in the hall: asked for, made by the worker, read as a PDF that says what was ordered, or printed as a page."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.faces.papers import to_pdf
from tests.door import deliver
from tests.ordering import redeem


@pytest.fixture
def thermos(database, cast, store):
    with database.writing() as session:
        return redeem(session, cast.alice)


def of(browser, placed, kind="confirmation"):
    return browser.url("site.read_my_paper", order_id=placed.order_id, kind=kind)


def test_a_paper_is_asked_for_made_by_the_worker_and_read(sign_in, cast, thermos, app):
    alice = sign_in(cast.alice)
    order = alice.get(alice.url("site.show_order", order_id=thermos.order_id))
    alice.post_form(order, of(alice, thermos))
    papers = alice.get(alice.url("site.list_my_papers", order_id=thermos.order_id))
    assert 'hx-trigger="load delay:1s"' in papers.get_data(as_text=True), "the region asks again by itself"
    assert alice.get(of(alice, thermos)).status_code == 404, "nothing is there before it is made"
    deliver(app)
    made = alice.get(alice.url("site.list_my_papers", order_id=thermos.order_id)).get_data(as_text=True)
    assert "hx-trigger" not in made
    alice.checking = False
    answer = alice.get(of(alice, thermos))
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert f'filename="{thermos.reference}.pdf"' in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_to_print_needs_no_worker_and_says_the_same(sign_in, cast, thermos):
    alice = sign_in(cast.alice)
    alice.checking = False  # a page for paper, without the hall around it
    page = alice.get(of(alice, thermos) + "/page").get_data(as_text=True)
    assert thermos.reference in page
    assert cast.alice.name in page
    assert alice.get(of(alice, thermos, "invoice") + "/page").status_code == 404


def test_a_paper_is_kept_in_each_language_apart(sign_in, cast, thermos, app, database):
    alice = sign_in(cast.alice)
    order = alice.get(alice.url("site.show_order", order_id=thermos.order_id))
    for language in ("zh-CN", "en"):
        alice.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        alice.post_form(order, of(alice, thermos))
    deliver(app)
    table = Base.metadata.tables["order_document"]
    with database.reading() as session:
        rows = session.execute(sa.select(table.c.language, table.c.content)).all()
    assert {row.language for row in rows} == {"zh", "en"}
    assert len({bytes(row.content) for row in rows}) == 2


def test_a_paper_fetches_nothing_from_anywhere():
    """The sheet is ours; a picture somebody smuggled in is left out, whatever it points at."""
    pdf = to_pdf('<html lang="en"><head><title>x</title></head><body><img src="file:///etc/passwd" alt="x"><p>text</p></body></html>')
    assert pdf.startswith(b"%PDF-")
    assert b"root:" not in pdf
