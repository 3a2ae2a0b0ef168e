"""Who acts for whom: the customers a person may look at, and how much of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refused
from portal.customers.creation import NewPerson, add_party
from portal.customers.entry import ENDED, kept_findable
from portal.customers.models import Customer, CustomerRole, Party, Subscription
from portal.customers.numbers import Holder, free_number, get_holder_of_line, take_number
from portal.customers.viewer import Viewer

SEES_ALL = ("owner", "administrator")
_RANK = {"owner": 0, "administrator": 1, "member": 2, "employee": 3}


@dataclass(frozen=True, slots=True)
class ActingFor:
    """A customer a person acts for. `lines`: the subscriptions in sight, None for all."""

    customer_id: int
    customer_name: str
    role: str
    lines: frozenset[int] | None


_roles = (
    sa.select(CustomerRole.customer_id, CustomerRole.role, Party.name, Subscription.id)
    .join(Customer, Customer.customer_id == CustomerRole.customer_id)
    .join(Party, Party.id == Customer.party_id)
    .outerjoin(
        Subscription,
        sa.and_(
            CustomerRole.role.not_in(SEES_ALL),
            Subscription.customer_id == CustomerRole.customer_id,
            Subscription.party_id == CustomerRole.party_id,
        ),
    )
    .where(
        CustomerRole.party_id == sa.bindparam("party_id"),
        CustomerRole.valid_from <= sa.bindparam("now"),
        sa.or_(CustomerRole.valid_to.is_(None), CustomerRole.valid_to > sa.bindparam("now")),
    )
)
_roles_at = _roles.where(CustomerRole.customer_id == sa.bindparam("customer_id"))


def list_acting(session: Session, party_id: int, *, now: datetime) -> Sequence[ActingFor]:
    """Give every customer a person acts for at `now`: own ones first, then by name. One statement."""
    return _acting(session.connection().execute(_roles, {"party_id": party_id, "now": now}).all())


def get_viewer(session: Session, party_id: int, customer_id: int, *, now: datetime) -> Viewer:
    """Give what a person sees of a customer; NotFound where the person has no role there at `now`. One statement.

    Owners and administrators see everything; members and employees the lines they use, and no money.
    """
    acting = _acting(session.connection().execute(_roles_at, {"party_id": party_id, "customer_id": customer_id, "now": now}).all())
    if not acting:
        raise NotFound
    lines = acting[0].lines
    return Viewer("subscriber", f"party:{party_id}", customer_id, lines=lines, money=lines is None, full=True)


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
    if not any(role.valid_to is None for role in roles):
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


def _acting(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> list[ActingFor]:
    """Fold (customer, role, name, line or None) into one entry a customer, under the strongest role."""
    found: dict[int, ActingFor] = {}
    for customer_id, role, name, line in rows:
        lines = None if role in SEES_ALL else frozenset(() if line is None else (line,))
        known = found.get(customer_id)
        if known is None:
            found[customer_id] = ActingFor(customer_id, name, role, lines)
            continue
        strongest = min(known.role, role, key=_RANK.__getitem__)
        seen = None if known.lines is None or lines is None else known.lines | lines
        found[customer_id] = ActingFor(customer_id, name, strongest, seen)
    return sorted(found.values(), key=lambda each: (_RANK[each.role], each.customer_name, each.customer_id))
