"""The rows of one customer, table by table, in the form the database takes as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from portal.base.clock import day_start
from portal.customers import search_keys_of, search_text_of
from portal.demo.people import SLOT_PARTY, Line, Made, Person

Row = tuple[object, ...]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "party": ("id", "kind", "name", "gender", "birth_date", "language", "created_at"),
    "customer": ("customer_id", "party_id", "kind", "status", "tier", "since", "left_on", "search_text", "created_at"),
    "customer_role": ("customer_id", "party_id", "role", "valid_from", "valid_to"),
    "account": ("customer_id", "id", "currency", "payment_method", "paperless"),
    "subscription": (
        "customer_id", "id", "account_id", "party_id", "kind", "number", "status", "activated_on", "terminated_on", "device", "region",
    ),
    "number_holding": ("number", "valid_from", "valid_to", "customer_id", "subscription_id", "party_id"),
    "product": (
        "customer_id", "id", "subscription_id", "offering_code", "kind", "name", "monthly_price_minor", "status", "started_on", "ended_on",
    ),
    "agreement": ("customer_id", "id", "term", "starts_on", "ends_on"),
    "address": ("customer_id", "id", "kind", "area_code", "province", "city", "area", "line"),
    "search_key": ("kind", "key", "customer_id"),
    "bucket": ("customer_id", "subscription_id", "kind", "cycle_start", "cycle_end", "allowance", "used"),
    "usage_total": ("customer_id", "subscription_id", "cycle_start", "part", "count", "quantity", "tariff_minor", "charge_minor"),
    "bill": (
        "customer_id", "id", "account_id", "cycle_start", "cycle_end", "issued_on", "due_on", "currency", "total_minor", "paid_minor",
    ),
    "bill_item": (
        "customer_id", "bill_id", "position", "kind", "subscription_id", "name", "count", "quantity", "part", "amount_minor",
    ),
    "interaction": ("customer_id", "id", "at", "channel", "kind", "subscription_id", "params"),
    "usage_record": (
        "customer_id", "subscription_id", "id", "at", "part", "other_party", "quantity", "tariff_minor", "charge_minor",
    ),
}  # fmt: skip
"""Every table a load writes in bulk, parents first, with the columns in the order of its rows."""

Rows = dict[str, list[Row]]


class Forms:
    """How moments are written for one engine: SQLite keeps them as text in UTC, PostgreSQL is told the zone."""

    def __init__(self, *, sqlite: bool, zone: ZoneInfo) -> None:
        self.zone = zone
        self.ending = ".000000" if sqlite else "+00"

    def moment(self, moment: datetime) -> str:
        """Write a moment in UTC, without fractions of a second."""
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") + self.ending

    def start_of(self, day: date) -> str:
        """Write the moment a day begins where the operator does business."""
        return self.moment(day_start(day, self.zone))


def new_rows() -> Rows:
    """Give an empty list for every table."""
    return {name: [] for name in COLUMNS}


_documents: dict[int, tuple[object, str]] = {}


def document(value: Mapping[str, object]) -> str:
    """Write a small document."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cached_document(value: Mapping[str, object]) -> str:
    """Write a document that is met again and again (the names of offerings), once."""
    found = _documents.get(id(value))
    if found is None or found[0] is not value:
        found = _documents[id(value)] = (value, document(dict(value)))
    return found[1]


def add_customer(rows: Rows, made: Made, currency: str, forms: Forms) -> None:
    """Add everything about who a customer is and what they have."""
    start = forms.start_of(made.since)
    end = forms.start_of(made.left_on) if made.left_on else None
    account = made.id | SLOT_PARTY
    for person in made.parties:
        rows["party"].append(_party(person, start))
    names = [made.owner.name]
    if made.kind == "individual" and made.left_on is None:
        names += [line.user.name for line in made.lines if line.user.name != made.owner.name]
    status = "left" if made.left_on else "active"
    rows["customer"].append(
        (
            made.id,
            made.owner.id,
            made.kind,
            status,
            made.tier,
            _day(made.since),
            _day(made.left_on),
            search_text_of(dict.fromkeys(names)),
            start,
        )
    )
    rows["customer_role"] += [(made.id, person.id, role, start, None) for person, role in made.roles]
    rows["account"].append((made.id, account, currency, made.payment_method, made.paperless))
    for line in made.lines:
        _add_line(rows, made, line, account, start, end)
    rows["agreement"].append((made.id, account, made.term, *_term(made)))
    area = made.area
    kind = "home" if made.kind == "individual" else "office"
    rows["address"].append((made.id, account, kind, area.code, area.province, area.city, area.name, made.address))
    numbers = [] if made.left_on else [line.number for line in made.lines]
    keys = set().union(*(search_keys_of(name, numbers) for name in dict.fromkeys(names)))
    rows["search_key"] += [(kind, key, made.id) for kind, key in keys]


def _add_line(rows: Rows, made: Made, line: Line, account: int, start: str, end: str | None) -> None:
    since, left_on = _day(made.since), _day(made.left_on)
    status = "terminated" if made.left_on else "active"
    rows["subscription"].append(
        (made.id, line.id, account, line.user.id, line.kind, line.number, status, since, left_on, line.device, line.region)
    )
    rows["number_holding"].append((line.number, start, end, made.id, line.id, line.user.id))
    for sold in line.products:
        offering = sold.offering
        name = cached_document(offering.name)
        rows["product"].append((made.id, sold.id, line.id, offering.code, offering.kind, name, sold.price_minor, status, since, left_on))


def _party(person: Person, start: str) -> Row:
    return person.id, person.kind, person.name, person.gender, _day(person.birth_date), person.language, start


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _term(made: Made) -> tuple[str, str | None]:
    """Give (starts on, ends on) of the agreement that runs now: it is renewed for as long again each time it ends."""
    if made.term == "monthly":
        return made.since.isoformat(), _day(made.left_on)
    years = 1 if made.term == "one_year" else 2
    full_years = made.months // 12 // years * years
    starts = made.since.replace(year=made.since.year + full_years)
    return starts.isoformat(), _day(made.left_on or starts.replace(year=starts.year + years))
