"""Redeeming gifts through the pages, for tests of the points store: what is in it, and the way a person goes."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.catalog import add_stock
from portal.customers import Viewer
from portal.points import check_points, earn_points, load_earning_rules, points_card
from tests.cast import NOW, Person
from tests.ordering import CODES
from tests.pages import Answer, Page, Site

THERMOS, COFFEE, DATA = "gift_thermos", "gift_coffee", "gift_data_5gb"
TYPED = {"name": "王爱丽", "phone": "0571 8888 6666", "address": "杭州市滨江区网商路 699 号前台"}


def open_store(database: Database, keys: Keys) -> None:
    """Open a store with three thermos flasks, as many coffees, and no cinema tickets."""
    with database.writing() as session:
        load_earning_rules(session)
        add_stock(session, THERMOS, 3, now=NOW)
        add_stock(session, COFFEE, [keys.encrypt(code) for code in CODES], now=NOW)


def give(database: Database, person: Person, amount: int, *, until: date = date(2028, 12, 1)) -> None:
    """Give somebody's customer channel points."""
    with database.writing() as session:
        earn_points(
            session, person.customer_id, amount, purse="channel", reason="payment", reference=f"{amount}:{until}", expires_on=until,
            now=NOW,
        )  # fmt: skip


def gift(browser: Site, code: str) -> str:
    """Give a gift's address."""
    return browser.url("site.show_gift", code=code)


def redemptions(browser: Site, code: str) -> str:
    """Give the address of the last look at a gift, and of redeeming it."""
    return browser.url("site.redeem_gift", code=code)


def fill_in(browser: Site, code: str = THERMOS, **fields: str) -> Any:
    """Go to a gift and fill in where it shall go; give what comes then: the last look."""
    if code == THERMOS:
        fields = TYPED | fields
    return browser.post_form(browser.get(gift(browser, code)), gift(browser, code), **fields)


def press(browser: Site, check: Page | Answer, code: str = THERMOS) -> Any:
    """Press the button of the last look."""
    return browser.post_form(check, redemptions(browser, code))


def orders(database: Database) -> list[dict[str, Any]]:
    """Give every order there is."""
    table = Base.metadata.tables["customer_order"]
    with database.reading() as session:
        return [dict(row) for row in session.execute(sa.select(table)).mappings()]


def purse(database: Database, person: Person) -> tuple[int, int]:
    """Give what is available and what is held; all books must agree."""
    with database.reading() as session:
        assert [*check_points(session), *check_books(session)] == []
        card = points_card(session, Viewer("subscriber", "party:1", person.customer_id), now=NOW)
    return card.available, card.held
