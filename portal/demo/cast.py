"""The people of the demo with fixed numbers: Alice, Bob, Charlie, and Acme with Erin. Their rows are as real as the others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal

from portal.base.clock import month_start
from portal.demo.people import SLOT_LINE, SLOT_PARTY, SLOT_PRODUCT, Line, Made, Person, Plan, Sold, customer_id, make_customer, rows_of
from portal.demo.places import Area, segments
from portal.demo.sources import ServiceRow, call_rows, service_rows

ALICE_INDEX, CHARLIE_INDEX = 0, 1
HANGZHOU = "浙江 杭州"
WEST_LAKE = "330106"


@dataclass(frozen=True, slots=True)
class Login:
    """A number one can sign in with, its service password, and whose it is."""

    who: str
    name: str
    about: str
    number: str
    service_password: str


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """Somebody who works for the operator."""

    who: str
    login: str
    name: str
    role: Literal["clerk", "supervisor", "order_desk", "administrator", "marketing"]
    outlet: str


ALICE = Login("Alice", "林爱丽", "subscriber, owner of two lines, last bill unpaid", "13805712001", "260418")
BOB = Login("Bob", "陈博文", "member on Alice's account, uses her second line", "13805712002", "739152")
CHARLIE = Login("Charlie", "周查理", "a subscriber who has nothing to do with the others", "13905713003", "418296")
ERIN = Login("Erin", "叶琳", "administrator of Acme", "13805714100", "905173")
EMPLOYEES = ("石磊", "任倩", "欧阳晓晨", "单宇轩", "Emma Johansson")
STAFF_PASSWORD = "quiet-hall-one-desk"  # noqa: S105 - made to be known: it is listed for whoever tries the demo
LOGINS = (ALICE, BOB, CHARLIE, ERIN)
STAFF = (
    StaffLogin("Dora", "dora", "杜若", "clerk", "湖滨营业厅"),
    StaffLogin("Sam", "sam", "沈曼", "supervisor", "湖滨营业厅"),
    StaffLogin("Oda", "oda", "欧阳达", "order_desk", "订单中心"),
    StaffLogin("Ada", "ada", "艾达", "administrator", "信息中心"),
    StaffLogin("Mei", "mei", "梅雪", "marketing", "市场部"),
)
ACME_NAME = "Acme 精密制造有限公司"
BUSINESS_PLAN = "voice_large"
ACME_MONTHS = 38
FIRST_CALL_ROW = 100  # the rows of calls of Acme's lines follow each other from here


@cache
def load_order() -> tuple[int, ...]:
    """Give the rows of the services file in the order of the customers: Alice's and Charlie's row first, then as filed."""
    rows = service_rows()
    first = [next(row.row for row in rows if _suits_alice(row)), next(row.row for row in rows if _suits_charlie(row))]
    return (*first, *(row.row for row in rows if row.row not in first))


def make_any(plan: Plan, index: int) -> Made:
    """Make customer `index`; the one after the last subscriber is Acme."""
    if index == plan.subscribers:
        return _make_acme(plan, index)
    made = make_customer(plan, index, *rows_of(index, load_order()))
    if index == ALICE_INDEX:
        return replace(_as_cast(made, (ALICE, BOB), "文三路90号3幢2单元501室"), owes_last_bill=True)
    if index == CHARLIE_INDEX:
        return replace(_as_cast(made, (CHARLIE,), "古墩路588号11幢1单元302室"), owes_last_bill=False)
    return made


def _suits_alice(row: ServiceRow) -> bool:
    return (
        row.female and row.partner and row.multiple_lines and row.internet == "fibre" and not row.churned and not row.senior
        and row.payment_method == "electronic_check" and row.paperless and row.tenure > 24
    )  # fmt: skip


def _suits_charlie(row: ServiceRow) -> bool:
    return (
        not row.female and row.phone and not row.multiple_lines and row.internet == "dsl" and not row.churned and not row.senior
        and row.paperless and row.tenure > 6
    )  # fmt: skip


def _as_cast(made: Made, logins: Sequence[Login], address: str) -> Made:
    """Give the people and lines of a made customer their fixed names, numbers and place."""
    people = [
        replace(person, name=login.name, language=None, birth_date=date(1988, 4, 17) if login is ALICE else person.birth_date)
        for (person, _), login in zip(made.roles, logins, strict=True)
    ]
    lines = tuple(
        replace(line, number=login.number, region=HANGZHOU, user=person)
        for line, login, person in zip(made.lines, logins, people, strict=True)
    )
    roles = tuple((person, role) for person, (_, role) in zip(people, made.roles, strict=True))
    return replace(made, owner=people[0], roles=roles, parties=tuple(people), lines=lines, area=_west_lake(), address=address, detail=True)


def _make_acme(plan: Plan, index: int) -> Made:
    base = customer_id(index, plan.seed)
    company = Person(base | SLOT_PARTY, ACME_NAME, kind="organisation")
    names = (ERIN.name, *EMPLOYEES)
    people = [Person(base | SLOT_PARTY + 1 + place, name, language="en" if name.isascii() else None) for place, name in enumerate(names)]
    offering = plan.offerings[BUSINESS_PLAN]
    lines = tuple(
        Line(
            base | SLOT_LINE + place, "mobile", str(int(ERIN.number) + place), HANGZHOU, "Huawei P20 lite", person,
            (Sold(base | SLOT_PRODUCT + place, offering, offering.monthly_price_minor),),
        )
        for place, person in enumerate(people)
    )  # fmt: skip
    calls = tuple((call_rows()[FIRST_CALL_ROW + place], (place,)) for place in range(len(lines)))
    roles = tuple((person, "administrator" if place == 0 else "employee") for place, person in enumerate(people))
    return Made(
        index=index, id=base, kind="organisation", owner=company, roles=roles, payment_method="bank_transfer", paperless=True,
        tier="gold", since=month_start(plan.today, ACME_MONTHS), left_on=None, months=ACME_MONTHS, term="two_years",
        area=_west_lake(), address="天目山路398号", lines=lines, calls=calls, support_calls=2, detail=True,
        owes_last_bill=False, parties=(company, *people),
    )  # fmt: skip


def _west_lake() -> Area:
    areas = segments().areas[segments().names.index(HANGZHOU)]
    return next(area for area in areas if area.code == WEST_LAKE)
