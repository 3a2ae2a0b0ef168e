"""A campaign tried out: as this customer, on that day, with this basket, what would apply and every reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import N_
from portal.base.ids import from_ref, to_ref
from portal.catalog import CENTRAL, STANDARD, OfferView, list_published, price_offerings
from portal.customers import Shopper, find_holder, get_shopper, parse_number
from portal.faces.access import marketing, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.office.blueprint import bp
from portal.faces.office.campaign_parts import CHANNELS, KINDS, TIERS
from portal.faces.office.campaign_values import read_value, write_value
from portal.faces.office.campaigns import names_of, note
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.orders import list_history
from portal.promotions import (
    Basket,
    BasketItem,
    CampaignView,
    Coupon,
    Evaluation,
    History,
    LiveCampaigns,
    LiveDocument,
    add_uses,
    compile_campaigns,
    evaluate,
    get_campaign,
    get_live_campaigns,
    read_document,
)
from portal.promotions import list_campaigns as all_campaigns

ROWS = 4
MOST_OF_ONE = 99
_NOBODY = N_("Nobody we know has this number.")
_FIELDS = ("number", "tier", "kind", "months", "region", "age", "company", "day", "channel", "shipping", "code")
_ITEMS = tuple(f"{name}{row}" for row in range(1, ROWS + 1) for name in ("item", "count"))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in the basket: what it costs, and what campaigns take off."""

    name: Mapping[str, str]
    quantity: int
    full_minor: int
    off_minor: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    lines: tuple[Line, ...]
    evaluation: Evaluation
    full_minor: int
    shipping_minor: int
    at: datetime

    @property
    def total_minor(self) -> int:
        """What the customer would pay."""
        return self.full_minor + self.shipping_minor - self.evaluation.total_discount_minor


@bp.get("/campaigns/of/<code:code>/preview")
@requires(marketing)
def preview_campaign(code: str) -> Response:
    """Ask as whom, when and with what a campaign is to be tried out."""
    with reading() as db:
        campaign = get_campaign(db, code)
    return _show(campaign, FormState({"channel": "web", "tier": "standard", "kind": "individual", "count1": "1"}), None)


@bp.post("/campaigns/of/<code:code>/preview")
@requires(marketing)
def try_campaign(code: str) -> Response:
    """Show what would apply, and why. Nothing is reserved; whose prices were looked at is noted."""
    state, now = typed(*_FIELDS, *_ITEMS), clock.now()
    with reading() as db:
        campaign = get_campaign(db, code)
        buyer, history = _buyer(db, state, now)
    wanted = _wanted(state)
    if not wanted and not state.errors:
        state.errors["item1"] = gettext("Put something into the basket.")
    if state.errors:
        return _show(campaign, state, None)
    if buyer.customer_id:
        with writing() as db:
            note(db, "campaign.previewed", code, customer_id=buyer.customer_id)
    with reading() as db:
        at = _at(state, now)
        offers = price_offerings(db, STANDARD, wanted, shopper=buyer, channel=state.values["channel"], now=at)
        live = with_draft(db, campaign, now=now)
    tried = _evaluated(live, campaign, buyer, history, offers, wanted, state, at)
    return _show(campaign, state, tried)


def with_draft(db: Session, campaign: CampaignView, *, now: datetime) -> LiveCampaigns:
    """Give the campaigns that hold, this one as its draft says (or as it holds, or would, were it approved)."""
    document = read_document(campaign.draft or campaign.document)
    others = [each for each in all_campaigns(db, status="approved") if each.id != campaign.id]
    documents = [LiveDocument(each.id, each.code, each.version, read_document(each.document)) for each in others]
    now_live = get_live_campaigns(db, now=now)
    compiled = compile_campaigns([*documents, LiveDocument(campaign.id, campaign.code, campaign.version + 1, document)])
    room = {each: left for each, left in now_live.room.items() if each != campaign.id}
    return replace(compiled, used_up=now_live.used_up - {campaign.id}, room=room)


def _buyer(db: Session, state: FormState, now: datetime) -> tuple[Shopper, History]:
    """Give the customer of the number that was typed, else one made up from the other fields."""
    if state.values["number"].strip():
        holder = None
        with state.catching():
            holder = find_holder(db, parse_number(state.values["number"], portal().settings.country))
        if holder is None:
            state.errors.setdefault("number", gettext(_NOBODY))
            return _made_up(state, now), History()
        buyer = get_shopper(db, holder.customer_id, now=now, party_id=holder.party_id)
        past = list_history(db, holder.customer_id, now=now)
        history = History(past.orders, past.spent_minor, past.bought, past.first_at)
        return buyer, add_uses(db, holder.customer_id, history, live=get_live_campaigns(db, now=now))
    return _made_up(state, now), History()


