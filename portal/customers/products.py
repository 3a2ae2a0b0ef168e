"""Products of a line started and ended one by one, as an order sets them up or undoes it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import NotFound
from portal.base.ids import new_id
from portal.customers.creation import NewLine, NewProduct, add_line, new_product
from portal.customers.entry import ENDED, kept_findable
from portal.customers.models import Account, Customer, Product
from portal.customers.numbers import Holder, get_holder_of_line

ACTIVE, PLAN = "active", "plan"
_of_line = sa.and_(Product.customer_id == sa.bindparam("customer"), Product.subscription_id == sa.bindparam("line"))
_end_plans = (
    sa.update(Product).where(_of_line, Product.kind == PLAN, Product.status == ACTIVE).values(status=ENDED, ended_on=sa.bindparam("day"))
)
_newest = (
    sa.select(Product.id, Product.kind, Product.started_on)
    .where(_of_line, Product.offering_code == sa.bindparam("code"), Product.status == ACTIVE)
    .order_by(Product.id.desc())
    .limit(1)
)
_this = sa.and_(Product.customer_id == sa.bindparam("customer"), Product.id == sa.bindparam("product"))
_end = sa.update(Product).where(_this).values(status=ENDED, ended_on=sa.bindparam("day"))
_former_plan = (
    sa.select(Product.id)
    .where(_of_line, Product.kind == PLAN, Product.ended_on == sa.bindparam("since"), Product.id < sa.bindparam("product"))
    .order_by(Product.id.desc())
    .limit(1)
)
_restart = sa.update(Product).where(_this).values(status=ACTIVE, ended_on=None)


def start_product(session: Session, customer_id: int, subscription_id: int, product: NewProduct, *, now: datetime) -> int:
    """Start a product on a line and give its id; a plan takes the place of the plan there was. NotFound for no line of theirs."""
    holder = get_holder_of_line(session, customer_id, subscription_id)
    if product.kind == PLAN:
        session.connection().execute(_end_plans, {"customer": customer_id, "line": subscription_id, "day": today(now)})
    product_id = new_id(now)
    session.add(new_product(holder, product_id, product))
    session.flush()
    return product_id


def undo_product(session: Session, customer_id: int, subscription_id: int, offering_code: str, *, now: datetime) -> bool:
    """End the newest product of this offering on a line; the plan whose place it took runs again. False where there is none."""
    connection, line = session.connection(), {"customer": customer_id, "line": subscription_id}
    found = connection.execute(_newest, {**line, "code": offering_code}).first()
    if found is None:
        return False
    which = {"customer": customer_id, "product": found.id}
    connection.execute(_end, {**which, "day": today(now)})
    if found.kind == PLAN:
        former = connection.execute(_former_plan, {**line, "since": found.started_on, "product": found.id}).scalar()
        if former is not None:
            connection.execute(_restart, {"customer": customer_id, "product": former})
    return True


def open_line(session: Session, customer_id: int, line: NewLine, *, now: datetime) -> int:
    """Open another line for a customer, used by the customer's own party, and give its id.

    Raises NotFound for a customer there is not, NumberInUse for a number somebody holds.
    """
    customer = session.get(Customer, customer_id)
    account_id = session.scalar(sa.select(sa.func.min(Account.id)).where(Account.customer_id == customer_id))
    if customer is None or account_id is None:
        raise NotFound
    holder = Holder(line.number, customer_id, new_id(now), customer.party_id)
    with kept_findable(session, customer_id):
        add_line(session, holder, account_id, line, today(now), now=now)
    return holder.subscription_id
