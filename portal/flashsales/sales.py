"""A flash sale as it is prepared and published: what, how many, when, by which rule. Once announced it stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.base.money import MAX_MINOR
from portal.catalog import CENTRAL, POINTS, create_price_list, get_offering, move_stock, set_price
from portal.flashsales.drawing import hash_seed, new_seed
from portal.flashsales.errors import NotOpen, OwnSale, SaleFixed, TooFewPieces
from portal.flashsales.models import FlashEntry, FlashSale

Rule = Literal["first_come", "draw"]
Phase = Literal["draft", "announced", "open", "running", "over", "cancelled"]
RULES: tuple[Rule, ...] = ("first_come", "draw")
MOST_PIECES = 10_000
PAY_MINUTES = (3, 24 * 60)
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class NewSale:
    """A sale as it is drafted. `unit`: points or a currency, of which one piece costs `amount` (minor units)."""

    offering_code: str
    name: Mapping[str, str]
    unit: str
    amount: int
    pieces: int
    rule: Rule
    opens_at: datetime
    starts_at: datetime
    ends_at: datetime
    pay_minutes: int


@dataclass(frozen=True, slots=True)
class SaleView:
    """A sale. `seed_hash` stands from the announcement on, `seed` since it was drawn: None before; `drawn` places were."""

    id: int
    offering_code: str
    name: Mapping[str, str]
    unit: str
    amount: int
    pieces: int
    rule: Rule
    opens_at: datetime
    starts_at: datetime
    ends_at: datetime
    pay_minutes: int
    seed_hash: str | None
    seed: str | None
    drawn_at: datetime | None
    drawn: int | None
    status: str
    made_by: int

    @property
    def place(self) -> str:
        """Where its pieces lie in the stock's books."""
        return place_of(self.id)

    @property
    def price_list(self) -> str:
        """The list its price stands on."""
        return f"flash-{self.id}"

    @property
    def in_points(self) -> bool:
        """Whether a piece costs points."""
        return self.unit == POINTS

    @property
    def entry_ends_at(self) -> datetime:
        """Until when one can enter: a draw closes at its start."""
        return self.starts_at if self.rule == "draw" else self.ends_at

    @property
    def early_are_drawn(self) -> bool:
        """Whether anybody can enter before the start, so that an order has to be drawn."""
        return self.opens_at < self.starts_at

    def phase(self, now: datetime) -> Phase:
        """Say where it stands at `now`, by what is announced: nobody has to have looked for it to be so."""
        if self.status in ("draft", "cancelled", "over"):
            return self.status  # type: ignore[return-value]
        if now < self.opens_at:
            return "announced"
        if now < self.starts_at:
            return "open"
        return "running" if now < self.ends_at else "over"

    def can_enter(self, now: datetime) -> bool:
        """Whether one can enter at `now`."""
        return self.status in ("announced", "running") and self.opens_at <= now < self.entry_ends_at


def place_of(sale_id: int) -> str:
    """Name a sale's place in the stock's books."""
    return f"flash:{sale_id}"


def holder_of(sale_id: int, customer_id: int) -> str:
    """Name a customer who was let in as holder of a piece."""
    return f"flash:{sale_id}:{customer_id}"


_id: sa.BindParameter[int] = sa.bindparam("sale")
_hidden = sa.case((FlashSale.drawn_at.is_not(None), FlashSale.seed)).label("seed")
_columns = [_hidden if name == "seed" else getattr(FlashSale, name) for name in SaleView.__slots__]
_get = sa.select(*_columns).where(FlashSale.id == _id)
_list = sa.select(*_columns).order_by(FlashSale.starts_at.desc(), FlashSale.id.desc()).limit(sa.bindparam("most"))
_shown = _list.where(
    FlashSale.status.in_(("announced", "running")) | (FlashSale.status.in_(("over",)) & (FlashSale.ends_at > sa.bindparam("since")))
)
_add = sa.insert(FlashSale)
_edit = sa.update(FlashSale).where(FlashSale.id == _id, FlashSale.status == "draft")
_announce = (
    sa.update(FlashSale)
    .where(FlashSale.id == _id, FlashSale.status == "draft", FlashSale.made_by != sa.bindparam("staff"))
    .values(status="announced", seed_hash=sa.bindparam("seal"), seed=sa.bindparam("secret"))
    .returning(FlashSale.id)
)
_call_off = (
    sa.update(FlashSale)
    .where(FlashSale.id == _id, FlashSale.status.in_(("draft", "announced")))
    .values(status="cancelled")
    .returning(FlashSale.seed_hash)
)
_send_home = sa.update(FlashEntry).where(FlashEntry.sale_id == _id, FlashEntry.status == "entered").values(status="gone")


def draft_sale(session: Session, new: NewSale, *, staff_id: int, now: datetime) -> int:
    """Draft a sale and give its id. Raises Invalid with the fields that are wrong, NotFound for an offering there is not."""
    _check(session, new, now)
    sale_id = new_id(now)
    row = {**_row(new), "id": sale_id, "status": "draft", "made_by": staff_id, "made_at": now}
    session.connection().execute(_add, row)
    return sale_id


