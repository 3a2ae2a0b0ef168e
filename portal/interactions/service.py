"""Noting an interaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.ids import new_id
from portal.interactions.kinds import CHANNELS, KINDS
from portal.interactions.models import Interaction

_interaction = Interaction.metadata.tables["interaction"]
_insert = FrequentStatement(sa.insert(_interaction))
_COLUMNS = ("customer_id", "id", "at", "channel", "kind", "subscription_id", "params")


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
    interaction_id = new_id(now)
    row = _row(customer_id, interaction_id, now, channel, kind, subscription_id, params)
    _insert.change(session, row)
    return interaction_id


def recording(after: sa.CTE) -> sa.CTE:
    """Give `record_interaction` as a part of a larger statement, done once for each row of `after`; `recording_values` fill it."""
    given = [sa.bindparam(f"interaction_{name}", type_=_interaction.c[name].type) for name in _COLUMNS]
    return sa.insert(_interaction).from_select(_COLUMNS, sa.select(*given).select_from(after)).cte("recorded")


def recording_values(
    customer_id: int, *, channel: str, kind: str, params: Mapping[str, Any], subscription_id: int | None = None, now: datetime
) -> dict[str, object]:
    """Give the values for `recording`; as for `record_interaction`."""
    row = _row(customer_id, new_id(now), now, channel, kind, subscription_id, params)
    return {f"interaction_{name}": value for name, value in row.items()}


def _row(
    customer_id: int,
    interaction_id: int,
    now: datetime,
    channel: str,
    kind: str,
    subscription_id: int | None,
    params: Mapping[str, Any] | None,
) -> dict[str, object]:
    if kind not in KINDS or channel not in CHANNELS:
        raise ValueError(f"no such kind or channel: {kind}, {channel}")
    row = (customer_id, interaction_id, now, channel, kind, subscription_id, dict(params or {}))
    return dict(zip(_COLUMNS, row, strict=True))
