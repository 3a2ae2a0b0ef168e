"""The form of a new batch of codes: read into what it is to be, and faults shown beside the field they are of."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from portal.base.clock import day_start
from portal.base.errors import N_, Invalid
from portal.codes import CHANNELS, NewBatch, NewPrize, Rules
from portal.faces.forms import FormState, typed

PRIZE_ROWS = 5
PRIZE_FIELDS = ("name_zh", "name_en", "kind", "what", "weight", "amount")
FIELDS = (
    "name_zh", "name_en", "kind", "size", "starts_on", "ends_on", "campaign_code", "partner", "per_customer", "per_customer_day", "per_day",
    *(f"prize_{row}_{name}" for row in range(1, PRIZE_ROWS + 1) for name in PRIZE_FIELDS),
)  # fmt: skip
_DIGITS = re.compile(r"\d{1,9}")
_PLACES = {"points": "what", "offering_code": "what", "name": "name_zh"}


def typed_batch() -> FormState:
    """Give what was typed."""
    return typed(*FIELDS)


def read_batch(state: FormState, zone: ZoneInfo) -> tuple[NewBatch, dict[str, str]]:
    """Give the batch a form describes, and for each place of its faults the field it came from; raises Invalid, by field."""
    faults: dict[str, str] = {}
    values = {name: value.strip() for name, value in state.values.items()}
    starts, ends = _day(values, "starts_on", faults), _day(values, "ends_on", faults)
    limits: dict[str, Any] = {name: _limit(values, name, faults) for name in ("per_customer", "per_customer_day", "per_day")}
    rows = [row for row in range(1, PRIZE_ROWS + 1) if any(values[f"prize_{row}_{name}"] for name in PRIZE_FIELDS if name != "kind")]
    prizes = tuple(_prize(values, row, faults) for row in rows) if values["kind"] == "prize" else ()
    size = _whole(values["size"])
    if faults or starts is None or ends is None:
        raise Invalid(faults)
    channels = tuple(each for each in request.form.getlist("channels") if each in CHANNELS)
    new = NewBatch(
        name={"zh": values["name_zh"], "en": values["name_en"]}, kind="coupon" if values["kind"] == "coupon" else "prize",
        size=size or 0, starts_at=_begin(starts, zone), ends_at=_begin(ends + timedelta(days=1), zone),
        campaign_code=values["campaign_code"] or None, partner=values["partner"] or None, rules=Rules(**limits, channels=channels),
        prizes=prizes,
    )  # fmt: skip
    places = {f"prizes.{place}.{name}": f"prize_{row}_{_PLACES.get(name, name)}" for place, row in enumerate(rows, 1) for name in _NAMES}
    return new, places | {f"rules.{name}": name for name in limits} | {"name": "name_zh", "ends_at": "ends_on", "prizes": "prize_1_name_zh"}


_NAMES = ("name", "kind", "points", "offering_code", "weight", "amount")


def by_field(errors: dict[str, str], places: dict[str, str]) -> dict[str, str]:
    """Give errors by the field they are shown beside."""
    return {places.get(place, place): fault for place, fault in errors.items()}


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return day_start(day, zone)


def _day(values: dict[str, str], name: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(values[name])
    except ValueError:
        faults[name] = N_("Enter a day, such as 2026-12-31.")
        return None


def _limit(values: dict[str, str], name: str, faults: dict[str, str]) -> int | None:
    if values[name] and _whole(values[name]) is None:
        faults[name] = N_("Enter a whole number above zero, or nothing for no limit.")
    return _whole(values[name])


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and _DIGITS.fullmatch(text) else None


def _prize(values: dict[str, str], row: int, faults: dict[str, str]) -> NewPrize:
    typed_in = {name: values[f"prize_{row}_{name}"] for name in PRIZE_FIELDS}
    kind, what = typed_in["kind"], typed_in["what"]
    amount = _limit(values, f"prize_{row}_amount", faults)
    name = {"zh": typed_in["name_zh"], "en": typed_in["name_en"]}
    weight = _whole(typed_in["weight"]) or 0
    if kind == "points":
        return NewPrize(name, "points", weight, amount, points=_whole(what) or 0)
    if kind == "offering":
        return NewPrize(name, "offering", weight, amount, offering_code=what or None)
    return NewPrize(name, "nothing", weight, amount)
