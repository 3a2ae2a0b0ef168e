"""A shop with people in it, in a database of its own: the shipped catalogue, two of the staff, campaigns, customers by SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bench.house import House
from portal.base.db import Base, Database
from portal.catalog import add_stock, load_catalog
from portal.identity import NewStaff, create_staff
from portal.promotions import approve_campaign, create_campaign, end_campaign, get_known, get_live_campaigns, submit_campaign

EARPHONES, CABLE, PHONE = "accessory_earphones", "accessory_cable", "device_redmi_note_13"
CAMPAIGNS = 50
_MOST_STOCK = 100_000

_SERIES = {
    "postgresql": "FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n",
    "sqlite": "FROM (WITH RECURSIVE series(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM series WHERE n < :last) SELECT n FROM series)",
}
_DAY = {"postgresql": "CAST('2024-03-05' AS date)", "sqlite": "'2024-03-05'"}
_PEOPLE = (
    "INSERT INTO party (id, kind, name, created_at) SELECT n, 'individual', '王爱丽', :now {series}",
    (
        "INSERT INTO customer (customer_id, party_id, kind, status, tier, since, search_text, created_at)"
        " SELECT n, n, 'individual', 'active', 'standard', {day}, '', :now {series}"
    ),
    "INSERT INTO account (customer_id, id, currency, payment_method, paperless) SELECT n, n, 'CNY', 'bank_transfer', true {series}",
    (
        "INSERT INTO subscription (customer_id, id, account_id, party_id, kind, number, status, activated_on, region)"
        " SELECT n, n, n, n, 'mobile', '139' || (10000000 + n), 'active', {day}, '浙江 杭州' {series}"
    ),
    (
        "INSERT INTO product (customer_id, id, subscription_id, offering_code, kind, name, monthly_price_minor, status, started_on)"
        " SELECT n, n, n, 'voice_standard', 'plan', '{{\"zh\": \"畅聊套餐\"}}', 2000, 'active', {day} {series}"
    ),
)
_BITE = 100_000


@dataclass(frozen=True, slots=True)
class Staff:
    """Who writes, and who approves."""

    writer: int
    approver: int


def furnish(house: House, now: datetime) -> Staff:
    """Load the shipped catalogue, and give two of the staff; those of an earlier run where there are any."""
    people = Base.metadata.tables["staff"]
    with house.parts.db.writing() as session:
        load_catalog(session)
        found = dict(session.execute(sa.select(people.c.login, people.c.id).where(people.c.login.like("bench-sells-%"))).all())
        for login in ("bench-sells-1", "bench-sells-2"):
            if login not in found:
                new = NewStaff(login, "测量", "marketing", "杭州")
                found[login] = create_staff(session, house.parts.keys, new, "no password", issuer="bench", now=now).staff_id
    return Staff(found["bench-sells-1"], found["bench-sells-2"])


def add_people(database: Database, count: int, now: datetime) -> None:
    """Write customers 1 to `count`, each with a line and a plan."""
    name = "sqlite" if database.is_sqlite else "postgresql"
    statements = [sa.text(each.format(series=_SERIES[name], day=_DAY[name]).replace(': "', r"\: " + '"')) for each in _PEOPLE]
    for first in range(1, count + 1, _BITE):
        with database.writing() as session:
            for each in statements:
                values = {"first": first, "last": min(count, first + _BITE - 1), "now": now}
                session.execute(each, {key: values[key] for key in each.compile().params})


def stock_up(database: Database, code: str, count: int, now: datetime) -> None:
    """Add so many units of an offering."""
    for left in range(count, 0, -_MOST_STOCK):
        with database.writing() as session:
            add_stock(session, code, min(left, _MOST_STOCK), now=now)


def launch(house: House, staff: Staff, documents: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Write, submit and approve campaigns that are not there; give the ids of those that were made, by code."""
    table, ids = Base.metadata.tables["campaign"], {}
    with house.parts.db.writing() as session:
        known = get_known(session)
        there = set(session.execute(sa.select(table.c.code).where(table.c.code.in_(list(documents)))).scalars())
        for code, document in documents.items():
            if code in there:
                continue
            whole = {"name": {"zh": f"活动 {code}", "en": f"Campaign {code}"}, "currency": "CNY", **document}
            ids[code] = create_campaign(session, code, whole, staff_id=staff.writer, now=now, known=known)
            submit_campaign(session, code, staff_id=staff.writer, now=now)
            approve_campaign(session, code, staff_id=staff.approver, now=now, known=known)
    return ids


def launch_fifty(house: House, staff: Staff, now: datetime) -> None:
    """Have 50 campaigns hold: those that do already, the demo's own among them, and of `fifty` as many as are missing."""
    with house.parts.db.reading() as session:
        there = len(get_live_campaigns(session, now=now).campaigns)
    launch(house, staff, dict(list(fifty().items())[: max(0, CAMPAIGNS - there)]), now)


def end(house: House, code: str, now: datetime) -> None:
    """End a campaign."""
    with house.parts.db.writing() as session:
        end_campaign(session, code, now=now)


def fifty() -> dict[str, dict[str, Any]]:
    """Give what an operator has on at once: a fifth each by tier, by offering, by threshold, for some provinces, by code."""
    return {f"bench-{number}": _one(number) for number in range(CAMPAIGNS)}


def _one(number: int) -> dict[str, Any]:
    best = {"code": "bench-best", "mode": "best_single", "rank": 60}
    off = {"kind": "percentage", "basis_points": 100 + 10 * number, "most_minor": 20_000}
    match number % 5:
        case 0:
            target = {"kinds": ["device"]}
            return {"when": {"kind": "tier", "one_of": ["gold", "silver"]}, "effects": [{**off, "target": target}], "group": best}
        case 1:
            return {"effects": [{**off, "target": {"offerings": [EARPHONES]}}], "group": best}
        case 2:
            group = {"code": "bench-thresholds", "mode": "best_single", "rank": 70}
            amount = {"kind": "amount", "amount_minor": 200 + 10 * number}
            return {"when": {"kind": "subtotal", "min": 10_000 + 1_000 * number}, "effects": [amount], "group": group}
        case 3:
            place = ("上海", "江苏", "安徽", "北京")[number % 4]
            return {"when": {"kind": "region", "one_of": [place]}, "effects": [off], "group": best}
        case _:
            return {"when": {"kind": "code"}, "effects": [{**off, "target": {"categories": ["accessories"]}}], "priority": 40 + number}
