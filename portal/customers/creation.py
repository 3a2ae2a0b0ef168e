"""Making customers: a person or an enterprise with account, lines, products, roles, holdings and search keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import N_, Invalid
from portal.base.i18n import LocalText
from portal.base.ids import new_id
from portal.customers.entry import write_keys
from portal.customers.keys import search_keys_of, search_text_of
from portal.customers.models import Account, Address, Agreement, Customer, CustomerRole, Party, Product, Subscription
from portal.customers.numbers import Holder, take_number
from portal.customers.profile import after_months

LONGEST_NAME = 100
TERM_MONTHS = {"one_year": 12, "two_years": 24}


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be known. `language` is zh, en or None for whatever the browser says."""

    name: str
    gender: str | None = None
    birth_date: date | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What a line comes with, named and priced as it is sold today."""

    offering_code: str
    kind: str
    name: LocalText
    monthly_price_minor: int
    started_on: date


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to be opened. `number` as `parse_number` gives it; `activated_on` None: since the customer is one."""

    number: str
    kind: str = "mobile"
    products: tuple[NewProduct, ...] = ()
    device: str | None = None
    region: str | None = None
    activated_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewAddress:
    """Where a customer is; `area_code` is the county's in GB/T 2260."""

    area_code: str
    province: str
    city: str
    area: str
    line: str
    kind: str = "home"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A person who becomes a customer, with lines and one account. `since` None: from today on."""

    name: str
    lines: tuple[NewLine, ...] = ()
    gender: str | None = None
    birth_date: date | None = None
    language: str | None = None
    tier: str = "standard"
    since: date | None = None
    currency: str = "CNY"
    payment_method: str = "bank_transfer"
    paperless: bool = True
    term: str = "monthly"
    address: NewAddress | None = None


@dataclass(frozen=True, slots=True)
class CreatedCustomer:
    """The ids of what was made. `party_ids`: the people who may act for it; `subscription_ids` in the order of the lines."""

    customer_id: int
    party_id: int
    party_ids: tuple[int, ...]
    account_id: int
    subscription_ids: tuple[int, ...]


def create_customer(session: Session, new: NewCustomer, *, now: datetime) -> CreatedCustomer:
    """Make a person a customer, the owner of everything in `new`.

    Raises Invalid for a name that is empty or over 100 characters, NumberInUse for a number somebody holds.
    """
    since = new.since or today(now)
    person = NewPerson(new.name, new.gender, new.birth_date, new.language)
    party_id = add_party(session, person, now=now)
    customer_id, account_id = _add_customer(session, party_id, new, "individual", since, now=now)
    session.add(CustomerRole(customer_id=customer_id, party_id=party_id, role="owner", valid_from=now, valid_to=None))
    if new.address is not None:
        session.add(new_address(customer_id, new.address, now=now))
    session.flush()
    lines = tuple(sorted(new_id(now) for _ in new.lines))  # so that lines opened together keep their order
    for subscription_id, line in zip(lines, new.lines, strict=True):
        add_line(session, Holder(line.number, customer_id, subscription_id, party_id), account_id, line, since, now=now)
    write_keys(session, customer_id, search_keys_of(new.name, [line.number for line in new.lines]))
    return CreatedCustomer(customer_id, party_id, (party_id,), account_id, lines)


def create_enterprise(session: Session, name: str, admin_name: str, admin_number: str, *, now: datetime) -> CreatedCustomer:
    """Make an enterprise a customer, with one line that its administrator uses and signs in by.

    Raises Invalid for a name that cannot be used, NumberInUse for a number somebody holds.
    """
    since = today(now)
    organisation_id = add_party(session, NewPerson(name), kind="organisation", now=now)
    customer_id, account_id = _add_customer(session, organisation_id, NewCustomer(name), "organisation", since, now=now)
    admin_id = add_party(session, NewPerson(admin_name), now=now)
    session.add(CustomerRole(customer_id=customer_id, party_id=admin_id, role="administrator", valid_from=now, valid_to=None))
    session.flush()
    line_id = new_id(now)
    holder = Holder(admin_number, customer_id, line_id, admin_id)
    add_line(session, holder, account_id, NewLine(admin_number), since, now=now)
    write_keys(session, customer_id, search_keys_of(name, [admin_number]))
    return CreatedCustomer(customer_id, organisation_id, (admin_id,), account_id, (line_id,))


def add_party(session: Session, person: NewPerson, *, kind: str = "individual", now: datetime) -> int:
    """Make a party and give its id; Invalid for a name that cannot be used."""
    party = Party(
        id=new_id(now),
        kind=kind,
        name=checked_name(person.name),
        gender=person.gender,
        birth_date=person.birth_date,
        language=person.language,
        created_at=now,
    )
    session.add(party)
    session.flush()
    return party.id


def checked_name(name: str) -> str:
    """Give a name without space around it; Invalid when nothing is left, or more than 100 characters, or control characters."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid({"name": N_("Enter a name of 1 to 100 characters.")})
    return name


def term_end(term: str, starts_on: date) -> date | None:
    """Give the day an agreement of `term` ends that starts on this one; None for one that goes on by the month."""
    return after_months(starts_on, TERM_MONTHS[term]) if term in TERM_MONTHS else None


def _add_customer(session: Session, party_id: int, new: NewCustomer, kind: str, since: date, *, now: datetime) -> tuple[int, int]:
    customer_id = new_id(now)
    customer = Customer(
        customer_id=customer_id,
        party_id=party_id,
        kind=kind,
        status="active",
        tier=new.tier,
        since=since,
        left_on=None,
        search_text=search_text_of([new.name]),
        created_at=now,
    )
    session.add(customer)
    session.flush()
    account = Account(
        customer_id=customer_id,
        id=new_id(now),
        currency=new.currency,
        payment_method=new.payment_method,
        paperless=new.paperless,
    )
    ends_on = term_end(new.term, since)
    session.add_all([account, Agreement(customer_id=customer_id, id=new_id(now), term=new.term, starts_on=since, ends_on=ends_on)])
    session.flush()
    return customer_id, account.id


def add_line(session: Session, holder: Holder, account_id: int, line: NewLine, since: date, *, now: datetime) -> None:
    """Open a line for its holder. The caller sees to the search keys."""
    session.add(
        Subscription(
            customer_id=holder.customer_id,
            id=holder.subscription_id,
            account_id=account_id,
            party_id=holder.party_id,
            kind=line.kind,
            number=line.number,
            status="active",
            activated_on=line.activated_on or since,
            terminated_on=None,
            device=line.device,
            region=line.region,
        )
    )
    session.flush()
    take_number(session, holder, now=now)
    ids = sorted(new_id(now) for _ in line.products)
    session.add_all([new_product(holder, product_id, product) for product_id, product in zip(ids, line.products, strict=True)])
    session.flush()


def new_address(customer_id: int, new: NewAddress, *, now: datetime) -> Address:
    """Give the row of an address of a customer."""
    return Address(
        customer_id=customer_id,
        id=new_id(now),
        kind=new.kind,
        area_code=new.area_code,
        province=new.province,
        city=new.city,
        area=new.area,
        line=new.line,
    )


def new_product(holder: Holder, product_id: int, new: NewProduct) -> Product:
    """Give the row of a product of the holder's line."""
    return Product(
        customer_id=holder.customer_id,
        id=product_id,
        subscription_id=holder.subscription_id,
        offering_code=new.offering_code,
        kind=new.kind,
        name=new.name,
        monthly_price_minor=new.monthly_price_minor,
        status="active",
        started_on=new.started_on,
        ended_on=None,
    )
