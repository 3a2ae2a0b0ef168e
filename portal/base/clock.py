"""Time comes from one place, so that a test can set it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Give the present moment, aware and in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """Give the calendar day that `moment` falls on where the operator does business."""
    return moment.astimezone(zone).date()


def month_start(day: date, months_back: int = 0) -> date:
    """Give the first day of the month of `day`, or of the month `months_back` months before it."""
    index = day.year * 12 + day.month - 1 - months_back
    return date(index // 12, index % 12 + 1, 1)


def next_month(day: date) -> date:
    """Give the first day of the month after the month of `day`."""
    return month_start(day, -1)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Give the moment (UTC) at which `day` begins in `zone`."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


_business = [ZoneInfo("Asia/Shanghai")]


def use_zone(zone: ZoneInfo) -> None:
    """Set where the operator does business, once, while the application is put together (`Settings.zone`)."""
    _business[0] = zone


def today(moment: datetime) -> date:
    """Give the calendar day it is at `moment` where the operator does business: what is due, which month is running."""
    return local_date(moment, _business[0])


def local_time(moment: datetime) -> datetime:
    """Give `moment` as the clocks show it where the operator does business: its hour, its weekday."""
    return moment.astimezone(_business[0])


def minutes(count: float) -> timedelta:
    """Give a duration of `count` minutes; reads better than a keyword at the call."""
    return timedelta(minutes=count)
