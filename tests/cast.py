"""The cast: people every test knows, and others much like them, who must never be taken for them.

Alice (王爱丽) owns a customer with two lines; Bob (王博) is a member there and uses the second; Charlie (李查理) is a stranger;
Acme Ltd is an enterprise with Erin (Erin Zhou) its administrator. All were made by the real services.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.catalog import load_catalog
from portal.customers import (
    CreatedCustomer,
    NewAddress,
    NewCustomer,
    NewLine,
    NewPerson,
    NewProduct,
    add_member,
    create_customer,
    create_enterprise,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
JOINED = datetime(2024, 3, 5, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Every row of every table, by the table's name."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a line: the number signs in, the ids say where it belongs."""

    name: str
    number: str
    party_id: int
    customer_id: int
    subscription_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A company that is a customer."""

    name: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody. `noise` are customers whose numbers and names resemble the others'."""

    alice: Person
    bob: Person
    charlie: Person
    acme: Enterprise
    erin: Person
    noise: tuple[Person, ...]


def create_cast(session: Session) -> Cast:
    """Make everybody through the services, with the catalogue they need; each at a moment of their own."""
    load_catalog(session)
    made = create_customer(session, _ALICE, now=JOINED)
    bob_party = add_member(session, made.customer_id, made.subscription_ids[1], NewPerson("王博"), now=JOINED + timedelta(days=400))
    alice = _person(_ALICE, made)
    bob = Person("王博", _ALICE.lines[1].number, bob_party, made.customer_id, made.subscription_ids[1], made.account_id)
    charlie = _person(_CHARLIE, create_customer(session, _CHARLIE, now=JOINED + timedelta(days=1)))
    company = create_enterprise(session, "Acme Ltd", "Erin Zhou", "13905710001", now=JOINED + timedelta(days=2))
    erin = Person("Erin Zhou", "13905710001", company.party_ids[0], company.customer_id, company.subscription_ids[0], company.account_id)
    noise = tuple(
        _person(new, create_customer(session, new, now=JOINED + timedelta(days=3, minutes=index))) for index, new in enumerate(_noise())
    )
    session.flush()
    session.execute(sa.delete(Base.metadata.tables["outbox_event"]))  # what was told while they were made is long past
    return Cast(alice, bob, charlie, Enterprise("Acme Ltd", company.customer_id), erin, noise)


def take_rows(session: Session) -> Rows:
    """Read every row there is, to be put back by `put_rows` in another test."""
    return {
        table.name: [dict(row) for row in session.execute(sa.select(table)).mappings()]
        for table in Base.metadata.sorted_tables
        if table.name != "audit_head"
    }


def put_rows(session: Session, rows: Rows) -> None:
    """Write what `take_rows` gave into an empty database."""
    for table in Base.metadata.sorted_tables:
        if rows.get(table.name):
            session.execute(sa.insert(table), list(rows[table.name]))


def _person(new: NewCustomer, made: CreatedCustomer) -> Person:
    return Person(new.name, new.lines[0].number, made.party_id, made.customer_id, made.subscription_ids[0], made.account_id)


def _plan(started_on: date) -> NewProduct:
    return NewProduct("voice_standard", "plan", {"zh": "畅聊套餐", "en": "Talk plan"}, 2000, started_on)


def _fibre(started_on: date) -> NewProduct:
    return NewProduct("internet_fibre", "internet", {"zh": "光纤宽带", "en": "Fibre broadband"}, 5000, started_on)


def _extra(started_on: date) -> NewProduct:
    return NewProduct("extra_line", "line", {"zh": "副卡", "en": "Extra line"}, 500, started_on)


_FIRST_DAY = date(2024, 3, 5)
_ALICE = NewCustomer(
    name="王爱丽",
    gender="female",
    birth_date=date(1988, 4, 17),
    language="zh",
    tier="gold",
    since=_FIRST_DAY,
    payment_method="credit_card",
    paperless=True,
    term="two_years",
    address=NewAddress("330106", "浙江省", "杭州市", "西湖区", "文三路 90 号 3 幢 501 室"),
    lines=(
        NewLine(
            "13857101234",
            products=(_plan(_FIRST_DAY), _fibre(date(2024, 4, 1))),
            device="HUAWEI Mate 60",
            region="浙江 杭州",
        ),
        NewLine("13857105678", products=(_extra(_FIRST_DAY),), device="Redmi Note 13", region="浙江 杭州"),
    ),
)
_CHARLIE = NewCustomer(
    name="李查理",
    language="en",
    tier="standard",
    since=date(2024, 3, 6),
    payment_method="electronic_check",
    paperless=False,
    term="monthly",
    address=NewAddress("310115", "上海市", "上海市", "浦东新区", "张杨路 500 号"),
    lines=(NewLine("13701601234", products=(_plan(date(2024, 3, 6)),), device="Nokia 3310", region="上海"),),
)
_NOISE = (
    ("王爱丽", "13857101235"),  # Alice's very name, a number one off
    ("王爱", "13857112340"),
    ("汪艾莉", "15857101234"),  # sounds alike; the same last eight digits
    ("王丽", "13757101234"),
    ("李查", "13701601243"),
    ("曾国强", "13600000001"),
    ("单雄信", "13600000002"),
    ("吕小布", "13600000003"),
    ("尉迟恭", "13600000004"),
    ("欧阳晓明", "13612341234"),
    ("Acme Holdings", "13905710002"),
    ("Alicia Keys", "13905710003"),
    ("买买提·艾力", "13999910001"),
)


def _noise() -> list[NewCustomer]:
    return [
        NewCustomer(name=name, since=date(2024, 3, 8), lines=(NewLine(number, products=(_plan(date(2024, 3, 8)),), region="浙江 杭州"),))
        for name, number in _NOISE
    ]
