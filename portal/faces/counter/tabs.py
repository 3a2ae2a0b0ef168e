"""The customers one has open, as tabs; and which opening, if any, lets one see a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.faces.parts import portal
from portal.identity import OpeningView, OpenTab, SessionView, list_open_customers


def my_tabs(session: Session, signed_in: SessionView, *, now: datetime) -> Sequence[OpenTab]:
    """Give whom this session has open. One statement."""
    return list_open_customers(session, signed_in.staff, settings=portal().settings, now=now)


def opening_of(tabs: Sequence[OpenTab], customer_id: int) -> OpeningView | None:
    """Give the opening of one customer among those open; None: masked."""
    return next((tab.opening for tab in tabs if tab.opening.customer_id == customer_id), None)


def tab_items(tabs: Sequence[OpenTab], current: int | None = None) -> list[dict[str, Any]]:
    """Give the tabs as the layout shows them."""
    return [
        {
            "label": tab.customer_name,
            "url": url_for("counter.show_customer", customer_id=tab.opening.customer_id),
            "close_url": url_for("counter.close", customer_id=tab.opening.customer_id),
            "icon": "building" if tab.kind == "organisation" else "user",
            "current": tab.opening.customer_id == current,
        }
        for tab in tabs
    ]
