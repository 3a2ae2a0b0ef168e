"""Enterprises by name, for those who look after what they are let in to: their sites, providers and directories."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.customers.models import Customer, Party
from portal.customers.search import search_customers

ORGANISATION = "organisation"

_customer = Customer.metadata.tables["customer"]
_party = Party.metadata.tables["party"]
_by_ids = (
    sa.select(_customer.c.customer_id, _party.c.name)
    .join_from(_customer, _party, _party.c.id == _customer.c.party_id)
    .where(
        _customer.c.customer_id.in_(sa.bindparam("ids", expanding=True)), _customer.c.kind == ORGANISATION, _customer.c.status == "active"
    )
    .order_by(_party.c.name, _customer.c.customer_id)
)


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A customer that is an organisation. Its name is no personal data: it is not masked."""

    customer_id: int
    name: str


def find_enterprise(session: Session, customer_id: int) -> Enterprise | None:
    """Give the enterprise of this id; None for a person, or one that has left."""
    return next(iter(list_enterprises(session, {customer_id})), None)


def list_enterprises(session: Session, customer_ids: Collection[int]) -> Sequence[Enterprise]:
    """Give those of these customers that are enterprises, by name."""
    if not customer_ids:
        return []
    rows = session.connection().execute(_by_ids, {"ids": sorted(customer_ids)})
    return [Enterprise(row.customer_id, row.name) for row in rows]


def search_enterprises(session: Session, text: str) -> Sequence[Enterprise]:
    """Give the enterprises among what a search finds (`search_customers`), by name."""
    hits = search_customers(session, text).hits
    return list_enterprises(session, {hit.customer_id for hit in hits if hit.kind == ORGANISATION})