def _made_up(state: FormState, now: datetime) -> Shopper:
    months, age = (_count(state.values[name], most) for name, most in (("months", 600), ("age", 130)))
    since = now.date() - timedelta(days=31 * (months if months is not None else 12))
    return Shopper(
        customer_id=0, kind=_one_of(state.values["kind"], KINDS), tier=_one_of(state.values["tier"], TIERS),
        region=state.values["region"].strip(), since=since,
        birth_date=date(now.year - age, 1, 1) if age is not None else None, products=frozenset(), enterprise=_company(state),
        documents=frozenset(), lines=(),
    )  # fmt: skip


def _company(state: FormState) -> int | None:
    try:
        return from_ref(state.values["company"]) if state.values["company"] else None
    except ValueError:
        return None


def _one_of(value: str, options: Sequence[tuple[str, str]]) -> str:
    return value if value in {each for each, _ in options} else options[0][0]


def _count(text: str, most: int) -> int | None:
    bare = text.strip()
    return min(int(bare), most) if bare.isascii() and bare.isdecimal() and len(bare) <= len(str(most)) else None


def _wanted(state: FormState) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in range(1, ROWS + 1):
        code, text = state.values[f"item{row}"].strip(), state.values[f"count{row}"].strip()
        if not code:
            continue
        count = _count(text or "1", MOST_OF_ONE)
        if not count:
            state.errors[f"count{row}"] = gettext("Enter a number from 1 to 99.")
        else:
            found[code] = min(found.get(code, 0) + count, MOST_OF_ONE)
    return found


def _at(state: FormState, now: datetime) -> datetime:
    value = read_value("moment", [state.values["day"]])
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if value else now
    except ValueError:
        state.errors["day"] = gettext(value.sentence)
        return now


def _evaluated(
    live: LiveCampaigns, campaign: CampaignView, buyer: Shopper, history: History, offers: Mapping[str, OfferView],
    wanted: Mapping[str, int], state: FormState, at: datetime,
) -> Tried:  # fmt: skip
    """Evaluate the basket. Pure."""
    there = [(offers[code], count) for code, count in wanted.items() if code in offers]
    items = tuple(
        BasketItem(
            place, offer.code, offer.kind, offer.category, count, offer.charges.once_minor, offer.charges.monthly_minor,
            offer.charges.deposit_minor,
        )
        for place, (offer, count) in enumerate(there, 1)
    )  # fmt: skip
    typed_fee = read_value("money", [state.values["shipping"]])
    shipping = typed_fee if type(typed_fee) is int else 0
    codes = (Coupon("-", campaign.code),) if state.values["code"] else ()
    basket = Basket(items, portal().settings.currency, state.values["channel"] or "web", CENTRAL, shipping, at, codes)
    done = evaluate(live, basket, buyer, history)
    lines = tuple(
        Line(offer.name, count, item.unit_minor * count, done.line_discount(item.position))
        for item, (offer, count) in zip(items, there, strict=True)
    )
    return Tried(lines, done, sum(line.full_minor for line in lines), shipping, at)


def _show(campaign: CampaignView, state: FormState, tried: Tried | None) -> Response:
    with reading() as db:
        offers = _choices(db)
        companies = [(to_ref(customer_id), name) for customer_id, name in names_of(db).companies.items()]
    context: dict[str, Any] = {
        "campaign": campaign, "state": state, "tried": tried, "offers": offers, "companies": companies, "rows": range(1, ROWS + 1),
        "choices": {"tier": TIERS, "kind": KINDS, "channel": CHANNELS},
        "day": state.values.get("day") or write_value("moment", clock.now().isoformat()),
    }  # fmt: skip
    return make_response(render_template("office/campaigns/preview.html", **context), state.status)


def _choices(db: Session) -> list[tuple[str, Mapping[str, str]]]:
    """Give what can be put into the basket: what has a price of its own on the standard list."""
    found = [each for each in list_published(db).values() if any(price.unit != "points" and price.stands for price in each.prices)]
    return [(each.code, each.name.local()) for each in sorted(found, key=lambda each: (each.kind, each.code))]
