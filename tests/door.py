"""Fixtures for tests that come through the door: the application on each engine, browsers, a phone, and the counter.

Everything is done through pages, as a person would: a code is read from the message tray after the worker has carried it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.base.db import Base, Database
from portal.base.settings import Settings
from portal.identity import NewStaff, create_staff, make_hasher
from tests.cast import NOW, Cast, Person
from tests.pages import ORIGIN, Page, Site

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")
STAFF_PASSWORD = "three calm herons at noon"
PIN = "482917"

ALLOWANCES = (("voice", 36_000, 12_345), ("data", 20_971_520, 17_800_000), ("sms", 100, 100))

Shift = Callable[[float], None]

STAFF = (
    NewStaff("dora", "朵拉", "clerk", "西湖营业厅"), NewStaff("sam", "山姆", "supervisor", "西湖营业厅"),
    NewStaff("olga", "欧佳", "order_desk", "杭州订单中心"), NewStaff("oskar", "岳思", "order_desk", "杭州订单中心"),
    NewStaff("ada", "艾达", "administrator", "信息中心"), NewStaff("mei", "梅雪", "marketing", "市场部"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody who works for the operator, and what they sign in with."""

    login: str
    name: str
    outlet: str
    staff_id: int
    secret: str

    def code(self) -> str:
        """What the authenticator shows now."""
        return pyotp.TOTP(self.secret).now()


@dataclass(frozen=True, slots=True)
class Staff:
    """Dora at the counter, Sam who supervises her, Olga and Oskar of the order desk, Ada of single sign-on, Mei who makes offers."""

    dora: Clerk
    sam: Clerk
    olga: Clerk
    oskar: Clerk
    ada: Clerk
    mei: Clerk


