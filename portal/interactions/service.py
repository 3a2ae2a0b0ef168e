"""Noting an interaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import new_id
from portal.interactions.kinds import CHANNELS, KINDS
from portal.interactions.models import Interaction

_insert = sa.insert(Interaction)


def record_interaction(
    session: Session,
    customer_id: int,
    *,
    channel: str,
    kind: str,
    params: Mapping[str, Any] | None = None,
    subscription_id: int | None = None,
    now: datetime,
) -> int:
    """Note one contact in the caller's transaction and give its id. One statement.

    `params` are what the kind's sentences speak of (kinds.py). `subscription_id` None: it concerns the customer as a
    whole, and members of the account do not see it. An unknown kind or channel is our mistake and raises ValueError.
    """
    if kind not in KINDS or channel not in CHANNELS:
        raise ValueError(f"no such kind or channel: {kind}, {channel}")
    interaction_id = new_id(now)
    session.connection().execute(
        _insert,
        {
            "customer_id": customer_id,
            "id": interaction_id,
            "at": now,
            "channel": channel,
            "kind": kind,
            "subscription_id": subscription_id,
            "params": dict(params or {}),
        },
    )
    return interaction_id
