"""Who acts for a customer besides its owner: given a role with rights, changed, ended; by itself at its last moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_, NotFound, Refused
from portal.customers.entry import ENDED
from portal.customers.members import remove_member
from portal.customers.models import CustomerRole, Party, Subscription
from portal.customers.rights import EVERYTHING, RANK, RIGHTS, rights_of

DELEGATED = ("administrator", "delegate", "payer")
"""Roles that are given and ended here; a member's goes with a line, an employee's with the employer's list."""

_role = CustomerRole.metadata.tables["customer_role"]
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_in_force = sa.and_(
    _role.c.customer_id == _customer,
    _role.c.valid_from <= sa.bindparam("now"),
    sa.or_(_role.c.valid_to.is_(None), _role.c.valid_to > sa.bindparam("now")),
)
_holders = (
    sa.select(_role.c.party_id, Party.name, _role.c.role, _role.c.rights, _role.c.valid_from, _role.c.valid_to, Subscription.number)
    .join_from(_role, Party, Party.id == _role.c.party_id)
    .outerjoin(
        Subscription,
        sa.and_(Subscription.customer_id == _role.c.customer_id, Subscription.party_id == _role.c.party_id, Subscription.status != ENDED),
    )
    .where(_in_force, Party.kind == "individual", _role.c.role != "employee")
    .order_by(_role.c.valid_from, _role.c.party_id, Subscription.id)
)
_heads = sa.select(_role.c.party_id).where(_in_force, _role.c.role.in_(("owner", "administrator"))).with_for_update()
_end = (
    sa.update(_role)
    .where(_in_force, _role.c.party_id == sa.bindparam("party"), _role.c.role == sa.bindparam("which"))
    .values(valid_to=sa.bindparam("now"))
)
_change = (
    sa.update(_role)
    .where(_in_force, _role.c.party_id == sa.bindparam("party"), _role.c.role == "delegate")
    .values(rights=sa.bindparam("new_rights", type_=_role.c.rights.type), valid_to=sa.bindparam("new_end", type_=_role.c.valid_to.type))
)


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """Somebody who acts for a customer: the role, its rights, since and until when (None: until it is ended), the lines they use."""

    party_id: int
    name: str
    role: str
    rights: frozenset[str]
    since: datetime
    until: datetime | None
    numbers: tuple[str, ...]


class LastOfThem(Refused):
    """Nobody would be left to act for the customer as a whole."""

    code = "last_of_them"
    sentence = N_("Nobody else would be left to look after all of it. Nothing was changed.")


def list_role_holders(session: Session, customer_id: int, *, now: datetime) -> Sequence[RoleHolder]:
    """Give the people who act for a customer at `now`, the strongest role first, one entry a role; without employees. One statement."""
    found: dict[tuple[int, str], RoleHolder] = {}
    for row in session.connection().execute(_holders, {"customer": customer_id, "now": now}):
        known = found.get((row.party_id, row.role))
        numbers = (*(known.numbers if known else ()), *((row.number,) if row.number else ()))
        rights = rights_of(row.role, row.rights)
        found[row.party_id, row.role] = RoleHolder(row.party_id, row.name, row.role, rights, row.valid_from, row.valid_to, numbers)
    return sorted(found.values(), key=lambda each: (RANK[each.role], each.since, each.party_id))


def give_role(
    session: Session, customer_id: int, party_id: int, role: str, rights: Collection[str] | None, *, until: datetime | None, now: datetime
) -> None:
    """Let a person act for a customer from `now` to `until` (None: until it is ended); a role they have already is replaced.

    `role`: one of DELEGATED; `rights`: a delegate's. Raises ValueError for others: that is our mistake.
    """
    if role not in DELEGATED:
        raise ValueError(f"no role that is given: {role}")
    row = {"customer_id": customer_id, "party_id": party_id, "role": role, "rights": _kept(role, rights), "valid_from": now}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(_role).values(**row, valid_to=until)
    session.connection().execute(
        new.on_conflict_do_update(
            index_elements=["customer_id", "party_id", "role"],
            set_={name: new.excluded[name] for name in ("rights", "valid_from", "valid_to")},
        )
    )


def change_rights(
    session: Session, customer_id: int, party_id: int, rights: Collection[str], *, until: datetime | None, now: datetime
) -> None:
    """Give a delegate other rights, and another end. Raises NotFound for who is no delegate of the customer at `now`."""
    values = {"customer": customer_id, "party": party_id, "new_rights": _kept("delegate", rights), "new_end": until, "now": now}
    if session.connection().execute(_change, values).rowcount == 0:
        raise NotFound


def end_role(session: Session, customer_id: int, party_id: int, role: str, *, now: datetime) -> None:
    """End somebody's role at `now`. A member's lines go back to the customer.

    Raises NotFound for a role that is not there or not ended here, LastOfThem for the last owner or administrator.
    """
    if role == "member":
        remove_member(session, customer_id, party_id, now=now)
        return
    key: dict[str, Any] = {"customer": customer_id, "now": now}
    if role in ("owner", "administrator"):
        heads = {each for (each,) in session.connection().execute(_heads, key)}
        if party_id in heads and heads == {party_id}:
            raise LastOfThem
    if role not in DELEGATED or session.connection().execute(_end, key | {"party": party_id, "which": role}).rowcount == 0:
        raise NotFound


def _kept(role: str, rights: Collection[str] | None) -> Any:
    """Give the rights as they are stored: names we know, in their order; NULL for a role that says them itself."""
    return [name for name in RIGHTS if name in EVERYTHING.intersection(rights or ())] if role == "delegate" else sa.null()
