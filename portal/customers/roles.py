"""Who acts for whom: the customers a person may look at, and how much of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Id
from portal.base.errors import NotFound
from portal.customers.models import Customer, CustomerRole, Party, PartyLink, Subscription
from portal.customers.rights import RANK, rights_of
from portal.customers.viewer import Viewer

SEES_ALL = ("owner", "administrator")


@dataclass(frozen=True, slots=True)
class ActingFor:
    """A customer a person acts for. `lines`: the subscriptions in sight, None for all; `rights`: the names of RIGHTS.

    `party_id`: who the role is of: the person, or another login of theirs that is linked. `until`: when it ends by itself.
    """

    customer_id: int
    customer_name: str
    role: str
    lines: frozenset[int] | None
    rights: frozenset[str]
    party_id: int
    until: datetime | None = None


_myself: sa.BindParameter[int] = sa.bindparam("party_id", type_=Id)
_now: sa.BindParameter[Any] = sa.bindparam("now")
_who = (
    sa.select(_myself.label("party_id"))
    .union_all(
        sa.select(PartyLink.other_party_id).where(
            PartyLink.party_id == _myself,
            PartyLink.valid_from <= _now,
            sa.or_(PartyLink.valid_to.is_(None), PartyLink.valid_to > _now),
        )
    )
    .subquery("who")
)
_roles = (
    sa.select(
        CustomerRole.customer_id, CustomerRole.role, CustomerRole.rights, Party.name, Subscription.id, CustomerRole.party_id,
        CustomerRole.valid_to,
    )
    .select_from(_who)
    .join(CustomerRole, CustomerRole.party_id == _who.c.party_id)
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
        CustomerRole.valid_from <= _now,
        sa.or_(CustomerRole.valid_to.is_(None), CustomerRole.valid_to > _now),
        # What a company lets one of its people do is that login's alone, however it came to be linked before.
        sa.or_(CustomerRole.party_id == _myself, Customer.kind == "individual"),
    )
)  # fmt: skip
_roles_at = _roles.where(CustomerRole.customer_id == sa.bindparam("customer_id"))


def list_acting(session: Session, party_id: int, *, now: datetime) -> Sequence[ActingFor]:
    """Give every customer a person acts for at `now`, by linked logins too: own ones first, then by name. One statement."""
    return _acting(session.connection().execute(_roles, {"party_id": party_id, "now": now}).all(), party_id)


def get_viewer(session: Session, party_id: int, customer_id: int, *, now: datetime) -> Viewer:
    """Give what a person sees of a customer; NotFound where the person has no role there at `now`. One statement.

    Owners and administrators see everything; others what their rights name, and the lines they use.
    """
    key = {"party_id": party_id, "customer_id": customer_id, "now": now}
    acting = _acting(session.connection().execute(_roles_at, key).all(), party_id)
    if not acting:
        raise NotFound
    return Viewer("subscriber", f"party:{party_id}", customer_id, lines=acting[0].lines, rights=acting[0].rights, full=True)


def _acting(rows: Sequence[sa.Row[*tuple[Any, ...]]], myself: int) -> list[ActingFor]:
    """Fold a row for each role and line into one entry a customer: the strongest role, the rights and lines of all of them."""
    grouped: dict[int, list[sa.Row[*tuple[Any, ...]]]] = {}
    for row in sorted(rows, key=lambda row: (RANK[row.role], row.party_id != myself)):
        grouped.setdefault(row.customer_id, []).append(row)
    found = []
    for customer_id, own in grouped.items():
        first = own[0]
        rights = frozenset[str]().union(*(rights_of(row.role, row.rights) for row in own))
        lines = None if "lines" in rights else frozenset(row.id for row in own if row.id is not None)
        found.append(ActingFor(customer_id, first.name, first.role, lines, rights, first.party_id, first.valid_to))
    return sorted(found, key=lambda each: (RANK[each.role], each.party_id != myself, each.customer_name, each.customer_id))
