"""One made-up customer from a row of services and a row of calls: who they are, what they have, since when."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.base.clock import local_date, month_start
from portal.catalog import OfferingView
from portal.demo.calls import Prices
from portal.demo.names import draw_given, draw_name
from portal.demo.places import Area, address_in, number_of, segments
from portal.demo.sources import CallRow, ServiceRow, call_rows, handsets, service_rows

ID_BITS = 21
SLOT_PARTY, SLOT_LINE, SLOT_PRODUCT = 1, 64, 256  # low bits of a customer's own ids: parties, lines, products
PLAN, EXTRA_LINE = "voice_standard", "extra_line"
INTERNET = {"dsl": "internet_dsl", "fibre": "internet_fibre"}
LAST_JOINING_DAY = 8  # who joined last month joined early in it: a whole row of calls must fit
GOLD_TENURE, GOLD_MINOR, SILVER_TENURE = 48, 9500, 24
DETAIL_MONTHS, PLAIN_MONTHS = 6, 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What one load builds: everything that, with the number of a customer, decides every row."""

    subscribers: int
    detail: int
    seed: int
    now: datetime
    zone: ZoneInfo
    currency: str
    offerings: Mapping[str, OfferingView]
    prices: Prices
    rates: Mapping[str, tuple[int, int]]  # part: price in thousandths of a minor unit, unit size

    today: date = field(init=False)  # the day of the load, where the operator is
    month: date = field(init=False)  # the first day of the running month

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", local_date(self.now, self.zone))
        object.__setattr__(self, "month", month_start(self.today))


@dataclass(frozen=True, slots=True)
class Person:
    """A party."""

    id: int
    name: str
    kind: str = "individual"
    gender: str | None = None
    birth_date: date | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """A product with the price it was sold at."""

    id: int
    offering: OfferingView
    price_minor: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line, who uses it and what it has."""

    id: int
    kind: str
    number: str
    region: str
    device: str | None
    user: Person
    products: tuple[Sold, ...]

    def allowance(self, kind: str) -> int:
        """Give what the line's products include a month, in seconds, kB or messages."""
        return sum(product.offering.allowances.get(kind, 0) for product in self.products)


@dataclass(frozen=True, slots=True)
class Made:
    """A customer, complete. `calls` pairs rows of calls with the mobile lines (by place) they are spread over."""

    index: int
    id: int
    kind: str
    owner: Person
    roles: tuple[tuple[Person, str], ...]
    payment_method: str
    paperless: bool
    tier: str
    since: date
    left_on: date | None
    months: int  # how many months were billed, at most
    term: str
    area: Area
    address: str
    lines: tuple[Line, ...]
    calls: tuple[tuple[CallRow, tuple[int, ...]], ...]
    support_calls: int
    detail: bool
    owes_last_bill: bool | None = None
    parties: tuple[Person, ...] = field(default=())


def customer_id(index: int, seed: int) -> int:
    """Give the id of customer `index`: they lie close together, so that a batch is a range."""
    return ((1 + seed % 1000) * 86_400_000 + index) << ID_BITS


