"""Uses of campaigns: reserved under caps and budgets, moved, confirmed, given back once.

The order of locks is everywhere the same: the uses of one holder, the customer's own counts by campaign, and last the
counters everybody waits for, by campaign and scope. Each cap is judged by the very statement that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.db import Id
from portal.base.driver import FrequentStatement
from portal.base.ids import new_id
from portal.promotions.basket import CampaignUseOf, Coupon, History
from portal.promotions.compiling import Compiled, LiveCampaigns
from portal.promotions.errors import CampaignGone
from portal.promotions.live import get_live_campaigns, keep_live, look_again, version_now
from portal.promotions.models import CampaignCounter, CampaignCustomer, CampaignUse

NO_CAP = 2**62
ALL = "all"

_use, _mine, _counter = (model.metadata.tables[model.__tablename__] for model in (CampaignUse, CampaignCustomer, CampaignCounter))
_customer: sa.BindParameter[int] = sa.bindparam("of_customer", type_=Id)
_of_holder = sa.and_(_use.c.customer_id == _customer, _use.c.holder == sa.bindparam("of_holder"))
_ended = (_use.c.campaign_id, _use.c.code, _use.c.day, _use.c.uses, _use.c.amount_minor)
_at = sa.bindparam("at", type_=_use.c.reserved_at.type)
_until = sa.bindparam("until", type_=_use.c.reserved_at.type)


def _of_it(*status: str) -> sa.ColumnElement[bool]:
    """Name a holder's uses, locked by their ids in one order: two who end several of the same never wait for each other crosswise."""
    found = sa.select(_use.c.id).where(_of_holder, _use.c.status.in_(status)).order_by(_use.c.id).with_for_update()
    return sa.and_(_use.c.customer_id == _customer, _use.c.id.in_(found))


_end = sa.update(_use).values(status="released", ended_at=_at).returning(*_ended)
_drop = FrequentStatement(_end.where(_of_it("reserved")))
_release = _end.where(_of_it("reserved", "used"))
_expire = _end.where(
    _use.c.customer_id == _customer,
    _use.c.id == sa.bindparam("of_use", type_=Id),
    _use.c.status == "reserved",
    _use.c.expires_at <= _at,
)
_confirm = FrequentStatement(sa.update(_use).where(_of_it("reserved")).values(status="used", expires_at=None, ended_at=_at))
_move = sa.update(_use).where(_of_it("reserved")).values(holder=sa.bindparam("new_holder"), expires_at=_until)
_overdue = (
    sa.select(_use.c.customer_id, _use.c.id)
    .where(_use.c.status == "reserved", _use.c.expires_at <= sa.bindparam("now", type_=_use.c.reserved_at.type))
    .order_by(_use.c.expires_at)
)
_own = sa.and_(
    _use.c.customer_id == _mine.c.customer_id,
    _use.c.campaign_id == _mine.c.campaign_id,
    _use.c.holder == sa.bindparam("of_holder"),
    _use.c.status == "reserved",
)
_used = FrequentStatement(
    sa.select(_mine.c.campaign_id, _mine.c.uses, _mine.c.spent_minor, _use.c.uses, _use.c.amount_minor)
    .select_from(_mine.outerjoin(_use, _own))
    .where(_mine.c.customer_id == _customer, _mine.c.uses > 0)
)
_anybody = sa.select(sa.literal(1).label("one")).subquery("anybody")
_used_now = FrequentStatement(
    sa.select(
        version_now.scalar_subquery().label("version"), _mine.c.campaign_id, _mine.c.uses.label("all_uses"),
        _mine.c.spent_minor.label("all_minor"), _use.c.uses.label("own_uses"), _use.c.amount_minor.label("own_minor"),
    ).select_from(
        _anybody.outerjoin(_mine, sa.and_(_mine.c.customer_id == _customer, _mine.c.uses > 0)).outerjoin(_use, _own)
    )
)  # fmt: skip
_by_code = sa.select(_counter.c.campaign_id, _counter.c.scope, _counter.c.uses).where(
    sa.tuple_(_counter.c.campaign_id, _counter.c.scope).in_(sa.bindparam("scopes", expanding=True))
)

_uses, _minor = sa.bindparam("more_uses", type_=Id), sa.bindparam("more_minor", type_=Id)


def _counting(table: sa.Table, keys: Sequence[str], insert: Callable[..., Any]) -> Any:
    """Count up where the caps allow it: no row comes back where they do not."""
    made = insert(table).values(**{key: sa.bindparam(f"of_{key}") for key in keys}, uses=_uses, spent_minor=_minor)
    uses, spent = table.c.uses + made.excluded.uses, table.c.spent_minor + made.excluded.spent_minor
    most_uses, most_minor = sa.bindparam("most_uses", type_=Id), sa.bindparam("most_minor", type_=Id)
    return made.on_conflict_do_update(
        index_elements=list(keys), set_={"uses": uses, "spent_minor": spent}, where=sa.and_(uses <= most_uses, spent <= most_minor)
    ).returning(table.c.uses)


