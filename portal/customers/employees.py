"""Employees: people who may come in for an enterprise because it says so, with no line of it to their name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refused
from portal.customers.creation import NewPerson, add_party
from portal.customers.models import Customer, CustomerRole, Party

EMPLOYEE = "employee"

_role = CustomerRole.metadata.tables["customer_role"]
_kind = sa.select(Customer.kind).where(Customer.customer_id == sa.bindparam("customer_id"))
_end = (
    sa.update(_role)
    .where(
        _role.c.customer_id == sa.bindparam("of_customer"),
        _role.c.party_id == sa.bindparam("of_party"),
        _role.c.role == EMPLOYEE,
        sa.or_(_role.c.valid_to.is_(None), _role.c.valid_to > sa.bindparam("now")),
    )
    .values(valid_to=sa.bindparam("now"))
)
_rename = sa.update(Party).where(Party.id == sa.bindparam("which")).values(name=sa.bindparam("new_name"))
_in_force = (
    sa.select(_role.c.role)
    .where(
        _role.c.party_id == sa.bindparam("of_party"),
        _role.c.valid_from <= sa.bindparam("now"),
        sa.or_(_role.c.valid_to.is_(None), _role.c.valid_to > sa.bindparam("now")),
    )
    .limit(1)
)


def add_employee(session: Session, customer_id: int, person: NewPerson | int, *, now: datetime) -> int:
    """Let a person (a new one, or the party of that id) in as an enterprise's employee; give the party's id.

    Who was one before is one again; who is one stays one. Raises NotFound for a customer or a party there is not, Refused for
    a customer that is no enterprise, Invalid for a name that cannot be used.
    """
    kind = session.connection().execute(_kind, {"customer_id": customer_id}).scalar()
    if kind is None:
        raise NotFound
    if kind != "organisation":
        raise Refused(code="no_enterprise")
    party_id = add_party(session, person, now=now) if isinstance(person, NewPerson) else person
    if session.get(Party, party_id) is None:
        raise NotFound
    role = session.get(CustomerRole, (customer_id, party_id, EMPLOYEE), populate_existing=True)
    if role is None:
        session.add(CustomerRole(customer_id=customer_id, party_id=party_id, role=EMPLOYEE, rights=None, valid_from=now, valid_to=None))
    elif role.valid_to is not None:
        role.valid_from, role.valid_to = now, None
    session.flush()
    return party_id


def end_employee(session: Session, customer_id: int, party_id: int, *, now: datetime) -> bool:
    """End a person's role as an employee; say whether that leaves the person without any role, here or at another customer."""
    connection = session.connection()
    connection.execute(_end, {"of_customer": customer_id, "of_party": party_id, "now": now})
    return connection.execute(_in_force, {"of_party": party_id, "now": now}).first() is None


def rename_employee(session: Session, party_id: int, name: str) -> None:
    """Call a party by the name its enterprise gives it. The party is the enterprise's own: nobody else's is renamed by this."""
    session.connection().execute(_rename, {"which": party_id, "new_name": name})
