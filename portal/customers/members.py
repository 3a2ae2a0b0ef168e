"""Who uses a customer's lines besides the customer: members, let in and removed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refused
from portal.customers.creation import NewPerson, add_party
from portal.customers.entry import ENDED, kept_findable
from portal.customers.models import Customer, CustomerRole, Party, Subscription
from portal.customers.numbers import Holder, free_number, get_holder_of_line, take_number

_USES_LINES = ("owner", "administrator", "member", "employee")
"""Roles that say by themselves that somebody belongs to the customer's lines; a payer or delegate becomes a member besides."""


def add_member(session: Session, customer_id: int, subscription_id: int, member: NewPerson | int, *, now: datetime) -> int:
    """Let a person (a new one, or the party of that id) use a line of a customer and sign in by it; give the party's id.

    Raises NotFound for a line that is not the customer's, has ended, or a party there is not; Refused for who uses it already.
    """
    holder = get_holder_of_line(session, customer_id, subscription_id)
    party_id = add_party(session, member, now=now) if isinstance(member, NewPerson) else member
    if session.get(Party, party_id) is None:
        raise NotFound
    if party_id == holder.party_id:
        raise Refused(code="uses_it_already")
    _pass_line(session, holder, party_id, now=now)
    roles = session.scalars(sa.select(CustomerRole).where(CustomerRole.customer_id == customer_id, CustomerRole.party_id == party_id)).all()
    if not any(role.valid_to is None and role.role in _USES_LINES for role in roles):
        former = next((role for role in roles if role.role == "member"), None)
        if former is None:
            session.add(CustomerRole(customer_id=customer_id, party_id=party_id, role="member", valid_from=now, valid_to=None))
        else:
            former.valid_from, former.valid_to = now, None
    session.flush()
    return party_id


def remove_member(session: Session, customer_id: int, party_id: int, *, now: datetime) -> None:
    """End a person's membership: the lines go back to the customer's own party. NotFound for who is no member."""
    customer = session.get(Customer, customer_id)
    role = session.get(CustomerRole, (customer_id, party_id, "member"))
    if customer is None or role is None or role.valid_to is not None:
        raise NotFound
    used = session.scalars(
        sa.select(Subscription.id).where(
            Subscription.customer_id == customer_id, Subscription.party_id == party_id, Subscription.status != ENDED
        )
    ).all()
    for subscription_id in used:
        _pass_line(session, get_holder_of_line(session, customer_id, subscription_id), customer.party_id, now=now)
    role.valid_to = now
    session.flush()


def _pass_line(session: Session, holder: Holder, party_id: int, *, now: datetime) -> None:
    """Give a line to another user from `now` on; a member who uses no line any more is none."""
    with kept_findable(session, holder.customer_id):
        free_number(session, holder, now=now)
        take_number(session, Holder(holder.number, holder.customer_id, holder.subscription_id, party_id), now=now)
        line = session.get_one(Subscription, (holder.customer_id, holder.subscription_id))
        line.party_id = party_id
    still = session.scalar(
        sa.select(sa.func.count())
        .select_from(Subscription)
        .where(Subscription.customer_id == holder.customer_id, Subscription.party_id == holder.party_id, Subscription.status != ENDED)
    )
    former = session.get(CustomerRole, (holder.customer_id, holder.party_id, "member"))
    if not still and former is not None and former.valid_to is None:
        former.valid_to = now
