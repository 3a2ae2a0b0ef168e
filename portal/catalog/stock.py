"""Stock: one row for each piece that can be had. Who claims a piece deletes its row and notes a claim in its stead.

Claims of one offering never wait for each other on PostgreSQL: rows another transaction is about to take are passed over
(field/points.md 2: twice the speed of a counter, six times that of a row that is marked). A claim ends once: used or released.

The oldest piece goes first; but in PostgreSQL's index the pieces that are gone stand before it until they are vacuumed, which
in a rush is too late. So the search begins at the newest claim, and from the beginning only when nothing is left behind that:
a piece that was put back waits until the others are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.catalog.errors import SoldOut
from portal.catalog.models import Offering, StockClaim, StockUnit

MOST_AT_ONCE = 100_000
CENTRAL = "central"
"""Where pieces are that no place of their own was given."""


@dataclass(frozen=True, slots=True)
class StockCount:
    """How many units of an offering are free, reserved for somebody, and given out."""

    free: int
    reserved: int
    used: int


_take = sa.delete(StockUnit).returning(StockUnit.id, StockUnit.offering_code, StockUnit.content, StockUnit.place)
_columns = ("id", "offering_code", "content", "place", "holder", "claimed_at")
_moment = sa.bindparam("at", type_=StockClaim.claimed_at.type)


_Text = sa.SQLColumnExpression[str]
_ONE = sa.literal_column("1", sa.Integer)  # a plan made once for all values is to know it


def _stretch(model: type[StockUnit | StockClaim], code: _Text, place: _Text) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Give the conditions for "no further than this offering at this place" and "of this offering at this place".

    Whoever orders by all three columns and bounds them by the first reads the index of places. By the second alone, a plan may go
    by the identifier through everything that was claimed of anything else since, since it takes offerings to be mixed at random.
    """
    columns = sa.tuple_(model.offering_code, model.place)
    return columns <= sa.tuple_(code, place), sa.and_(model.offering_code == code, model.place == place)


def _newest_claim(code: _Text, place: _Text) -> sa.ScalarSelect[int]:
    up_to, of_it = _stretch(StockClaim, code, place)
    newest = (StockClaim.offering_code.desc(), StockClaim.place.desc(), StockClaim.id.desc())
    found = sa.select(sa.case((of_it, StockClaim.id))).where(up_to).order_by(*newest).limit(_ONE)
    return found.correlate_except(StockClaim).scalar_subquery()


def _units_from(code: _Text, place: _Text, after: sa.ColumnElement[int]) -> sa.Select[int]:
    """Give the query for free units behind one, the oldest first."""
    up_to, _ = _stretch(StockUnit, code, place)
    behind = sa.tuple_(StockUnit.offering_code, StockUnit.place, StockUnit.id) > sa.tuple_(code, place, after)
    return sa.select(StockUnit.id).where(behind, up_to).order_by(StockUnit.offering_code, StockUnit.place, StockUnit.id)


def first_free(code: sa.SQLColumnExpression[str]) -> sa.ColumnElement[int]:
    """Give a central free unit of an offering as a part of a larger query, NULL where there is none."""
    central: _Text = sa.literal(CENTRAL)
    newest = sa.func.coalesce(_newest_claim(code, central), 0)
    lowest = [
        _units_from(code, central, each).correlate_except(StockUnit).limit(_ONE).scalar_subquery() for each in (newest, sa.literal(0))
    ]
    return sa.func.coalesce(*lowest)


def _oldest(prefix: str = "") -> sa.Select[int]:
    return _limited(prefix, sa.literal(0))


def _next(prefix: str = "") -> sa.Select[int]:
    return _limited(prefix, sa.func.coalesce(_newest_claim(_text(prefix, "code"), _text(prefix, "place")), 0))


def _limited(prefix: str, after: sa.ColumnElement[int]) -> sa.Select[int]:
    units = _units_from(_text(prefix, "code"), _text(prefix, "place"), after)
    return units.limit(sa.bindparam(f"{prefix}quantity", type_=sa.Integer()))


def _text(prefix: str, name: str) -> sa.BindParameter[str]:
    return sa.bindparam(f"{prefix}{name}", type_=sa.String())