def rows_of(index: int, order: Sequence[int]) -> tuple[ServiceRow, CallRow]:
    """Give the two rows customer `index` is made from. A second round through the first file meets other rows of the second."""
    services, calls = service_rows(), call_rows()
    row = order[index % len(services)]
    return services[row], calls[(row + index // len(services) * len(services)) % len(calls)]


def make_customer(plan: Plan, index: int, services: ServiceRow, calls: CallRow) -> Made:
    """Make customer `index`. The same plan and index give the same customer, whoever else is made."""
    draw = random.Random(plan.seed << 32 | index)
    base = customer_id(index, plan.seed)
    owner = _owner(plan, base, services, draw)
    number, city = number_of(index, 0)
    area, address = address_in(city, draw)
    region = segments().names[city]
    since, left_on = _since(plan, services, draw)
    main = _main_products(plan, base, services)
    first = Line(
        base | SLOT_LINE,
        "mobile" if services.phone else "broadband",
        number,
        region,
        _device(draw) if services.phone else None,
        owner,
        main,
    )
    lines, roles = [first], [(owner, "owner")]
    if services.multiple_lines:
        user = _second_person(plan, base, owner, services, draw)
        product = Sold(base | SLOT_PRODUCT + 32, plan.offerings[EXTRA_LINE], plan.offerings[EXTRA_LINE].monthly_price_minor)
        lines.append(Line(base | SLOT_LINE + 1, "mobile", number_of(index, 1)[0], region, _device(draw), user, (product,)))
        if user is not owner:
            roles.append((user, "member"))
    return Made(
        index=index, id=base, kind="individual", owner=owner, roles=tuple(roles), payment_method=services.payment_method,
        paperless=services.paperless, tier=_tier(services), since=since, left_on=left_on, months=services.tenure,
        term=services.term, area=area, address=address, lines=tuple(lines),
        calls=((calls, tuple(range(len(lines)))),) if services.phone else (), support_calls=calls.support_calls,
        detail=index < plan.detail, parties=tuple(person for person, _ in roles),
    )  # fmt: skip


def _owner(plan: Plan, base: int, services: ServiceRow, draw: random.Random) -> Person:
    gender = "female" if services.female else "male"
    name, foreign = draw_name(draw, gender)
    years = draw.randint(65, 88) if services.senior else draw.randint(19, 64)
    return Person(base | SLOT_PARTY, name, gender=gender, birth_date=_born(plan, years, draw), language="en" if foreign else None)


def _second_person(plan: Plan, base: int, owner: Person, services: ServiceRow, draw: random.Random) -> Person:
    """The partner, else a child, uses the second line; who lives alone has two numbers."""
    if not services.partner and not services.dependents:
        return owner
    assert owner.gender is not None
    assert owner.birth_date is not None
    age = plan.today.year - owner.birth_date.year
    if services.partner:
        gender = "male" if owner.gender == "female" else "female"
        name, foreign = draw_name(draw, gender)
        return Person(
            base | SLOT_PARTY + 1,
            name,
            gender=gender,
            birth_date=_born(plan, max(age + draw.randint(-5, 5), 20), draw),
            language="en" if foreign else None,
        )
    gender = draw.choice(("male", "female"))
    surname = owner.name.rsplit(" ", 1)[1] if " " in owner.name else owner.name[: 2 if len(owner.name) > 3 else 1]
    name = f"{draw_name(draw, gender)[0]} {surname}" if " " in owner.name else surname + draw_given(draw, gender)
    years = draw.randint(8, 16) if age < 40 else draw.randint(12, age - 22)
    return Person(base | SLOT_PARTY + 1, name, gender=gender, birth_date=_born(plan, years, draw))


def _born(plan: Plan, years: int, draw: random.Random) -> date:
    """Give a birthday of somebody who is `years` old today."""
    return plan.today - timedelta(days=years * 365 + years // 4 + 1 + draw.randint(0, 360))


def _since(plan: Plan, services: ServiceRow, draw: random.Random) -> tuple[date, date | None]:
    """Give (since, left on): so many whole months ago as the row's tenure; who left did so when last month ended."""
    if services.churned:
        return month_start(plan.today, services.tenure), plan.month
    last = min(plan.today.day, LAST_JOINING_DAY if services.tenure == 1 else 28)
    return month_start(plan.today, services.tenure) + timedelta(days=draw.randint(1, last) - 1), None


def _main_products(plan: Plan, base: int, services: ServiceRow) -> tuple[Sold, ...]:
    """Price the row's products: all at list price but the main one, which takes the rest of the row's monthly charge."""
    codes = [PLAN] if services.phone else []
    if services.internet:
        codes.append(INTERNET[services.internet])
    codes += services.add_ons
    offerings = [plan.offerings[code] for code in codes]
    others = sum(offering.monthly_price_minor for offering in offerings[1:])
    if services.multiple_lines:
        others += plan.offerings[EXTRA_LINE].monthly_price_minor
    prices = [services.monthly_minor - others, *(offering.monthly_price_minor for offering in offerings[1:])]
    return tuple(
        Sold(base | SLOT_PRODUCT + place, offering, price) for place, (offering, price) in enumerate(zip(offerings, prices, strict=True))
    )


def _device(draw: random.Random) -> str:
    return draw.choice(handsets())


def _tier(services: ServiceRow) -> str:
    if services.tenure >= GOLD_TENURE and services.monthly_minor >= GOLD_MINOR:
        return "gold"
    return "silver" if services.tenure >= SILVER_TENURE else "standard"
