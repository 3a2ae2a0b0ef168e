"""What tests of campaigns' pages need: a campaign as somebody writes it, and its way to be approved."""

from __future__ import annotations

from typing import Any

from portal.promotions import approve_campaign, create_campaign, submit_campaign
from tests.cast import NOW

DOCUMENT: dict[str, Any] = {
    "name": {"zh": "手机八折", "en": "Handsets, a fifth off"},
    "currency": "CNY",
    "effects": [{"kind": "percentage", "basis_points": 2000, "target": {"kinds": ["device"]}}],
}


def launch(database: Any, staff: Any, code: str = "spring", document: dict[str, Any] | None = None, *, now: Any = NOW) -> int:
    """Have Mei write a campaign and Sam approve it; give its id."""
    with database.writing() as session:
        campaign_id = create_campaign(session, code, document or DOCUMENT, staff_id=staff.mei.staff_id, now=now)
        submit_campaign(session, code, staff_id=staff.mei.staff_id, now=now)
    with database.writing() as session:
        approve_campaign(session, code, staff_id=staff.sam.staff_id, now=now)
    return campaign_id
