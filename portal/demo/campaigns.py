"""The demo's campaigns: written by Mei of marketing, approved by Sam, who supervises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity import find_staff_id
from portal.promotions import load_campaigns

WRITER, APPROVER = "mei", "sam"


def launch_campaigns(session: Session, *, now: datetime) -> Sequence[str]:
    """Launch the campaigns that are not there yet; give their codes. Both logins must be there."""
    return load_campaigns(session, made_by=find_staff_id(session, WRITER), approved_by=find_staff_id(session, APPROVER), now=now)
