"""What the addresses of payments hold: something that does not agree, for the order desk; a provider's name, which is no secret."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.base.ids import new_id
from tests.cast import NOW

EXAMPLES: dict[str, dict[str, object]] = {"public.take_notification": {"provider": "sandbox"}}


def put_difference(session: Session) -> dict[str, int]:
    """Put something down that does not agree."""
    item_id = new_id(NOW)
    values = {
        "id": item_id, "provider": "sandbox", "day": date(2026, 11, 21), "kind": "payment", "reference": "P000000000001",
        "what": "missing_here", "theirs_minor": 500, "ours_minor": None, "status": "open", "found_at": NOW,
    }  # fmt: skip
    session.execute(sa.insert(Base.metadata.tables["reconciliation_item"]).values(**values))
    return {"difference": item_id}


IDS: dict[str, Any] = {
    f"office.{name}": (
        lambda world: {"item_id": world.shop["difference"]},
        lambda nowhere, _: [(role, {"item_id": nowhere}) for role in ("olga", "sam")],
    )
    for name in ("show_difference", "settle_difference")
}