def _claim_in_one(oldest: sa.Select[int], prefix: str = "") -> sa.Insert:
    """Delete units nobody else is about to take, and note the claims in their stead."""
    # As an array, which is looked up by key; for IN (SELECT …) the plan made once for all quantities reads the whole table.
    free = sa.func.array(oldest.with_for_update(skip_locked=True).scalar_subquery())
    taken = _take.where(StockUnit.id == sa.any_(free)).cte("units")
    holder, at = sa.bindparam(f"{prefix}holder", type_=sa.String()), sa.bindparam(f"{prefix}at", type_=StockClaim.claimed_at.type)
    return sa.insert(StockClaim).from_select(_columns, sa.select(*taken.c, holder, at))


_claims = [FrequentStatement(_claim_in_one(units)) for units in (_next(), _oldest())]
_take_first = _take.where(StockUnit.id.in_(_oldest()))
_note = sa.insert(StockClaim)
_mine = sa.and_(StockClaim.holder == sa.bindparam("of_holder"), StockClaim.used_at.is_(None))
_use = sa.update(StockClaim).where(_mine).values(used_at=_moment).returning(StockClaim.content)
_release = sa.delete(StockClaim).where(_mine).returning(StockClaim.id, StockClaim.offering_code, StockClaim.content, StockClaim.place)
_add = sa.insert(StockUnit)
_asked = sa.select(Offering.stocked, Offering.fulfilment).where(Offering.code == sa.bindparam("code"))
_highest = sa.select(
    sa.select(sa.func.max(StockUnit.id)).scalar_subquery().label("unit"),
    sa.select(sa.func.max(StockClaim.id)).scalar_subquery().label("claim"),
)


