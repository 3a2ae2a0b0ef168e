"""Writing the rows of a new order, with its interaction and its event: on PostgreSQL all of them in one statement, which
finds the key free or writes nothing.

A statement costs a round trip and a tenth of a millisecond of this process besides; a redemption is made of few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from portal.base.events import Event, ask_for_worker, emit, emitting, emitting_values
from portal.interactions import record_interaction, recording, recording_values
from portal.orders.models import Order
from portal.orders.states import ACCEPTED, RESERVED

Values = Mapping[str, Any]
_order, _item, _step, _work = (Order.metadata.tables[name] for name in ("customer_order", "order_item", "order_step", "order_work"))
_OPTIONAL = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_HEAD = (
    "customer_id", "id", "key", "fingerprint", "reference", "status", "channel", "party_id", "placed_for", "subscription_id", "currency",
    "total_minor", "total_points", "delivery", "placed_at", "ended_at",
)  # fmt: skip
"""What an order that is not priced by a cart says of itself; all else has its default."""
_ITEM = ("position", "offering_code", "name", "fulfilment", "quantity", "price_minor", "price_points")
_STEP = ("customer_id", "order_id", "number", "kind", "at", "actor")
_WORK = ("order_id", "customer_id", "reference", "channel", "summary", "quantity", "placed_at", "due_at")
_FIRST_STEPS = ((1, ACCEPTED), (2, RESERVED))


def _claiming(insert: sqlite.Insert | postgresql.Insert) -> ReturningInsert[Any]:
    values = {name: sa.bindparam(name, type_=_OPTIONAL if name == "delivery" else _order.c[name].type) for name in _HEAD}
    return insert.values(values).on_conflict_do_nothing().returning(_order.c.customer_id, _order.c.id)


_claim = {"sqlite": _claiming(sqlite.insert(_order)), "postgresql": _claiming(postgresql.insert(_order))}


def order_parts() -> tuple[sa.CTE, Sequence[sa.CTE]]:
    """Give an order as parts of a larger statement: what claims its key, and all that is written where the key was free."""
    placed = _claim["postgresql"].cte("placed")
    here = (placed.c.customer_id, placed.c.id)
    # A foreign key takes its type from the column it points at, which another capability has and may not have told yet.
    typed = [sa.column(name, sa.String() if _item.c[name].foreign_keys else _item.c[name].type) for name in _ITEM]
    each = sa.func.jsonb_to_recordset(sa.bindparam("items", type_=JSONB)).table_valued(*typed).render_derived("each", with_types=True)
    sold = sa.select(*here, *(each.c[name] for name in _ITEM)).join_from(placed, each, sa.true())
    items = sa.insert(_item).from_select(("customer_id", "order_id", *_ITEM), sold)
    at, actor = sa.bindparam("placed_at", type_=_order.c.placed_at.type), sa.bindparam("actor", type_=sa.String())
    first = [sa.select(*here, sa.literal_column(str(number)), sa.literal_column(f"'{kind}'"), at, actor) for number, kind in _FIRST_STEPS]
    steps = sa.insert(_step).from_select(_STEP, sa.union_all(*first))
    known = [sa.bindparam(name, type_=_work.c[name].type) for name in _WORK[2:]]
    work = sa.insert(_work).from_select(
        _WORK, sa.select(placed.c.id, placed.c.customer_id, *known).where(sa.bindparam("on_desk", type_=sa.Boolean()))
    )
    return placed, (items.cte("items"), steps.cte("steps"), work.cte("work"), recording(placed), emitting(placed))


def _all_in_one() -> sa.Select[Any]:
    placed, parts = order_parts()
    return sa.select(placed.c.id).add_cte(*parts)


_write = _all_in_one()
_add_items, _add_steps, _add_work = sa.insert(_item), sa.insert(_step), sa.insert(_work)
_standing = sa.select(Order.id, Order.reference, Order.fingerprint).where(
    Order.customer_id == sa.bindparam("customer"), Order.key == sa.bindparam("key")
)


@dataclass(frozen=True, slots=True)
class NewRows:
    """The rows of an order: its own, its items', the desk's (None: the worker fulfils it), and what is told of it."""

    head: Values
    items: Sequence[Values]
    work: Values | None
    actor: str
    event: Event
    params: Mapping[str, Any]

    @property
    def at(self) -> datetime:
        """When it was placed."""
        moment: datetime = self.head["placed_at"]
        return moment


def write_order(session: Session, new: NewRows) -> bool:
    """Write an order with all that goes with it; False, and nothing, where key or reference are taken."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        written = connection.execute(_write, all_values(new)).first() is not None
        if written:
            ask_for_worker(session)
        return written
    if not claim_key(session, new.head):
        return False
    here = {"customer_id": new.head["customer_id"], "order_id": new.head["id"]}
    connection.execute(_add_items, [{**here, **item} for item in new.items])
    connection.execute(_add_steps, [{**here, "number": n, "kind": kind, "at": new.at, "actor": new.actor} for n, kind in _FIRST_STEPS])
    if new.work is not None:
        known = {name: new.head[name] for name in ("reference", "channel", "placed_at")}
        connection.execute(_add_work, {**here, **known, **new.work})
    record_interaction(session, new.head["customer_id"], **_told(new))
    emit(session, new.event, now=new.at)
    return True


def all_values(new: NewRows) -> dict[str, Any]:
    """Give the values for `order_parts`."""
    nothing = {"summary": None, "quantity": None, "due_at": None}
    values = {**new.head, "items": new.items, "actor": new.actor, **(new.work or nothing), "on_desk": new.work is not None}
    return values | recording_values(new.head["customer_id"], **_told(new)) | emitting_values(new.event, now=new.at)


def _told(new: NewRows) -> dict[str, Any]:
    head = new.head
    line = head["subscription_id"]
    return {"channel": head["channel"], "kind": "order_placed", "params": new.params, "subscription_id": line, "now": new.at}


def claim_key(session: Session, head: Values) -> bool:
    """Write an order's own row alone, after waiting for whoever is just writing one under the same key; False as above."""
    connection = session.connection()
    return connection.execute(_claim[connection.dialect.name], head).first() is not None


def find_by_key(session: Session, customer_id: int, key: str) -> sa.Row[int, str, str] | None:
    """Give the order (id, reference, fingerprint) that stands under a customer's key."""
    return session.connection().execute(_standing, {"customer": customer_id, "key": key}).first()
