"""The hands of somebody at the order desk, and what the log says of them."""

from __future__ import annotations

import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Base
from portal.base.ids import to_ref as ref


def to(browser, placed, of=None):
    """Give the address of an order at the desk."""
    return browser.url("office.show_order", order_id=placed.order_id, **({"of": ref(of)} if of else {}))


def path(browser, placed, verb):
    """Give the path a form of an order goes to."""
    return browser.url(f"office.{verb}", order_id=placed.order_id)


def take(browser, placed):
    """Take an order from its page."""
    return browser.post_form(browser.get(to(browser, placed)), path(browser, placed, "take"))


def finish(browser, page, placed, note="SF1034567890"):
    """Fill in the tracking number and finish the order."""
    return browser.post_form(page, path(browser, placed, "fulfil"), note=note)


def form_token(page):
    """Give the token the forms of a page carry."""
    return next(node.get("value") for node in page.root.all("input") if node.get("name") == "csrf_token")


def noted(database, customer_id):
    """Give what the audit log says of a customer, the newest last."""
    query = sa.select(AuditEntry.action, AuditEntry.detail).where(AuditEntry.customer_id == customer_id).order_by(AuditEntry.seq)
    with database.reading() as session:
        return [(action, detail.get("proof"), detail.get("opened"), detail["role"]) for action, detail in session.execute(query)]


def steps_of(database, placed):
    """Give the kinds of an order's steps."""
    step = Base.metadata.tables["order_step"]
    with database.reading() as session:
        return [
            kind for (kind,) in session.execute(sa.select(step.c.kind).where(step.c.order_id == placed.order_id).order_by(step.c.number))
        ]