@pytest.fixture(scope="session")
def _house(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from portal.app import create_app
    from portal.base.settings import ROOT
    from portal.faces.cli.database import compile_languages

    compile_languages(ROOT / "portal" / "translations")
    folder = tmp_path_factory.mktemp("instance")
    own = settings.model_copy(update={"instance_dir": folder, "database_url": f"sqlite:///{folder / 'none.db'}", "base_url": ORIGIN})
    app = create_app(own)
    app.test_client_class = Site
    return app


@pytest.fixture
def house_itself(_house: Flask) -> Flask:
    """Give the application for a look at its routes alone."""
    return _house


@pytest.fixture
def shift() -> Iterator[Shift]:
    """Hold the clock at the tests' moment, from which it goes on; calling it moves the clock by so many seconds."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield lambda seconds: traveller.shift(timedelta(seconds=seconds))


@pytest.fixture
def app(_house: Flask, database: Database, shift: Shift) -> Flask:
    """Give the application on `database`."""
    return on(_house, database)


def on(house: Flask, database: Database) -> Flask:
    """Have the application work on another database."""
    from portal.adapters.sms import make_sender
    from portal.faces.provider import KEPT

    parts = house.extensions["portal"]
    house.extensions["portal"] = replace(parts, db=database, sms=make_sender(parts.settings, database))
    house.extensions.pop(KEPT, None)  # on PostgreSQL it is the same database with other keys in it
    return house


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Callable[[], Site]:
    """Give a way to open one more browser, with no cookies, on a house where the cast lives."""
    return app.test_client


@pytest.fixture
def site(browser: Callable[[], Site]) -> Site:
    """Give a browser of somebody who is not signed in."""
    return browser()


@pytest.fixture
def visitor(_house: Flask, shift: Shift) -> Iterator[Site]:
    """Give a browser of a house whose database is away: for pages that need none."""
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    on(_house, nowhere)
    yield _house.test_client()
    nowhere.close()


def deliver(app: Flask) -> None:
    """Have the worker do once what is due."""
    from portal.faces.worker import make_worker

    make_worker(app.extensions["portal"], app).run_once()


@pytest.fixture
def phone(app: Flask) -> Callable[[str], str]:
    """Give a way to read the newest code on a number's phone: the worker carries it, the tray shows it."""

    def newest_code(number: str) -> str:
        deliver(app)
        page: Page = app.test_client().get("/tray/", query_string={"number": number}, follow_redirects=True).page
        for message in page.root.all("li"):
            if found := CODE.search(message.text):
                return found[1]
        raise AssertionError(f"no code was sent to the number ending in {number[-4:]}: {page.text}")

    return newest_code


@pytest.fixture
def sign_in(browser: Callable[[], Site], phone: Callable[[str], str]) -> Callable[..., Site]:
    """Give a way to sign a person in by code, through the pages, in a browser of their own (or the one given)."""

    def by_code(person: Person, on: Site | None = None) -> Site:
        here = on or browser()
        page = here.get(here.url("site.ask_number")).page
        code_page = here.post_form(page, here.url("site.take_number"), number=person.number, button="code").page
        home = here.post_form(code_page, here.url("site.take_code"), code=phone(person.number))
        assert home.status_code == 200
        assert here.get("/").status_code == 200
        return here

    return by_code


@pytest.fixture
def staff(app: Flask, cast: Cast, settings: Settings, keys: Any) -> Staff:
    """Give the staff, made by the real service, each with a password and a second factor."""
    hashed = make_hasher(settings).hash(STAFF_PASSWORD)
    made = []
    with app.extensions["portal"].db.writing() as session:
        for new in STAFF:
            enrolment = create_staff(session, keys, new, hashed, issuer="OneHall", now=NOW)
            made.append(Clerk(new.login, new.name, new.outlet, enrolment.staff_id, enrolment.secret))
    return Staff(*made)


@pytest.fixture
def counter(browser: Callable[[], Site], staff: Staff, shift: Shift) -> Callable[..., Site]:
    """Give a way to sign somebody of the staff in, with password and second factor, through the pages."""

    def at_the_counter(clerk: Clerk | None = None, on: Site | None = None) -> Site:
        who = clerk or staff.dora
        here = on or browser()
        page = here.get(here.url("counter.ask_login")).page
        desk = here.post_form(page, here.url("counter.take_login"), login=who.login, password=STAFF_PASSWORD, code=who.code())
        assert desk.status_code == 200
        assert here.get(here.url("counter.show_desk")).status_code == 200
        return here

    return at_the_counter


@pytest.fixture
def office(browser: Callable[[], Site], staff: Staff, shift: Shift) -> Callable[..., Site]:
    """Give a way to sign somebody of the order desk in, the same way; they arrive at the worklist."""

    def at_the_desk(clerk: Clerk | None = None, on: Site | None = None) -> Site:
        who, here = clerk or staff.olga, on or browser()
        page = here.get(here.url("counter.ask_login", next=here.url("office.show_worklist"))).page
        desk = here.post_form(page, here.url("counter.take_login"), login=who.login, password=STAFF_PASSWORD, code=who.code())
        assert desk.request.path == here.url("office.show_worklist")
        assert desk.status_code == 200
        return here

    return at_the_desk


def signed_on(here: Site, clerk: Clerk) -> Site:
    """Sign an administrator in; she arrives at the sites."""
    page = here.get(here.url("counter.ask_login")).page
    sites = here.post_form(page, here.url("counter.take_login"), login=clerk.login, password=STAFF_PASSWORD, code=clerk.code())
    assert sites.request.path == here.url("office.list_sites")
    assert sites.status_code == 200
    return here


def marketing_desk(here: Site, clerk: Clerk) -> Site:
    """Sign somebody of marketing in; she arrives at the campaigns."""
    page = here.get(here.url("counter.ask_login")).page
    campaigns = here.post_form(page, here.url("counter.take_login"), login=clerk.login, password=STAFF_PASSWORD, code=clerk.code())
    assert campaigns.request.path == here.url("office.list_campaigns")
    assert campaigns.status_code == 200
    return here


@pytest.fixture
def administration(browser: Callable[[], Site], staff: Staff, shift: Shift) -> Callable[..., Site]:
    """Give a way to sign the administrator in; she arrives at the sites."""

    return lambda on=None: signed_on(on or browser(), staff.ada)


@pytest.fixture
def story(app: Flask, cast: Cast) -> Story:
    """Give Alice half a year: bills (the newest unpaid), this month's allowances and usage, and things that happened."""
    with app.extensions["portal"].db.writing() as session:
        bills = write_story(session, cast.alice, lines=(cast.alice.subscription_id, cast.bob.subscription_id))
    return Story(tuple(bills))


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to Alice: her bills, oldest first."""

    bills: tuple[int, ...]


def write_story(session: Any, person: Person, lines: Sequence[int], *, now: datetime = NOW) -> list[int]:
    """Write bills of five months, buckets, totals and interactions for a person's customer; give the bills' ids."""
    from portal.base.clock import month_start, next_month
    from portal.billing import Fee, issue_bill, record_payment
    from portal.interactions import record_interaction

    tables = Base.metadata.tables
    bills = []
    for back in range(5, 0, -1):
        cycle = month_start(now.date(), back)
        issued = datetime(next_month(cycle).year, next_month(cycle).month, 1, 9, tzinfo=now.tzinfo)
        for line in lines:
            usage = (("day", 3600 * back, 120 * back), ("international", 300, 800), ("data", 2_000_000, 0))
            for part, quantity, charge in usage:
                session.execute(
                    sa.insert(tables["usage_total"]).values(
                        customer_id=person.customer_id, subscription_id=line, cycle_start=cycle, part=part, count=12,
                        quantity=quantity, tariff_minor=charge * 2, charge_minor=charge,
                    )
                )  # fmt: skip
        fees = [Fee(line, {"zh": "畅聊套餐", "en": "Talk plan"}, 2000) for line in lines]
        bill = issue_bill(session, person.customer_id, person.account_id, cycle, fees, currency="CNY", now=issued)
        if back > 1:
            reference = f"{person.party_id}-{back}"
            record_payment(session, person.customer_id, bill.bill_id, bill.total_minor, reference=reference, now=issued + timedelta(days=9))
        bills.append(bill.bill_id)
    this_month = month_start(now.date())
    for line in lines:
        for kind, allowance, used in ALLOWANCES:
            session.execute(
                sa.insert(tables["bucket"]).values(
                    customer_id=person.customer_id, subscription_id=line, kind=kind, cycle_start=this_month,
                    cycle_end=next_month(this_month), allowance=allowance, used=used,
                )
            )  # fmt: skip
    for hour in range(40):
        moment = now - timedelta(days=3, hours=hour)
        topic = {"zh": "账单", "en": "Bill"}
        record_interaction(
            session,
            person.customer_id,
            channel="voice",
            kind="called_support",
            params={"topic": topic},
            subscription_id=lines[0],
            now=moment,
        )
    return bills
