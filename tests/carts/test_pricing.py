"""Whatever is in a basket and whatever comes off: lines, tax, shipping and total add up to the minor unit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.carts import PricedLine, ShippingRule, tax_within
from portal.carts.pricing import sum_up
from portal.catalog import Charges, OfferTerms, OfferView
from portal.orders.priced import PricedItem

MINOR = st.integers(0, 10**9)
POINTS = st.sampled_from((0, 300, 600, 900, 1300)) | st.integers(0, 10_000)


def offer(tax: int) -> OfferView:
    """Something that can be bought."""
    return OfferView(
        "thing", 1, "device", "phones", {"en": "Thing"}, None, None, None, (), "goods", False, None, Charges(0, 0, 0, {}, "CNY"),
        OfferTerms(), (), (), (), (), None, tax, ("web",), None, (), {},
    )  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> PricedLine:
    """A line with something taken off."""
    quantity, price = draw(st.integers(1, 99)), draw(MINOR)
    off = draw(st.integers(0, quantity * price))
    return PricedLine(1, offer(draw(POINTS)), quantity, price, draw(MINOR), draw(MINOR), discount_minor=off)


@given(MINOR, POINTS)
def test_the_tax_within_an_amount_is_never_more_than_it_and_the_nearest_whole(amount: int, points: int) -> None:
    tax = tax_within(amount, points)
    assert 0 <= tax <= amount
    exact = amount * points / (10_000 + points)
    assert abs(tax - exact) <= 0.5 + exact * 1e-12


@given(st.lists(lines(), min_size=1, max_size=20), MINOR, MINOR, POINTS)
def test_lines_tax_shipping_and_total_add_up_and_nothing_is_below_zero(
    found: list[PricedLine], shipping: int, off_shipping: int, points: int
) -> None:
    sums = sum_up(found, shipping_minor=shipping, shipping_discount_minor=off_shipping, shipping_tax_points=points)
    assert sums.total_minor == sum(line.charged_minor for line in found) + sums.shipping_minor + sums.deposit_minor
    assert sums.tax_minor == sum(line.tax_minor for line in found) + sums.shipping_tax_minor
    assert sums.goods_minor + shipping + sums.deposit_minor - sums.discount_minor == sums.total_minor
    assert min(sums.total_minor, sums.shipping_minor, sums.tax_minor, sums.discount_minor) >= 0
    assert sums.tax_minor <= sums.total_minor - sums.deposit_minor


@given(st.lists(lines(), min_size=1, max_size=20))
def test_an_order_of_the_lines_comes_to_what_the_cart_did(found: list[PricedLine]) -> None:
    sums = sum_up(found, shipping_minor=0, shipping_discount_minor=0, shipping_tax_points=0)
    items = [
        PricedItem(
            "thing", {}, "goods", line.quantity, line.price_minor, deposit_minor=line.deposit_minor,
            discount_minor=line.discount_minor, tax_minor=line.tax_minor,
        )
        for line in found
    ]  # fmt: skip
    assert sum(item.total_minor for item in items) == sums.total_minor


@given(MINOR, MINOR, st.none() | MINOR, st.booleans())
def test_sending_costs_the_fee_or_nothing_and_what_is_missing_makes_it_free(goods: int, fee: int, free: int | None, sends: bool) -> None:
    rule = ShippingRule(fee, free)
    cost, missing = rule.fee(goods, sends=sends), rule.missing(goods, sends=sends)
    assert cost in (0, fee)
    if missing:
        assert rule.fee(goods + missing, sends=True) == 0
        assert rule.fee(goods + missing - 1, sends=True) == fee
    if not sends:
        assert (cost, missing) == (0, 0)