def edit_sale(session: Session, sale_id: int, new: NewSale, *, staff_id: int, now: datetime) -> None:
    """Change a draft; whoever changed it last is who prepared it. Raises Invalid, NotFound, SaleFixed for one that is announced."""
    _check(session, new, now)
    changed = session.connection().execute(_edit.values(**_row(new), made_by=staff_id, made_at=now), {"sale": sale_id})
    if not changed.rowcount:
        get_sale(session, sale_id)
        raise SaleFixed


def announce_sale(session: Session, keys: Keys, sale_id: int, *, staff_id: int, now: datetime) -> SaleView:
    """Publish a draft: rule, times and price stand from now on, the seed's hash too, and its pieces are set aside.

    Raises OwnSale for whoever prepared it, SaleFixed for one that is no draft, NotOpen for one whose time has come already,
    TooFewPieces where the central stock has fewer.
    """
    sale, seed = get_sale(session, sale_id), new_seed()
    if sale.made_by == staff_id:
        raise OwnSale
    if now >= sale.opens_at:
        raise NotOpen(N_("This sale would have opened already. Set its times anew before it is announced."))
    row = {"sale": sale_id, "staff": staff_id, "seal": hash_seed(seed), "secret": keys.encrypt(seed)}
    if session.connection().execute(_announce, row).first() is None:
        raise SaleFixed
    create_price_list(session, sale.price_list, dict(sale.name))
    set_price(session, sale.price_list, sale.offering_code, sale.unit, sale.amount)
    moved = move_stock(session, sale.offering_code, sale.pieces, to=sale.place)
    if moved < sale.pieces:
        raise TooFewPieces(left=moved)
    return get_sale(session, sale_id)


def cancel_sale(session: Session, sale_id: int) -> bool:
    """Call off a sale that has not started: its pieces go back, who entered is told by its page. False where it was called off.

    Raises NotFound, SaleFixed for one that runs or is over.
    """
    connection = session.connection()
    called_off = connection.execute(_call_off, {"sale": sale_id}).first()
    sale = get_sale(session, sale_id)
    if called_off is None:
        if sale.status != "cancelled":
            raise SaleFixed(N_("This sale has started. What was promised is kept."))
        return False
    connection.execute(_send_home, {"sale": sale_id})
    if called_off.seed_hash is not None:
        give_back_pieces(session, sale)
    return True


def give_back_pieces(session: Session, sale: SaleView) -> int:
    """Put what is left of a sale's pieces back into the central stock; give how many."""
    return move_stock(session, sale.offering_code, sale.pieces, to=CENTRAL, place=sale.place)


def get_sale(session: Session, sale_id: int) -> SaleView:
    """Give a sale, whatever its state. Raises NotFound."""
    row = session.connection().execute(_get, {"sale": sale_id}).first()
    if row is None:
        raise NotFound
    return SaleView(*row)


def list_sales(session: Session, *, limit: int = 100) -> Sequence[SaleView]:
    """List all sales, the latest first: the office's view."""
    return [SaleView(*row) for row in session.connection().execute(_list, {"most": limit})]


def list_shown_sales(session: Session, *, now: datetime, limit: int = 20) -> Sequence[SaleView]:
    """List what the public sees: announced and running sales, and those over for less than a week."""
    rows = session.connection().execute(_shown, {"most": limit, "since": now - timedelta(days=7)})
    return [SaleView(*row) for row in rows]


def _row(new: NewSale) -> dict[str, Any]:
    return {**asdict(new), "name": dict(new.name)}


def _check(session: Session, new: NewSale, now: datetime) -> None:
    """Raise Invalid for what can be no sale, each fault under its field."""
    wrong: dict[str, str] = {}
    if not all(new.name.get(language, "").strip() for language in ("zh", "en")):
        wrong["name"] = N_("Give it a name in both languages.")
    if type(new.amount) is not int or not 0 < new.amount <= MAX_MINOR:
        wrong["amount"] = N_("A piece costs more than nothing; giving things away is for campaigns.")
    if type(new.pieces) is not int or not 0 < new.pieces <= MOST_PIECES:
        wrong["pieces"] = N_("Sell 1 to 10,000 pieces.")
    if new.rule not in RULES:
        wrong["rule"] = N_("Choose by which rule places are given.")
    if type(new.pay_minutes) is not int or not PAY_MINUTES[0] <= new.pay_minutes <= PAY_MINUTES[1]:
        wrong["pay_minutes"] = N_("Give 3 minutes to a day to pay.")
    wrong |= _check_times(new, now)
    if not wrong and not get_offering(session, new.offering_code).stocked:
        wrong["offering_code"] = N_("Only what is stocked can be sold by the piece.")
    if wrong:
        raise Invalid(wrong)


def _check_times(new: NewSale, now: datetime) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if new.opens_at <= now:
        wrong["opens_at"] = N_("It opens in the future.")
    if new.starts_at < new.opens_at or (new.rule == "draw" and new.starts_at == new.opens_at):
        wrong["starts_at"] = N_("It starts after it opens.")
    if not new.starts_at < new.ends_at <= new.starts_at + LONGEST:
        wrong["ends_at"] = N_("It ends after its start, within a month.")
    return wrong
