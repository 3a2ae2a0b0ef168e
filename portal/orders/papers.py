"""Papers of an order: its confirmation, contract, invoice and credit note, each made once and then kept as it was made.

Somebody asks, the worker sets the page between two transactions, the paper lies with the order. Which papers there are
follows from the order alone, so that a paper never says what did not happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.events import ask_for_worker
from portal.base.i18n import Language
from portal.customers import CustomerOwner, get_owner
from portal.orders.models import Order, OrderDocument, OrderItem, PaperWanted

Paper = Literal["confirmation", "contract", "invoice", "credit_note"]
PAPERS: tuple[Paper, ...] = ("confirmation", "contract", "invoice", "credit_note")
_MARKS: Mapping[str, str] = {"confirmation": "", "contract": "C-", "invoice": "I-", "credit_note": "R-"}
MOST_TRIES = 5
GIVE_UP_AFTER = timedelta(hours=1)
"""Longer than five tries take: a paper that is being made is not given up."""
_CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PaperState:
    """A paper of one order: `number` as it is printed; `is_made`: it can be read; `is_wanted`: somebody waits for it."""

    kind: Paper
    number: str
    is_made: bool
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class WantedPaper:
    """What the worker has to make."""

    customer_id: int
    order_id: int
    kind: Paper
    language: Language


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line: names and terms as sold; money in minor units, `total_minor` after the discount, `tax_minor` within it."""

    position: int
    name: Mapping[str, str]
    quantity: int
    unit_minor: int
    unit_points: int
    discount_minor: int
    tax_minor: int
    monthly_minor: int
    terms: Mapping[str, Any]
    is_gift: bool
    returned: int

    @property
    def total_minor(self) -> int:
        """What all of them come to."""
        return self.unit_minor * self.quantity - self.discount_minor


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """An order as its papers tell it. Amounts in minor units of `currency`; `delivery` has name, phone and address."""

    reference: str
    status: str
    placed_at: datetime
    ended_at: datetime | None
    owner: CustomerOwner
    placed_for: str | None
    currency: str
    total_minor: int
    total_points: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    deposit_minor: int
    paid_minor: int
    refunded_minor: int
    payment: str
    delivery: Mapping[str, str] | None
    outlet: str | None
    lines: tuple[PaperLine, ...]

    @property
    def monthly_minor(self) -> int:
        """What it costs every month from then on."""
        return sum(line.monthly_minor * line.quantity for line in self.lines)

    def number_of(self, kind: Paper) -> str:
        """Give the number a paper of this order bears."""
        return f"{_MARKS[kind]}{self.reference}"

    def has(self, kind: Paper) -> bool:
        """Say whether there is such a paper: a contract binds to something, an invoice follows money that came, a note money that went."""
        if kind == "contract":
            return self.status != _CANCELLED and any(line.monthly_minor or line.terms.get("months_bound") for line in self.lines)
        if kind == "invoice":
            return self.paid_minor > 0
        return kind == "confirmation" or self.refunded_minor > 0


_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order: sa.BindParameter[int] = sa.bindparam("order")
_head = sa.select(
    Order.reference, Order.status, Order.placed_at, Order.ended_at, Order.placed_for, Order.currency, Order.total_minor, Order.total_points,
    Order.discount_minor, Order.shipping_minor, Order.tax_minor, Order.deposit_minor, Order.paid_minor, Order.refunded_minor,
    Order.payment, Order.delivery, Order.outlet,
).where(Order.customer_id == _customer, Order.id == _order)  # fmt: skip
_lines = (
    sa.select(
        OrderItem.position, OrderItem.name, OrderItem.quantity, OrderItem.price_minor, OrderItem.price_points, OrderItem.discount_minor,
        OrderItem.tax_minor, OrderItem.monthly_minor, OrderItem.terms, OrderItem.is_gift, OrderItem.returned,
    )
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order)
    .order_by(OrderItem.position)
)  # fmt: skip
_mine = sa.and_(
    OrderDocument.customer_id == _customer, OrderDocument.order_id == _order, OrderDocument.language == sa.bindparam("of_language")
)
_made = sa.select(OrderDocument.kind, OrderDocument.content.is_not(None)).where(_mine)
_content = sa.select(OrderDocument.number, OrderDocument.content).where(_mine, OrderDocument.kind == sa.bindparam("kind"))
_keep = (
    sa.update(OrderDocument)
    .where(_mine, OrderDocument.kind == sa.bindparam("of_kind"), OrderDocument.content.is_(None))
    .values(content=sa.bindparam("pdf"), made_at=sa.bindparam("at"))
)
_drop = sa.delete(PaperWanted).where(
    PaperWanted.order_id == _order, PaperWanted.kind == sa.bindparam("of_kind"), PaperWanted.language == sa.bindparam("of_language")
)
_next = (
    sa.select(PaperWanted.customer_id, PaperWanted.order_id, PaperWanted.kind, PaperWanted.language)
    .where(PaperWanted.attempts < MOST_TRIES)
    .order_by(PaperWanted.attempts, PaperWanted.wanted_at)
    .limit(1)
)
_count_try = (
    sa.update(PaperWanted)
    .where(
        PaperWanted.order_id == _order,
        PaperWanted.kind == sa.bindparam("of_kind"),
        PaperWanted.language == sa.bindparam("of_language"),
        PaperWanted.attempts < MOST_TRIES,
    )
    .values(attempts=PaperWanted.attempts + 1)
    .returning(PaperWanted.order_id)
)