def _counted(*rules: Callable[[type[StockUnit | StockClaim]], sa.ColumnElement[bool]]) -> sa.Select[int, int, int]:
    def number(model: type[StockUnit | StockClaim], *more: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        which = [model.offering_code == sa.bindparam("code"), *(rule(model) for rule in rules), *more]
        return sa.select(sa.func.count()).select_from(model).where(*which).scalar_subquery()

    return sa.select(
        number(StockUnit), number(StockClaim, StockClaim.used_at.is_(None)), number(StockClaim, StockClaim.used_at.is_not(None))
    )


_count = _counted()
_count_at = _counted(lambda model: model.place == sa.bindparam("place"))
_to_place = sa.update(StockUnit).values(place=sa.bindparam("to_place"))
# As an array here, too: a plan may run a sub-select in IN again for each row, and then moves more than were asked for.
_oldest_free = sa.func.array(_oldest().with_for_update(skip_locked=True).scalar_subquery())
_move = {
    "sqlite": _to_place.where(StockUnit.id.in_(_oldest())),
    "postgresql": _to_place.where(StockUnit.id == sa.any_(_oldest_free)),
}


def add_stock(session: Session, offering_code: str, count_or_contents: int | Sequence[str], *, place: str = CENTRAL, now: datetime) -> int:
    """Add units of a stocked offering and give how many: a count of goods, or vouchers' codes, each encrypted (base.keys).

    `place`: where they are, "central", an outlet's code, or what they are kept back for ("flash:7").

    Raises NotFound for what is not stocked, Invalid for a count that is no whole number from 1 to 100,000, for goods with
    codes and for vouchers without.
    """
    connection = session.connection()
    offering = connection.execute(_asked, {"code": offering_code}).first()
    if offering is None or not offering.stocked:
        raise NotFound
    contents = _contents(count_or_contents)
    if any((content is None) == (offering.fulfilment == "voucher") for content in contents):
        raise Invalid({"contents": N_("Each voucher needs its code; goods have none.")})
    highest = connection.execute(_highest).one()
    first = max(new_id(now), (highest.unit or 0) + 1, (highest.claim or 0) + 1)
    rows = [
        {"id": first + number, "offering_code": offering_code, "content": content, "place": place}
        for number, content in enumerate(contents)
    ]
    connection.execute(_add, rows)
    return len(rows)


def claim_stock(session: Session, offering_code: str, quantity: int, *, holder: str, place: str = CENTRAL, now: datetime) -> None:
    """Reserve units at `place` for `holder` (such as "order:42"), the oldest first; all of them or SoldOut, upon which roll back.

    Whoever locks other rows too claims last: nobody else waits for what this holds. PostgreSQL takes one statement, two for the
    last pieces.
    """
    if type(quantity) is not int or quantity < 1:
        raise Invalid({"quantity": N_("Take one or more.")})
    connection = session.connection()
    count = 0
    if connection.dialect.name == "sqlite":
        taken = connection.execute(_take_first, {"code": offering_code, "place": place, "quantity": quantity}).all()
        if taken:
            connection.execute(_note, [{**_row(unit), "holder": holder, "claimed_at": now} for unit in taken])
        count = len(taken)
    else:
        for claim in _claims:
            if count < quantity:
                wanted = {"code": offering_code, "place": place, "quantity": quantity - count, "holder": holder, "at": now}
                count += claim.change(session, wanted)
    if count < quantity:
        raise SoldOut


def claiming(after: sa.CTE) -> sa.CTE:
    """Give `claim_stock` as a part of a larger statement of PostgreSQL, done where `after` has a row; `claiming_values` fill it.

    It gives a row for each unit it claimed; where these are fewer than were asked for, the caller claims the rest by itself.
    """
    units = _next("stock_").where(sa.exists(sa.select(*after.c)))
    return _claim_in_one(units, "stock_").returning(StockClaim.id).cte("claimed")


def claiming_values(offering_code: str, quantity: int, *, holder: str, now: datetime) -> Mapping[str, Any]:
    """Give the values for `claiming`, which takes central pieces."""
    return {
        "stock_code": offering_code, "stock_place": CENTRAL, "stock_quantity": quantity, "stock_holder": holder, "stock_at": now
    }  # fmt: skip


def use_stock(session: Session, holder: str, *, now: datetime) -> Sequence[str]:
    """Give out what is reserved for `holder`, once; give the contents as they are stored (encrypted). Goods have none."""
    rows = session.connection().execute(_use, {"of_holder": holder, "at": now}).all()
    return [row.content for row in rows if row.content is not None]


def release_stock(session: Session, holder: str) -> int:
    """Put back what is reserved for `holder`, the very units, once; give how many. What was given out stays given out."""
    connection = session.connection()
    rows = connection.execute(_release, {"of_holder": holder}).all()
    if rows:
        connection.execute(_add, [_row(claim) for claim in rows])
    return len(rows)


def move_stock(session: Session, offering_code: str, quantity: int, *, to: str, place: str = CENTRAL) -> int:
    """Move up to so many free units from one place to another, the oldest first; give how many there were to move."""
    if type(quantity) is not int or quantity < 1:
        raise Invalid({"quantity": N_("Take one or more.")})
    params = {"code": offering_code, "place": place, "quantity": quantity, "to_place": to}
    connection = session.connection()
    return connection.execute(_move[connection.dialect.name], params).rowcount


def count_stock(session: Session, offering_code: str, *, place: str | None = None) -> StockCount:
    """Count an offering's units, at one place or (None) at all of them. One statement."""
    if place is None:
        return StockCount(*session.connection().execute(_count, {"code": offering_code}).one())
    return StockCount(*session.connection().execute(_count_at, {"code": offering_code, "place": place}).one())


def _row(row: Any) -> dict[str, Any]:
    return {"id": row.id, "offering_code": row.offering_code, "content": row.content, "place": row.place}


def _contents(count_or_contents: int | Sequence[str]) -> Sequence[str | None]:
    if isinstance(count_or_contents, int):
        if type(count_or_contents) is not int or not 1 <= count_or_contents <= MOST_AT_ONCE:
            raise Invalid({"count": N_("Add 1 to 100,000 at a time.")})
        return [None] * count_or_contents
    if not 1 <= len(count_or_contents) <= MOST_AT_ONCE or not all(type(each) is str and each for each in count_or_contents):
        raise Invalid({"count": N_("Add 1 to 100,000 at a time.")})
    return list(count_or_contents)
