"""Uses: counted under every cap, moved from cart to order, given back once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.promotions import CampaignGone, end_campaign, pause_campaign
from tests.promotions.baskets import basket, item, kinds, raw
from tests.promotions.house import House
from tests.statements import statements

TENTH = {"kind": "percentage", "basis_points": 1000, "most_minor": 10_000}
DAY = "day:2026-11-22"


def test_a_use_counts_for_the_campaign_the_customer_the_day_and_the_code(house: House) -> None:
    use = house.launch("tenth", raw(TENTH))
    house.reserve(use.__class__(use.campaign_id, use.version, 1, 250, "batch:7"))
    assert house.counts() == {"all": (1, 250), DAY: (1, 250), "code:batch:7": (1, 250), "customers": (1, 250)}


def test_reserving_again_for_the_same_holder_replaces_what_it_had(house: House) -> None:
    use = house.launch("tenth", raw(TENTH, caps={"uses": 1}))
    house.reserve(use)
    house.reserve(use)
    house.reserve(use.__class__(use.campaign_id, use.version, 1, 70))
    assert house.counts()["all"] == (1, 70)
    house.reserve()
    assert house.counts() == {}
    house.reserve(use)
    assert house.uses() == [("cart:1", "reserved")]


def test_a_cart_becomes_an_order_and_its_uses_go_with_it(house: House) -> None:
    use = house.launch("tenth", raw(TENTH))
    house.reserve(use)
    assert house.move("cart:1", "order:1") == 1
    assert (house.confirm("order:1"), house.confirm("order:1")) == (1, 0)
    assert house.uses() == [("order:1", "used")]
    assert house.expire(minutes=10_000) == 0


def test_cancelling_gives_back_each_use_once_with_its_budget_and_the_customers_own(house: House) -> None:
    """Vendure 1466: a customer's own use was not given back when the order was cancelled."""
    use = house.launch("tenth", raw(TENTH, caps={"per_customer": 1}, budget_minor=20_000))
    house.reserve(use, holder="order:1")
    house.confirm("order:1")
    with pytest.raises(CampaignGone):
        house.reserve(use, holder="order:2")
    assert [house.release("order:1") for _ in range(3)] == [1, 0, 0]
    assert house.counts() == {}
    house.reserve(use, holder="order:2")


def test_a_reservation_past_its_time_is_given_back_by_the_job_once(house: House) -> None:
    use = house.launch("tenth", raw(TENTH, caps={"uses": 2}))
    house.reserve(use, holder="cart:1")
    house.reserve(use, holder="cart:2", minutes=10)
    assert (house.expire(minutes=29), house.expire(minutes=31), house.expire(minutes=31)) == (0, 1, 0)
    assert house.counts()["all"] == (1, 100)
    assert (house.confirm("cart:1"), house.release("cart:1")) == (0, 0)


