"""What happened with a customer, on any channel: joining, bills and payments, calls, visits, sign-ins."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from portal.base.clock import day_start
from portal.base.ids import id_at
from portal.demo.bills import Paid
from portal.demo.people import Made, Plan
from portal.demo.tables import Forms, Rows, document

Happening = tuple[datetime, str, str, int | None, Mapping[str, object]]
_NOTHING: Mapping[str, object] = {}
_TOPICS: tuple[Mapping[str, object], ...] = tuple(
    {"topic": {"zh": zh, "en": en}}
    for zh, en in (
        ("账单疑问", "a bill"),
        ("网速慢", "a slow connection"),
        ("套餐变更", "a change of plan"),
        ("信号问题", "reception"),
        ("国际漫游", "roaming abroad"),
    )
)
_OUTLETS: tuple[Mapping[str, object], ...] = tuple(
    {"outlet": {"zh": zh, "en": en}}
    for zh, en in (
        ("人民路营业厅", "the hall at Renmin Road"),
        ("湖滨营业厅", "the hall at the lake"),
        ("火车站营业厅", "the hall at the station"),
    )
)
_BROWSERS: tuple[Mapping[str, object], ...] = tuple(
    {"device": device} for device in ("Chrome · Android", "Safari · iPhone", "Edge · Windows")
)


def add_timeline(rows: Rows, plan: Plan, made: Made, bills: Sequence[Paid], forms: Forms) -> None:
    """Add what happened with a customer: bills and payments always, visits, calls and sign-ins where detail is kept."""
    draw = random.Random((plan.seed << 32 | made.index) ^ 0x71E << 64)
    happened = _joining(plan, made) + [one for bill in bills for one in _billing(plan, made, bill)]
    if made.detail:
        happened += _contacts(plan, made, draw)
    kept = sorted((one for one in happened if one[0] <= plan.now), key=lambda one: one[0])
    rows["interaction"] += [
        (made.id, id_at(at, number), forms.moment(at), channel, kind, line, document(params))
        for number, (at, channel, kind, line, params) in enumerate(kept)
    ]


def _joining(plan: Plan, made: Made) -> list[Happening]:
    start = day_start(made.since, plan.zone) + timedelta(hours=10, minutes=made.index % 400)
    found: list[Happening] = [(start, "counter", "joined", None, _NOTHING)]
    if made.detail:
        found += [
            (start + timedelta(minutes=5 + place), "counter", "product_started", line.id, {"product": dict(line.products[0].offering.name)})
            for place, line in enumerate(made.lines)
        ]
    if made.left_on:
        found.append((day_start(made.left_on, plan.zone) - timedelta(minutes=1), "counter", "left", None, _NOTHING))
    return found


def _billing(plan: Plan, made: Made, bill: Paid) -> list[Happening]:
    facts = {
        "cycle_start": bill.month.isoformat(),
        "due_on": bill.due_on.isoformat(),
        "total_minor": bill.total_minor,
        "currency": plan.currency,
    }
    channel = "web" if made.paperless else "sms"
    found: list[Happening] = [(day_start(bill.issued_on, plan.zone) + timedelta(minutes=1), channel, "bill_issued", None, facts)]
    if bill.paid_at:
        channel = "counter" if made.payment_method == "mailed_check" else "web"
        found.append((bill.paid_at, channel, "bill_paid", None, {"amount_minor": bill.total_minor, "currency": plan.currency}))
    return found


def _contacts(plan: Plan, made: Made, draw: random.Random) -> list[Happening]:
    """Calls to support as often as the row says, a visit or two, sign-ins: within the last three months of being here."""
    end = min(plan.now, day_start(made.left_on, plan.zone)) if made.left_on else plan.now
    start = max(day_start(made.since, plan.zone), end - timedelta(days=92))
    line = made.lines[0].id

    def some_time() -> datetime:
        day = start + (end - start) * draw.random()
        at = day_start(day.astimezone(plan.zone).date(), plan.zone) + timedelta(seconds=draw.randint(8 * 3600, 20 * 3600))
        return max(start, min(at, end)).replace(microsecond=0)

    found: list[Happening] = [(some_time(), "voice", "called_support", line, draw.choice(_TOPICS)) for _ in range(made.support_calls)]
    found += [(some_time(), "counter", "visited_counter", None, draw.choice(_OUTLETS)) for _ in range(draw.randint(0, 2))]
    if made.paperless:
        browser = draw.choice(_BROWSERS)
        found += [(some_time(), "web", "signed_in", line, browser) for _ in range(draw.randint(1, 6))]
    return found
