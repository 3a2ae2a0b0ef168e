"""Changes to a customer that others look it up by: name, numbers, ended lines, language."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import N_, Invalid, NotFound
from portal.base.i18n import LANGUAGES
from portal.customers.creation import checked_name
from portal.customers.entry import ENDED, kept_findable
from portal.customers.models import Customer, Party, Product, Subscription
from portal.customers.numbers import Holder, free_number, get_holder_of_line, take_number


def rename_customer(session: Session, customer_id: int, name: str) -> None:
    """Give a customer's party another name; it is found by the new one only. Raises NotFound, or Invalid for the name."""
    name = checked_name(name)
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound
    with kept_findable(session, customer_id):
        session.get_one(Party, customer.party_id).name = name


def change_number(session: Session, customer_id: int, subscription_id: int, number: str, *, now: datetime) -> None:
    """Give a line another number (as `parse_number` gives it); the old one is free from `now` on.

    Raises NotFound for a line that is not the customer's or has ended, NumberInUse for a number somebody holds.
    """
    holder = get_holder_of_line(session, customer_id, subscription_id)
    with kept_findable(session, customer_id):
        take_number(session, Holder(number, customer_id, subscription_id, holder.party_id), now=now)
        free_number(session, holder, now=now)
        session.get_one(Subscription, (customer_id, subscription_id)).number = number


def end_line(session: Session, customer_id: int, subscription_id: int, *, now: datetime) -> None:
    """End a line and its products; its number is free from `now` on. NotFound for a line that is not there or has ended."""
    holder = get_holder_of_line(session, customer_id, subscription_id)
    with kept_findable(session, customer_id):
        free_number(session, holder, now=now)
        line = session.get_one(Subscription, (customer_id, subscription_id))
        line.status, line.terminated_on = ENDED, today(now)
        session.execute(
            sa.update(Product)
            .where(Product.customer_id == customer_id, Product.subscription_id == subscription_id, Product.status == "active")
            .values(status=ENDED, ended_on=today(now))
        )


def set_language(session: Session, party_id: int, language: str) -> None:
    """Set the language a person is written to in. Raises Invalid for one we do not have, NotFound for a party there is not."""
    if language not in LANGUAGES:
        raise Invalid({"language": N_("Choose one of the languages offered.")})
    found = session.execute(sa.update(Party).where(Party.id == party_id).values(language=language).returning(Party.id)).first()
    if found is None:
        raise NotFound
