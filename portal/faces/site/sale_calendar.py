"""The calendar's file of a flash sale."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from icalendar import Alarm, Calendar, Event

from portal.base.ids import to_ref
from portal.faces.babel import gettext
from portal.faces.parts import portal
from portal.faces.words import moment, text
from portal.flashsales import SaleView


def write_calendar(sale: SaleView) -> bytes:
    """Give a sale as an iCalendar file (RFC 5545), in the reader's language: its hours, and a reminder ten minutes before."""
    event, calendar = Event(), Calendar()
    event.add("uid", f"sale-{to_ref(sale.id)}@{portal().settings.base_url.split('//')[-1]}")
    event.add("dtstamp", sale.starts_at)
    event.add("dtstart", sale.starts_at)
    event.add("dtend", sale.ends_at)
    event.add("summary", text(dict(sale.name)))
    event.add(
        "description",
        gettext("Starts at this hour. Enter on the page of the sale from %(time)s on.", time=moment(sale.opens_at)),
    )
    event.add("url", portal().settings.base_url.rstrip("/") + url_for("site.show_sale", sale_id=sale.id))
    event.add("transp", "TRANSPARENT")
    calendar.add("prodid", "-//OneHall//sales//")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    event.add_component(_reminder())
    written: bytes = calendar.to_ical()
    return written


def _reminder() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", gettext("The sale starts in ten minutes."))
    alarm.add("trigger", timedelta(minutes=-10))
    return alarm
