"""Campaigns in a database: each step in a transaction of its own, as a face would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.promotions import (
    CampaignUseOf,
    Evaluation,
    History,
    LiveCampaigns,
    add_uses,
    approve_campaign,
    confirm_uses,
    create_campaign,
    edit_campaign,
    evaluate,
    expire_uses,
    get_live_campaigns,
    move_uses,
    release_uses,
    reserve_uses,
    submit_campaign,
)
from tests.promotions.baskets import KNOWN, basket, item

WRITER, APPROVER = 1, 2


@dataclass
class House:
    """One database, at `now` unless another moment is said. Two members of staff: who writes, and who approves."""

    database: Database
    customer_id: int
    now: datetime

    def at(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes)

    def launch(self, code: str, document: dict[str, Any]) -> CampaignUseOf:
        """Write, submit and approve a campaign; give a use of it worth 1.00."""
        with self.database.writing() as session:
            campaign_id = create_campaign(session, code, document, staff_id=WRITER, now=self.now, known=KNOWN)
        return replace(CampaignUseOf(campaign_id, 0, 1, 100), version=self.approve(code))

    def approve(self, code: str) -> int:
        with self.database.writing() as session:
            submit_campaign(session, code, staff_id=WRITER, now=self.now)
        with self.database.writing() as session:
            return approve_campaign(session, code, staff_id=APPROVER, now=self.now, known=KNOWN)

    def change(self, code: str, document: dict[str, Any]) -> int:
        with self.database.writing() as session:
            edit_campaign(session, code, document, staff_id=WRITER, now=self.now, known=KNOWN)
        return self.approve(code)

    def live(self, minutes: float = 0) -> LiveCampaigns:
        with self.database.reading() as session:
            return get_live_campaigns(session, now=self.at(minutes))

    def price(self, *, holder: str | None = None, minutes: float = 0, **more: Any) -> Evaluation:
        """Evaluate a basket of two handsets as a cart would."""
        bought = more.pop("bought", None) or basket(item(1, "phone", 2), at=self.at(minutes), **more)
        with self.database.reading() as session:
            live = get_live_campaigns(session, now=self.at(minutes))
            history = add_uses(session, self.customer_id, History(), live=live, holder=holder, coupons=bought.codes)
        return evaluate(live, bought, None, history)

    def reserve(self, *uses: CampaignUseOf, holder: str = "cart:1", customer_id: int | None = None, minutes: float = 0) -> None:
        with self.database.writing() as session:
            who = customer_id or self.customer_id
            reserve_uses(session, who, uses, holder=holder, until=self.at(minutes + 30), now=self.at(minutes))

    def move(self, source: str, target: str) -> int:
        with self.database.writing() as session:
            return move_uses(session, self.customer_id, source, target, until=self.at(60), now=self.now)

    def confirm(self, holder: str) -> int:
        with self.database.writing() as session:
            return confirm_uses(session, self.customer_id, holder, now=self.now)

    def release(self, holder: str) -> int:
        with self.database.writing() as session:
            return release_uses(session, self.customer_id, holder, now=self.now)

    def expire(self, *, minutes: float, limit: int = 100) -> int:
        with self.database.writing() as session:
            return expire_uses(session, now=self.at(minutes), limit=limit)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Give uses and money by scope, the customers' together as `customers`; what is zero is left out."""
        table, mine = Base.metadata.tables["campaign_counter"], Base.metadata.tables["campaign_customer"]
        with self.database.reading() as session:
            found = {row.scope: (row.uses, row.spent_minor) for row in session.execute(sa.select(table))}
            totals = session.execute(sa.select(sa.func.sum(mine.c.uses), sa.func.sum(mine.c.spent_minor))).one()
        found["customers"] = (int(totals[0] or 0), int(totals[1] or 0))
        return {scope: each for scope, each in found.items() if each != (0, 0)}

    def uses(self) -> list[tuple[str, str]]:
        """Give (holder, status) of every use, sorted."""
        table = Base.metadata.tables["campaign_use"]
        with self.database.reading() as session:
            return sorted((row.holder, row.status) for row in session.execute(sa.select(table)))
