"""Processes at one campaign: every cap and every budget is kept to the last unit; and mutants show that the tests can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from tests.cast import Cast
from tests.points.race import Race
from tests.promotions.baskets import raw
from tests.promotions.house import House
from tests.promotions.race import end, everything, reserve_many, reserve_many_unguarded

OFF = {"kind": "amount", "amount_minor": 300}
BY_CODE = {"kind": "code"}
CAPS: dict[str, tuple[dict[str, Any], int]] = {  # and how many uses of 3.00 each it allows, by three customers
    "campaign": ({"caps": {"uses": 7}}, 7),
    "budget": ({"budget_minor": 2_500}, 8),
    "customer": ({"caps": {"per_customer": 2}}, 6),
    "code": ({"caps": {"per_code": 5}, "when": BY_CODE}, 5),
    "day": ({"caps": {"per_day": 7}}, 7),
    "customer and campaign": ({"caps": {"per_customer": 3, "uses": 8}}, 8),
}


def customers(cast: Cast) -> list[int]:
    return [cast.alice.customer_id, cast.charlie.customer_id, cast.acme.customer_id]


@pytest.mark.parametrize("cap", CAPS)
def test_eight_at_once_use_a_campaign_exactly_as_often_as_it_may_be(house: House, cast: Cast, race: Race, cap: str) -> None:
    """PrestaShop 29493, Shopware 11245, shopper 510: coupons used more often than they may be, by asking at once."""
    entries, most = CAPS[cap]
    use = replace(house.launch("tenth", raw(OFF, **entries)), amount_minor=300, code="batch:1")
    done = race.run(reserve_many, customers(cast), use, 4, house.now)
    assert sum(done) == most
    assert nothing_leaked(house, most)


@pytest.mark.parametrize("cap", ["campaign", "budget", "customer", "code"])
def test_a_mutant_that_looks_at_the_caps_before_its_transaction_is_found_out(house: House, cast: Cast, race: Race, cap: str) -> None:
    entries, most = CAPS[cap]
    use = replace(house.launch("tenth", raw(OFF, **entries)), amount_minor=300, code="batch:1")
    done = race.run(reserve_many_unguarded, customers(cast), use, 4, house.now)
    assert sum(done) > most


def test_what_eight_give_back_at_once_is_given_back_once(house: House, race: Race) -> None:
    use = replace(house.launch("tenth", raw(OFF)), amount_minor=300)
    house.reserve(use, holder="order:1")
    house.reserve(use, holder="order:2", minutes=3000)
    assert sum(race.run(end, house.customer_id, "order:1", house.now)) == 1
    assert house.counts()["all"] == (1, 300)


def test_several_campaigns_taken_in_any_order_never_wait_for_each_other_crosswise(house: House, cast: Cast, race: Race) -> None:
    uses = [replace(house.launch(f"tenth{number}", raw(OFF, caps={"uses": 12})), amount_minor=300) for number in range(3)]
    race.run(everything, customers(cast), uses, 6, house.now)
    assert nothing_leaked(house)


def nothing_leaked(house: House, most: int | None = None) -> bool:
    """Every counter says what the uses say, and nothing is reserved by who was refused."""
    use, counter, mine = (Base.metadata.tables[name] for name in ("campaign_use", "campaign_counter", "campaign_customer"))
    held = use.c.status != "released"
    with house.database.reading() as session:
        by_uses = session.execute(
            sa.select(use.c.campaign_id, sa.func.sum(use.c.uses), sa.func.sum(use.c.amount_minor)).where(held).group_by(use.c.campaign_id)
        ).all()
        by_counter = session.execute(
            sa.select(counter.c.campaign_id, counter.c.uses, counter.c.spent_minor).where(counter.c.scope == "all", counter.c.uses > 0)
        ).all()
        by_customer = session.execute(
            sa.select(mine.c.campaign_id, sa.func.sum(mine.c.uses), sa.func.sum(mine.c.spent_minor))
            .where(mine.c.uses > 0)
            .group_by(mine.c.campaign_id)
        ).all()
    assert sorted(map(tuple, by_uses)) == sorted(map(tuple, by_counter)) == sorted(map(tuple, by_customer))
    return most is None or sum(row[1] for row in by_uses) == most
