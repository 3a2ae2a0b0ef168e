"""What processes do at once with one campaign; and the same done wrongly, by looking at the caps first and counting later."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.promotions import CampaignGone, CampaignUseOf, confirm_uses, expire_uses, release_uses, reserve_uses

PAUSE_SECONDS = 0.01


def reserve_many(database: Database, index: int, customers: Sequence[int], use: CampaignUseOf, tries: int, now: datetime) -> int:
    """Reserve a use for one order after the other; give how often it went through."""
    done = 0
    for number in range(tries):
        customer_id = customers[(index + number) % len(customers)]
        try:
            with database.writing() as session:
                holder = f"order:{index}:{number}"
                reserve_uses(session, customer_id, [use], holder=holder, until=now + timedelta(minutes=30), now=now)
        except CampaignGone:
            continue
        done += 1
    return done


def reserve_many_unguarded(database: Database, index: int, customers: Sequence[int], use: CampaignUseOf, tries: int, now: datetime) -> int:
    """The mutant: asks whether there is a use left before its transaction, and counts without asking again."""
    from portal.promotions import reserving

    counter, mine = (Base.metadata.tables[name] for name in ("campaign_counter", "campaign_customer"))
    straight, done = reserving._count, 0
    for number in range(tries):
        customer_id = customers[(index + number) % len(customers)]
        with database.reading() as session:
            fits = _fits(session, counter, mine, customer_id, use, now)
        time.sleep(PAUSE_SECONDS)
        if not fits:
            continue
        reserving._count = _blind(straight)  # type: ignore[assignment]
        try:
            with database.writing() as session:
                holder = f"order:{index}:{number}"
                reserve_uses(session, customer_id, [use], holder=holder, until=now + timedelta(minutes=30), now=now)
            done += 1
        finally:
            reserving._count = straight
    return done


def _blind(straight: Any) -> Any:
    def count(session: Any, more: Any, less: Any, keys: Any, change: Any, most: Any, live: Any) -> None:
        straight(session, more, less, keys, change, (None, None), live)

    return count


def _fits(session: Any, counter: sa.Table, mine: sa.Table, customer_id: int, use: CampaignUseOf, now: datetime) -> bool:
    from portal.promotions import get_live_campaigns

    document = get_live_campaigns(session, now=now).by_id[use.campaign_id].document
    caps, counted = document.caps, {row.scope: row for row in session.execute(sa.select(counter))}
    own = session.execute(sa.select(mine.c.uses).where(mine.c.customer_id == customer_id)).scalar() or 0
    in_all, by_code = counted.get("all"), counted.get(f"code:{use.code}")
    limits = [
        (caps.uses, in_all.uses if in_all else 0, use.uses),
        (document.budget_minor, in_all.spent_minor if in_all else 0, use.amount_minor),
        (caps.per_customer, own, use.uses),
        (caps.per_code, by_code.uses if by_code else 0, use.uses),
    ]
    return all(most is None or so_far + more <= most for most, so_far, more in limits)


def end(database: Database, index: int, customer_id: int, holder: str, now: datetime) -> int:
    """Give back what one holder has, or let it expire, by turns; give how many uses that were."""
    with database.writing() as session:
        if index % 2:
            return release_uses(session, customer_id, holder, now=now)
        return expire_uses(session, now=now + timedelta(days=1), limit=10)


def everything(database: Database, index: int, customers: Sequence[int], uses: Sequence[CampaignUseOf], rounds: int, now: datetime) -> int:
    """Reserve, confirm, give back and let expire in turn, several campaigns in another order each; give how often it went through."""
    done = 0
    for number in range(rounds):
        customer_id, holder = customers[(index + number) % len(customers)], f"order:{index}:{number}"
        mine = list(uses) if index % 2 else list(reversed(uses))
        try:
            with database.writing() as session:
                reserve_uses(session, customer_id, mine, holder=holder, until=now + timedelta(minutes=number % 3), now=now)
            done += 1
        except CampaignGone:
            continue
        with database.writing() as session:
            act = (confirm_uses, release_uses)[number % 2]
            act(session, customer_id, holder, now=now)
        if number % 4 == index % 4:
            with database.writing() as session:
                expire_uses(session, now=now + timedelta(minutes=1), limit=5)
    return done