def test_the_job_takes_no_more_than_it_is_told(house: House) -> None:
    use = house.launch("tenth", raw(TENTH))
    for number in range(5):
        house.reserve(use, holder=f"cart:{number}")
    assert [house.expire(minutes=40, limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(
    "caps", [{"uses": 2}, {"per_customer": 2}, {"per_day": 2}, {"per_customer_minor": 10_100}, {"per_day_minor": 10_100}], ids=str
)
def test_the_use_beyond_a_cap_is_refused_and_changes_nothing(house: House, caps: dict[str, int]) -> None:
    use = house.launch("tenth", raw(TENTH, caps=caps))
    amount = 5_050 if any(name.endswith("minor") for name in caps) else 100
    mine = use.__class__(use.campaign_id, use.version, 1, amount)
    house.reserve(mine, holder="order:1")
    house.reserve(mine, holder="order:2")
    before = house.counts()
    with pytest.raises(CampaignGone) as refused:
        house.reserve(mine, holder="order:3")
    assert refused.value.campaign_code == "tenth"
    assert house.counts() == before
    assert len(house.uses()) == 2


def test_a_budget_is_spent_to_the_last_minor_unit_and_no_further(house: House) -> None:
    use = house.launch("tenth", raw(TENTH, budget_minor=10_000))
    house.reserve(use.__class__(use.campaign_id, use.version, 1, 9_999), holder="order:1")
    with pytest.raises(CampaignGone):
        house.reserve(use.__class__(use.campaign_id, use.version, 1, 2), holder="order:2")
    house.reserve(use.__class__(use.campaign_id, use.version, 1, 1), holder="order:2")
    assert house.counts()["all"] == (2, 10_000)


def test_a_code_has_a_cap_of_its_own(house: House) -> None:
    use = house.launch("tenth", raw(TENTH, when={"kind": "code"}, caps={"per_code": 1}))
    first, second = (use.__class__(use.campaign_id, use.version, 1, 100, f"batch:{number}") for number in (1, 2))
    house.reserve(first, holder="order:1")
    with pytest.raises(CampaignGone):
        house.reserve(first, holder="order:2")
    house.reserve(second, holder="order:2")
    bought = basket(item(1, "phone", 1), codes=("tenth",))
    house.release("order:1")
    house.reserve(use.__class__(use.campaign_id, use.version, 1, 100, "batch:tenth:1"), holder="order:3")
    assert kinds(house.price(bought=bought)) == {"tenth": "used_up"}
    assert kinds(house.price(bought=bought, holder="order:3")) == {"tenth": "applied"}


def test_what_is_used_up_is_shown_so_to_others_but_not_to_who_holds_the_last_use(house: House) -> None:
    use = house.launch("tenth", raw(TENTH, caps={"uses": 1}))
    house.reserve(use, holder="cart:1")
    assert kinds(house.price(minutes=1)) == {"tenth": "used_up"}
    assert kinds(house.price(minutes=1, holder="cart:1")) == {"tenth": "applied"}


def test_a_customers_cap_is_that_customers_and_not_a_time_that_is_over(house: House) -> None:
    """Medusa 15960: a budget of one customer was shown as expired."""
    use = house.launch("tenth", raw(TENTH, caps={"per_customer": 1}))
    house.reserve(use, holder="order:1")
    done = house.price()
    assert [(each.kind, each.sentence) for each in done.reasons] == [("used_up", "%(name)s is used up.")]


def test_who_is_refused_prices_anew_and_gets_through(house: House) -> None:
    """No loop: after a refusal the next evaluation in the same process knows of it, whatever was kept in memory."""
    use = house.launch("tenth", raw(TENTH, caps={"uses": 1}))
    stale = house.price()
    house.reserve(use, holder="order:1")
    with pytest.raises(CampaignGone):
        house.reserve(*stale.uses, holder="order:2")
    anew = house.price()
    assert anew.uses == ()
    house.reserve(*anew.uses, holder="order:2")


@pytest.mark.parametrize("stop", [pause_campaign, end_campaign])
def test_a_campaign_that_was_stopped_is_gone_at_once(house: House, stop) -> None:
    house.launch("tenth", raw(TENTH))
    priced = house.price()
    with house.database.writing() as session:
        stop(session, "tenth", now=house.now)
    with pytest.raises(CampaignGone):
        house.reserve(*priced.uses)
    assert house.price().uses == ()


def test_a_use_of_a_former_version_is_refused_for_the_price_may_be_another(house: House) -> None:
    house.launch("tenth", raw(TENTH))
    priced = house.price()
    house.change("tenth", raw(TENTH | {"basis_points": 500}))
    with pytest.raises(CampaignGone):
        house.reserve(*priced.uses)
    house.reserve(*house.price().uses)


def test_a_campaign_whose_time_is_over_is_gone(house: House) -> None:
    use = house.launch("tenth", raw(TENTH, ends_at=house.at(10).isoformat()))
    with pytest.raises(CampaignGone):
        house.reserve(use, minutes=10)


def test_reserving_one_campaign_is_six_statements(house: House) -> None:
    use = house.launch("tenth", raw(TENTH))
    house.live()
    with statements(house.database) as sent:
        house.reserve(use)
    assert len(sent) == 6, sent


def test_every_statement_about_a_customers_uses_names_the_customer(house: House) -> None:
    use = house.launch("tenth", raw(TENTH))
    with statements(house.database) as sent:
        house.reserve(use)
        house.move("cart:1", "order:1")
        house.confirm("order:1")
        house.price()
        house.release("order:1")
        house.expire(minutes=99)
    about = [each for each in sent if "campaign_use" in each or "campaign_customer" in each]
    assert len(about) >= 7
    assert all("customer_id" in each for each in about)


def test_counters_are_what_the_uses_say(house: House) -> None:
    use = house.launch("tenth", raw(TENTH))
    for number in range(4):
        house.reserve(use, holder=f"order:{number}")
    house.release("order:2")
    house.confirm("order:3")
    table = Base.metadata.tables["campaign_use"]
    with house.database.reading() as session:
        counted = session.execute(sa.select(sa.func.sum(table.c.uses)).where(table.c.status != "released")).scalar_one()
    assert house.counts()["all"][0] == counted == 3