_left = (
    sa.delete(PaperWanted)
    .where(PaperWanted.attempts >= MOST_TRIES, PaperWanted.wanted_at <= sa.bindparam("before", type_=PaperWanted.wanted_at.type))
    .returning(PaperWanted.customer_id, PaperWanted.order_id, PaperWanted.kind, PaperWanted.language)
)
_unmade = sa.delete(OrderDocument).where(_mine, OrderDocument.kind == sa.bindparam("of_kind"), OrderDocument.content.is_(None))
_KEY = ["order_id", "kind", "language"]
_add = {
    name: (
        dialect.insert(OrderDocument).on_conflict_do_nothing(),
        dialect.insert(PaperWanted).on_conflict_do_update(index_elements=_KEY, set_={"attempts": 0}),  # asked again: tried again
    )
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def get_paper_order(session: Session, customer_id: int, order_id: int) -> PaperOrder:
    """Give an order as its papers tell it; NotFound for one that is not this customer's. Three statements."""
    which = {"customer": customer_id, "order": order_id}
    head = session.connection().execute(_head, which).first()
    if head is None:
        raise NotFound
    lines = tuple(_line(row) for row in session.connection().execute(_lines, which))
    return PaperOrder(owner=get_owner(session, customer_id), lines=lines, **head._asdict())


def list_papers(session: Session, customer_id: int, order_id: int, language: Language) -> Sequence[PaperState]:
    """Give the papers an order has, in one language, made or not. Whoever calls has seen that the order may be looked at."""
    order = get_paper_order(session, customer_id, order_id)
    made = _what_is_made(session, customer_id, order_id, language)
    return [
        PaperState(kind, order.number_of(kind), is_made=made.get(kind, False), is_wanted=kind in made and not made[kind])
        for kind in PAPERS
        if order.has(kind)
    ]


def want_paper(session: Session, customer_id: int, order_id: int, kind: Paper, language: Language, *, now: datetime) -> None:
    """Have a paper made; one that is made, or being made, stays as it is. NotFound for one the order does not have."""
    order = get_paper_order(session, customer_id, order_id)
    if kind not in PAPERS or not order.has(kind):
        raise NotFound
    connection = session.connection()
    keep, want = _add[connection.dialect.name]
    of_it = {"customer_id": customer_id, "order_id": order_id, "kind": kind, "language": language}
    connection.execute(keep, {**of_it, "number": order.number_of(kind), "content": None, "made_at": now})
    if not _what_is_made(session, customer_id, order_id, language)[kind]:
        connection.execute(want, {**of_it, "wanted_at": now, "attempts": 0})
        ask_for_worker(session)


def get_paper(session: Session, customer_id: int, order_id: int, kind: Paper, language: Language) -> tuple[str, bytes]:
    """Give a paper's number and its PDF; NotFound where it is not made."""
    row = (
        session.connection().execute(_content, {"customer": customer_id, "order": order_id, "kind": kind, "of_language": language}).first()
    )
    if row is None or row.content is None:
        raise NotFound
    return row.number, row.content


def take_wanted_paper(session: Session) -> WantedPaper | None:
    """Give what is to be made next, with the try counted; None where nothing is. What five tries did not make is left."""
    row = session.connection().execute(_next).first()
    if row is None:
        return None
    tried = {"order": row.order_id, "of_kind": row.kind, "of_language": row.language}
    if session.connection().execute(_count_try, tried).first() is None:
        return None
    return WantedPaper(row.customer_id, row.order_id, cast("Paper", row.kind), cast("Language", row.language))


def keep_paper(session: Session, wanted: WantedPaper, content: bytes, *, now: datetime) -> None:
    """Lay a paper with its order, once: what lies there is never replaced."""
    which = {"customer": wanted.customer_id, "order": wanted.order_id, "of_kind": wanted.kind, "of_language": wanted.language}
    session.connection().execute(_keep, {**which, "pdf": content, "at": now})
    session.connection().execute(_drop, {name: value for name, value in which.items() if name != "customer"})


def give_up_papers(session: Session, *, now: datetime) -> Sequence[WantedPaper]:
    """Forget papers that five tries did not make, and give them, each once: whoever wants one may ask for it anew."""
    connection = session.connection()
    rows = sorted(connection.execute(_left, {"before": now - GIVE_UP_AFTER}).all())
    for row in rows:
        which = {"customer": row.customer_id, "order": row.order_id, "of_kind": row.kind, "of_language": row.language}
        connection.execute(_unmade, which)
    return [WantedPaper(row.customer_id, row.order_id, cast("Paper", row.kind), cast("Language", row.language)) for row in rows]


def _what_is_made(session: Session, customer_id: int, order_id: int, language: Language) -> dict[str, bool]:
    rows = session.connection().execute(_made, {"customer": customer_id, "order": order_id, "of_language": language})
    return {row[0]: row[1] for row in rows}


def _line(row: Any) -> PaperLine:
    values = row._asdict()
    values["terms"] = values["terms"] or {}
    return PaperLine(unit_minor=values.pop("price_minor"), unit_points=values.pop("price_points"), **values)