def _giving_back(table: sa.Table, keys: Sequence[str]) -> sa.Update:
    mine = [table.c[key] == sa.bindparam(f"of_{key}") for key in keys]
    return sa.update(table).where(*mine).values(uses=table.c.uses + _uses, spent_minor=table.c.spent_minor + _minor)


def _reserving(insert: Callable[..., Any]) -> Any:
    """Write a use; one the same holder had and gave back is begun anew."""
    names = ("customer_id", "id", "campaign_id", "version", "holder", "code", "day", "uses", "amount_minor", "reserved_at", "expires_at")
    made = insert(_use).values(**{name: sa.bindparam(name) for name in names}, status="reserved", ended_at=None)
    anew = {name: made.excluded[name] for name in (*names[3:], "status", "ended_at")}
    keys = ["customer_id", "holder", "campaign_id"]
    return made.on_conflict_do_update(index_elements=keys, set_=anew, where=_use.c.status == "released").returning(_use.c.id)


_INSERTS: Mapping[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_CUSTOMER_KEYS, _COUNTER_KEYS = ("customer_id", "campaign_id"), ("campaign_id", "scope")
_new_use = FrequentStatement({name: _reserving(insert) for name, insert in _INSERTS.items()})
_more_mine = FrequentStatement({name: _counting(_mine, _CUSTOMER_KEYS, insert) for name, insert in _INSERTS.items()})
_more = FrequentStatement({name: _counting(_counter, _COUNTER_KEYS, insert) for name, insert in _INSERTS.items()})
_less_mine, _less = _giving_back(_mine, _CUSTOMER_KEYS), _giving_back(_counter, _COUNTER_KEYS)


@dataclass(slots=True)
class _Change:
    """By how much a count changes."""

    uses: int = 0
    minor: int = 0

    def add(self, uses: int, minor: int) -> None:
        self.uses += uses
        self.minor += minor


class _Changes:
    """By how much counts change in one transaction: what is given back and taken again costs nothing."""

    def __init__(self) -> None:
        self.customers: dict[tuple[int, int], _Change] = {}
        self.counters: dict[tuple[int, str], _Change] = {}

    def note(self, customer_id: int, row: Any, sign: int) -> None:
        """Count a use in or out."""
        uses, minor = sign * row.uses, sign * row.amount_minor
        self.customers.setdefault((customer_id, row.campaign_id), _Change()).add(uses, minor)
        scopes = [ALL, f"day:{row.day}"] + ([f"code:{row.code}"] if row.code else [])
        for scope in scopes:
            self.counters.setdefault((row.campaign_id, scope), _Change()).add(uses, minor)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A use as it is to be counted."""

    campaign_id: int
    code: str | None
    day: str
    uses: int
    amount_minor: int


def reserve_uses(
    session: Session, customer_id: int, uses: Sequence[CampaignUseOf], *, holder: str, until: datetime | None, now: datetime
) -> None:
    """Reserve what an evaluation used for `holder` ("cart:7", "order:42"), in place of whatever the holder had reserved.

    Raises CampaignGone, upon which roll back. Locks the counters of campaigns, in one order: call it late, before stock.
    """
    live, changes = get_live_campaigns(session, now=now), _Changes()
    for row in _drop.rows(session, {"of_customer": customer_id, "of_holder": holder, "at": now}):
        changes.note(customer_id, row, -1)
    for use in sorted(uses, key=lambda each: each.campaign_id):
        campaign = _still_live(session, live, use, now)
        wanted = _Wanted(campaign.id, use.code, today(now).isoformat(), use.uses, use.amount_minor)
        values = {
            "customer_id": customer_id, "id": new_id(now), "campaign_id": campaign.id, "version": use.version, "holder": holder,
            "code": use.code, "day": wanted.day, "uses": use.uses, "amount_minor": use.amount_minor, "reserved_at": now,
            "expires_at": until,
        }  # fmt: skip
        if _new_use.first(session, values) is not None:  # else the same holder was here twice
            changes.note(customer_id, wanted, 1)
    _apply(session, changes, live)


def move_uses(session: Session, customer_id: int, from_holder: str, to_holder: str, *, until: datetime | None, now: datetime) -> int:  # noqa: ARG001 - as all of them
    """Hand what one holder has reserved to another, to be kept until another moment; give how many."""
    values = {"of_customer": customer_id, "of_holder": from_holder, "new_holder": to_holder, "until": until}
    return session.connection().execute(_move, values).rowcount


def confirm_uses(session: Session, customer_id: int, holder: str, *, now: datetime) -> int:
    """Note what is reserved for `holder` as used, once; give how many."""
    return _confirm.change(session, {"of_customer": customer_id, "of_holder": holder, "at": now})


def release_uses(session: Session, customer_id: int, holder: str, *, now: datetime) -> int:
    """Give back what `holder` has reserved or used, once, budget included; give how many campaigns that were."""
    changes = _Changes()
    rows = session.connection().execute(_release, {"of_customer": customer_id, "of_holder": holder, "at": now}).all()
    for row in rows:
        changes.note(customer_id, row, -1)
    _apply(session, changes, LiveCampaigns())
    return len(rows)


def expire_uses(session: Session, *, now: datetime, limit: int) -> int:
    """Give back what is reserved past its time; give how many, at most `limit`. Customers are taken in one order."""
    connection, changes, count = session.connection(), _Changes(), 0
    # As a number in the statement: for a parameter, PostgreSQL's one plan reckons with a tenth of the table.
    due = connection.execute(_overdue.limit(sa.literal_column(str(int(limit)))), {"now": now}).all()
    for customer_id, use_id in sorted((row.customer_id, row.id) for row in due):
        row = connection.execute(_expire, {"of_customer": customer_id, "of_use": use_id, "at": now}).first()
        if row is not None:
            changes.note(customer_id, row, -1)
            count += 1
    _apply(session, changes, LiveCampaigns())
    return count


def add_uses(
    session: Session,
    customer_id: int,
    history: History,
    *,
    live: LiveCampaigns,
    holder: str | None = None,
    coupons: Iterable[Coupon] = (),
) -> History:
    """Add to a history what its customer used of campaigns, as `holder` sees it. One statement, two with coupons."""
    rows = _used.rows(session, {"of_customer": customer_id, "of_holder": holder})
    return _with_uses(session, history, rows, live, coupons)


def get_live_for(
    session: Session,
    customer_id: int,
    history: History,
    *,
    holder: str | None = None,
    coupons: Iterable[Coupon] = (),
    now: datetime,
) -> tuple[LiveCampaigns, History]:
    """Give what `get_live_campaigns` and `add_uses` give together, by one statement less."""
    rows = _used_now.rows(session, {"of_customer": customer_id, "of_holder": holder})
    live = keep_live(session, rows[0].version or 0, now=now)
    return live, _with_uses(session, history, [row[1:] for row in rows if row.campaign_id is not None], live, coupons)


def _with_uses(
    session: Session, history: History, rows: Iterable[Sequence[Any]], live: LiveCampaigns, coupons: Iterable[Coupon]
) -> History:
    used, given, held = {}, {}, {}
    for campaign_id, uses, minor, own_uses, own_minor in rows:
        used[campaign_id], given[campaign_id] = uses - (own_uses or 0), minor - (own_minor or 0)
        if own_uses is not None:
            held[campaign_id] = own_minor
    known = [(live.by_code[each.campaign_code].id, f"code:{each.code}") for each in coupons if each.campaign_code in live.by_code]
    found = session.connection().execute(_by_code, {"scopes": known}) if known else ()
    by_code = {(row.campaign_id, row.scope.removeprefix("code:")): row.uses for row in found}
    return replace(history, uses=used, given_minor=given, held=held, code_uses=by_code)


def _still_live(session: Session, live: LiveCampaigns, use: CampaignUseOf, now: datetime) -> Compiled:
    campaign = live.by_id.get(use.campaign_id)
    if campaign is None or campaign.version != use.version or (campaign.ends_at is not None and now >= campaign.ends_at):
        look_again(session)
        raise CampaignGone("" if campaign is None else campaign.code)
    return campaign


def _apply(session: Session, changes: _Changes, live: LiveCampaigns) -> None:
    """Count, the customers' own counts first; a cap that is reached raises CampaignGone."""
    for (customer_id, campaign_id), change in sorted(changes.customers.items()):
        caps = live.by_id[campaign_id].document.caps if campaign_id in live.by_id else None
        most = (caps.per_customer, caps.per_customer_minor) if caps else (None, None)
        keys = {"of_customer_id": customer_id, "of_campaign_id": campaign_id}
        _count(session, _more_mine, _less_mine, keys, change, most, live)
    for (campaign_id, scope), change in sorted(changes.counters.items()):
        keys_of = {"of_campaign_id": campaign_id, "of_scope": scope}
        _count(session, _more, _less, keys_of, change, _most(live.by_id.get(campaign_id), scope), live)


def _most(campaign: Compiled | None, scope: str) -> tuple[int | None, int | None]:
    """Give the most uses and the most money of a scope."""
    if campaign is None:
        return None, None
    caps = campaign.document.caps
    if scope == ALL:
        return caps.uses, campaign.document.budget_minor
    return (caps.per_day, caps.per_day_minor) if scope.startswith("day:") else (caps.per_code, None)


def _count(
    session: Session,
    more: FrequentStatement,
    less: sa.Update,
    keys: dict[str, Any],
    change: _Change,
    most: tuple[int | None, int | None],
    live: LiveCampaigns,
) -> None:
    if change.uses == 0 and change.minor == 0:
        return
    values = {**keys, "more_uses": change.uses, "more_minor": change.minor}
    if change.uses < 0 or change.minor < 0:
        session.connection().execute(less, values)
        return
    most_uses, most_minor = (NO_CAP if each is None else each for each in most)
    fits = change.uses <= most_uses and change.minor <= most_minor
    if not fits or more.first(session, {**values, "most_uses": most_uses, "most_minor": most_minor}) is None:
        look_again(session)
        campaign = live.by_id.get(keys["of_campaign_id"])
        raise CampaignGone(campaign.code if campaign else "")
