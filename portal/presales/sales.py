"""A pre-sale as it is prepared, published and released: what will come, the deposit, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.base.money import MAX_MINOR
from portal.catalog import CENTRAL, get_offering, move_stock
from portal.presales.errors import OwnPresale, PresaleFixed
from portal.presales.models import Presale

MOST_PLACES = 1_000_000
MOST_PAY_HOURS = 24 * 30


@dataclass(frozen=True, slots=True)
class NewPresale:
    """A pre-sale as it is drafted. `amount_minor`: the whole price, the deposit included; `most`: places, None: as many as come.

    `keeps_deposit`: what becomes of the deposit of whoever is invited and does not pay the rest in time.
    """

    offering_code: str
    name: Mapping[str, str]
    deposit_minor: int
    amount_minor: int
    currency: str
    most: int | None
    opens_at: datetime
    closes_at: datetime
    releases_at: datetime
    pay_hours: int
    keeps_deposit: bool = False


@dataclass(frozen=True, slots=True)
class PresaleView:
    """A pre-sale; `taken`: places that are paid or may still be."""

    id: int
    offering_code: str
    name: Mapping[str, str]
    deposit_minor: int
    amount_minor: int
    currency: str
    most: int | None
    opens_at: datetime
    closes_at: datetime
    releases_at: datetime
    pay_hours: int
    keeps_deposit: bool
    status: str
    taken: int
    made_by: int

    @property
    def place(self) -> str:
        """Where its pieces lie in the stock's books once they have come."""
        return f"presale:{self.id}"

    @property
    def rest_minor(self) -> int:
        """What is left to pay once the thing has come."""
        return self.amount_minor - self.deposit_minor

    @property
    def left(self) -> int | None:
        """Places left, None where there is no limit."""
        return None if self.most is None else max(0, self.most - self.taken)

    def is_open(self, now: datetime) -> bool:
        """Whether a deposit is taken at `now`."""
        return self.status == "announced" and self.opens_at <= now < self.closes_at


def holder_of(presale_id: int, customer_id: int) -> str:
    """Name an invited customer as holder of a piece."""
    return f"presale:{presale_id}:{customer_id}"


_id: sa.BindParameter[int] = sa.bindparam("presale")
_columns = [getattr(Presale, name) for name in PresaleView.__slots__]
_get = sa.select(*_columns).where(Presale.id == _id)
_list = sa.select(*_columns).order_by(Presale.opens_at.desc(), Presale.id.desc()).limit(sa.bindparam("most_rows"))
_shown = _list.where(Presale.status.in_(("announced", "released")))
_shown_of = (
    sa.select(Presale.id)
    .where(Presale.status.in_(("announced", "released")), Presale.offering_code == sa.bindparam("offering"))
    .order_by(Presale.opens_at.desc(), Presale.id.desc())
    .limit(1)
)
_add = sa.insert(Presale)
_edit = sa.update(Presale).where(Presale.id == _id, Presale.status == "draft")
_announce = (
    sa.update(Presale)
    .where(Presale.id == _id, Presale.status == "draft", Presale.made_by != sa.bindparam("staff"))
    .values(status="announced")
    .returning(Presale.id)
)
_release = (
    sa.update(Presale)
    .where(Presale.id == _id, Presale.status.in_(("announced", "released")))
    .values(status="released")
    .returning(Presale.id)
)
_end = sa.update(Presale).where(Presale.id == _id, Presale.status == "released").values(status="over").returning(Presale.id)


def draft_presale(session: Session, new: NewPresale, *, staff_id: int, now: datetime) -> int:
    """Draft a pre-sale and give its id. Raises Invalid with the fields that are wrong, NotFound for an offering there is not."""
    _check(session, new, now)
    presale_id = new_id(now)
    row = {**_row(new), "id": presale_id, "status": "draft", "made_by": staff_id, "made_at": now}
    session.connection().execute(_add, row)
    return presale_id


def edit_presale(session: Session, presale_id: int, new: NewPresale, *, staff_id: int, now: datetime) -> None:
    """Change a draft; whoever changed it last is who prepared it. Raises Invalid, NotFound, PresaleFixed."""
    _check(session, new, now)
    changed = session.connection().execute(_edit.values(**_row(new), made_by=staff_id, made_at=now), {"presale": presale_id})
    if not changed.rowcount:
        get_presale(session, presale_id)
        raise PresaleFixed


