"""Making many customers at once: the rows `create_customer` would make for each, written table by table at bulk speed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from portal.base.bulk import BulkTransaction
from portal.base.clock import today
from portal.base.i18n import LocalText
from portal.base.ids import new_id
from portal.customers.creation import CreatedCustomer, NewCustomer, NewLine, checked_name, term_end
from portal.customers.keys import search_rows_of
from portal.customers.models import (
    Account,
    Address,
    Agreement,
    Customer,
    CustomerRole,
    NumberHolding,
    Party,
    Product,
    SearchKey,
    Subscription,
)

IDS_OF_ONE = 64
"""So many ids are kept for each customer and what belongs to it: lines and products together must be fewer."""
_PARTY, _ACCOUNT, _AGREEMENT, _ADDRESS, _FIRST_LINE = 1, 2, 3, 4, 5

_TABLES = tuple(
    (model.__table__, tuple(names.split()))
    for model, names in (
        (Party, "id kind name gender birth_date language created_at"),
        (Customer, "customer_id party_id kind status tier since left_on search_text created_at"),
        (CustomerRole, "customer_id party_id role valid_from valid_to"),
        (Account, "customer_id id currency payment_method paperless"),
        (Subscription, "customer_id id account_id party_id kind number status activated_on terminated_on device region"),
        (NumberHolding, "number valid_from valid_to customer_id subscription_id party_id"),
        (Product, "customer_id id subscription_id offering_code kind name monthly_price_minor status started_on ended_on"),
        (Agreement, "customer_id id term starts_on ends_on"),
        (Address, "customer_id id kind area_code province city area line"),
        (SearchKey, "kind key customer_id"),
    )
)
"""Every table that has a row of a new customer, parents first."""

Rows = list[tuple[Any, ...]]


class CustomersInBulk:
    """Adds customers, some thousand at a time, in the transaction of `session`; all become customers at `now`."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self._bulk = BulkTransaction(session)
        self._day = self._bulk.day
        self._now, self._today = self._bulk.moment(now), today(now)
        self._next = new_id(now)
        self._names: dict[int, tuple[LocalText, str]] = {}

    def add(self, customers: Iterable[NewCustomer]) -> Sequence[CreatedCustomer]:
        """Make each of `customers` one, as `create_customer` does, and give their ids in the same order.

        Raises Invalid for a name that cannot be used and sqlalchemy.exc.IntegrityError for a number somebody holds; the
        transaction can only end then.
        """
        rows: list[Rows] = [[] for _ in _TABLES]
        made = [self._add(rows, new) for new in customers]
        rows[-1] = _in_order(rows[-1])
        for (table, columns), of_table in zip(_TABLES, rows, strict=True):
            if of_table:
                self._bulk.write(table, columns, of_table)
        return made

    def _add(self, rows: list[Rows], new: NewCustomer) -> CreatedCustomer:
        first, now, day = self._next, self._now, self._day
        self._next += IDS_OF_ONE
        party_id, account_id = first + _PARTY, first + _ACCOUNT
        parties, customers, roles, accounts, _, _, _, agreements, addresses, keys = rows
        name, since = checked_name(new.name), new.since or self._today
        found, text = search_rows_of(first, name, [line.number for line in new.lines])
        parties.append((party_id, "individual", name, new.gender, day(new.birth_date), new.language, now))
        customers.append((first, party_id, "individual", "active", new.tier, day(since), None, text, now))
        roles.append((first, party_id, "owner", now, None))
        accounts.append((first, account_id, new.currency, new.payment_method, new.paperless))
        lines = self._add_lines(rows, new.lines, first, since)
        agreements.append((first, first + _AGREEMENT, new.term, day(since), day(term_end(new.term, since))))
        if (at := new.address) is not None:
            addresses.append((first, first + _ADDRESS, at.kind, at.area_code, at.province, at.city, at.area, at.line))
        keys += found
        return CreatedCustomer(first, party_id, (party_id,), account_id, lines)

    def _add_lines(self, rows: list[Rows], lines: Sequence[NewLine], customer_id: int, since: date) -> tuple[int, ...]:
        day, party_id, taken = self._day, customer_id + _PARTY, customer_id + _FIRST_LINE
        ids = tuple(range(taken, taken + len(lines)))
        product_id = taken + len(lines)
        for line_id, line in zip(ids, lines, strict=True):
            opened = day(line.activated_on or since)
            rows[4].append(
                (
                    *(customer_id, line_id, customer_id + _ACCOUNT, party_id, line.kind, line.number),
                    *("active", opened, None, line.device, line.region),
                )
            )
            rows[5].append((line.number, self._now, None, customer_id, line_id, party_id))
            for product in line.products:
                name = self._written(product.name)
                price, started = product.monthly_price_minor, day(product.started_on)
                rows[6].append(
                    (customer_id, product_id, line_id, product.offering_code, product.kind, name, price, "active", started, None)
                )
                product_id += 1
        assert product_id <= customer_id + IDS_OF_ONE, "more lines and products than ids are kept for one customer"
        return ids

    def _written(self, name: LocalText) -> str:
        """Write the name of an offering, which is met again and again, once."""
        kept = self._names.get(id(name))
        if kept is None or kept[0] is not name:
            kept = self._names[id(name)] = (name, self._bulk.document(name))
        return kept[1]


def _in_order(keys: Rows) -> Rows:
    """Put search keys in the order their table is kept in: neighbours are cheap to insert. They come in that of customers."""
    kinds: dict[str, Rows] = {}
    for row in keys:
        kinds.setdefault(row[0], []).append(row)
    for of_kind in kinds.values():
        of_kind.sort(key=_KEY)
    return [row for _, of_kind in sorted(kinds.items()) for row in of_kind]


_KEY = itemgetter(1)
