"""What a campaign did: orders, revenue, cost, by day and channel; what it brought against those it was kept from; as CSV too."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import Response, render_template

from portal.base import clock
from portal.base.clock import local_time
from portal.base.money import Money
from portal.customers import count_customers
from portal.faces.access import marketing, requires
from portal.faces.babel import gettext
from portal.faces.office.blueprint import bp
from portal.faces.office.campaigns import note
from portal.faces.office.uplift import Uplift, compare
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import day, figure, money
from portal.orders import CampaignOrder, list_buyers, list_campaign_orders
from portal.promotions import CampaignView, get_campaign, is_held_out, list_campaign_versions

CHUNK = 1_000
MOST_BARS = 12
_RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(slots=True)
class Tally:
    """Orders of one day or channel, or of all."""

    orders: int = 0
    revenue_minor: int = 0
    cost_minor: int = 0

    @property
    def basket_minor(self) -> int:
        """What an order came to, on average."""
        return round(self.revenue_minor / self.orders) if self.orders else 0

    def add(self, order: CampaignOrder) -> None:
        """Count an order."""
        self.orders += 1
        self.revenue_minor += order.revenue_minor
        self.cost_minor += order.cost_minor


@dataclass(slots=True)
class Results:
    """What a campaign did from `since` to `until`."""

    since: datetime
    until: datetime
    whole: Tally = field(default_factory=Tally)
    days: dict[date, Tally] = field(default_factory=lambda: defaultdict(Tally))
    channels: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    customers: set[int] = field(default_factory=set)


@bp.get("/campaigns/of/<code:code>/results")
@requires(marketing)
def show_campaign_results(code: str) -> str:
    """Show what a campaign did so far."""
    campaign, results = _results(code)
    return render_template(
        "office/campaigns/results.html", campaign=campaign, results=results, bars=_bars(results) if results else [],
        uplift=_uplift(campaign, results) if results and campaign.hold_out_percent else None,
    )  # fmt: skip


@bp.get("/campaigns/of/<code:code>/results.csv")
@requires(marketing)
def export_campaign_results(code: str) -> Response:
    """Give what a campaign did by day and channel as CSV: sums alone, nobody's data."""
    campaign, results = _results(code)
    with writing() as db:
        note(db, "campaign.exported", campaign.code)
    rows = list(_rows(campaign, results))
    file = io.StringIO()
    csv.writer(file).writerows([[_plain(each) for each in row] for row in rows])
    response = Response(file.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{campaign.code}.csv"'
    return response


def _results(code: str) -> tuple[CampaignView, Results | None]:
    """Read a campaign's orders, a chunk at a time; None for one that never held."""
    now = clock.now()
    with reading() as db:
        campaign, versions = get_campaign(db, code), list_campaign_versions(db, code)
    if not versions:
        return campaign, None
    first = versions[-1].approved_at
    results = Results(max(first, campaign.starts_at or first), now)
    after: tuple[int, int] | None = (0, 0)
    while after is not None:
        with reading() as db:
            found, after = list_campaign_orders(db, campaign.id, since=first, until=now, after=after, limit=CHUNK)
        for order in found:
            results.whole.add(order)
            results.days[local_time(order.placed_at).date()].add(order)
            results.channels[order.channel].add(order)
            results.customers.add(order.customer_id)
    return campaign, results


def _uplift(campaign: CampaignView, results: Results) -> Uplift | None:
    """Compare who ordered anything while it held: all customers, parted as the hold-out parts them, whatever they looked at."""
    until = min(results.until, campaign.ends_at or results.until)
    if until <= results.since:
        return None
    with reading() as db:
        everybody = count_customers(db, since_before=results.since.date())
    kept_from = round(everybody * campaign.hold_out_percent / 100)
    buyers, kept_buyers, after = 0, 0, 0
    while True:
        with reading() as db:
            found = list_buyers(db, since=results.since, until=until, after=after, limit=CHUNK)
        held = sum(is_held_out(campaign.code, campaign.hold_out_percent, each) for each in found)
        buyers, kept_buyers = buyers + len(found) - held, kept_buyers + held
        if len(found) < CHUNK:
            return compare(buyers, everybody - kept_from, kept_buyers, kept_from)
        after = found[-1]


def _bars(results: Results) -> list[dict[str, object]]:
    """Give the last days with orders as bars."""
    days = sorted(results.days)[-MOST_BARS:]
    return [
        {
            "label": day(each),
            "value": results.days[each].revenue_minor,
            "text": money(results.days[each].revenue_minor),
            "short": figure(results.days[each].revenue_minor),
        }
        for each in days
    ]


def _rows(campaign: CampaignView, results: Results | None) -> Iterator[Sequence[object]]:
    currency = portal().settings.currency
    yield (
        gettext("Campaign"), gettext("By"), gettext("Which"), gettext("Orders"), gettext("Revenue"), gettext("Cost"),
        gettext("Average basket"), gettext("Currency"),
    )  # fmt: skip
    if results is None:
        return
    parts: list[tuple[str, str, Tally]] = [(gettext("all"), "", results.whole)]
    parts += [(gettext("day"), each.isoformat(), results.days[each]) for each in sorted(results.days)]
    parts += [(gettext("channel"), each, results.channels[each]) for each in sorted(results.channels)]
    for by, which, tally in parts:
        sums = (Money(each, currency).amount for each in (tally.revenue_minor, tally.cost_minor, tally.basket_minor))
        yield campaign.code, by, which, tally.orders, *sums, currency


def _plain(value: object) -> object:
    """Give a text so that no spreadsheet takes it for a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_RISKY) else value