def announce_presale(session: Session, presale_id: int, *, staff_id: int) -> PresaleView:
    """Publish a draft: price, deposit and rule stand from now on. Raises NotFound, OwnPresale, PresaleFixed."""
    presale = get_presale(session, presale_id)
    if presale.made_by == staff_id:
        raise OwnPresale
    if session.connection().execute(_announce, {"presale": presale_id, "staff": staff_id}).first() is None:
        raise PresaleFixed
    return get_presale(session, presale_id)


def release_pieces(session: Session, presale_id: int, count: int) -> int:
    """Set so many pieces that have come aside for the queue, at most as many as the central stock has; give how many.

    From the first release on no place can be taken or given up. Let `settle_presale` follow, which invites. Raises NotFound,
    Invalid, PresaleFixed for one that is not announced.
    """
    if type(count) is not int or not 0 < count <= MOST_PLACES:
        raise Invalid({"count": N_("Release one or more.")})
    presale = get_presale(session, presale_id)
    if session.connection().execute(_release, {"presale": presale_id}).first() is None:
        raise PresaleFixed
    return move_stock(session, presale.offering_code, count, to=presale.place)


def end_presale(session: Session, presale_id: int) -> bool:
    """End a released pre-sale: what is left of its pieces goes back to the stock. False where it does not run. Raises NotFound.

    Whoever still waits is given the deposit back by `settle_presale`.
    """
    presale = get_presale(session, presale_id)
    if session.connection().execute(_end, {"presale": presale_id}).first() is None:
        return False
    move_stock(session, presale.offering_code, MOST_PLACES, to=CENTRAL, place=presale.place)
    return True


def get_presale(session: Session, presale_id: int) -> PresaleView:
    """Give a pre-sale, whatever its state. Raises NotFound."""
    row = session.connection().execute(_get, {"presale": presale_id}).first()
    if row is None:
        raise NotFound
    return PresaleView(*row)


def list_presales(session: Session, *, limit: int = 100) -> Sequence[PresaleView]:
    """List all pre-sales, the latest first: the office's view."""
    return [PresaleView(*row) for row in session.connection().execute(_list, {"most_rows": limit})]


def list_shown_presales(session: Session, *, limit: int = 20) -> Sequence[PresaleView]:
    """List what the public sees: those announced and those released."""
    return [PresaleView(*row) for row in session.connection().execute(_shown, {"most_rows": limit})]


def find_shown_presale(session: Session, offering_code: str) -> int | None:
    """Give the pre-sale the public sees of an offering, the latest; None where there is none."""
    return session.connection().execute(_shown_of, {"offering": offering_code}).scalar()


def _row(new: NewPresale) -> dict[str, Any]:
    return {**asdict(new), "name": dict(new.name)}


def _check(session: Session, new: NewPresale, now: datetime) -> None:
    wrong: dict[str, str] = {}
    if not all(new.name.get(language, "").strip() for language in ("zh", "en")):
        wrong["name"] = N_("Give it a name in both languages.")
    if type(new.amount_minor) is not int or not 0 < new.amount_minor <= MAX_MINOR:
        wrong["amount_minor"] = N_("It costs more than nothing.")
    elif type(new.deposit_minor) is not int or not 0 < new.deposit_minor < new.amount_minor:
        wrong["deposit_minor"] = N_("The deposit is more than nothing and less than the price.")
    if new.most is not None and (type(new.most) is not int or not 0 < new.most <= MOST_PLACES):
        wrong["most"] = N_("Give 1 to 1,000,000 places, or leave it open.")
    if type(new.pay_hours) is not int or not 0 < new.pay_hours <= MOST_PAY_HOURS:
        wrong["pay_hours"] = N_("Give an hour to 30 days to pay the rest.")
    if new.closes_at <= max(new.opens_at, now):
        wrong["closes_at"] = N_("It closes after it opens, in the future.")
    if new.releases_at < new.closes_at:
        wrong["releases_at"] = N_("The first pieces come after the last place is given.")
    if not wrong and not get_offering(session, new.offering_code).stocked:
        wrong["offering_code"] = N_("Only what is stocked can be sold by the piece.")
    if wrong:
        raise Invalid(wrong)
