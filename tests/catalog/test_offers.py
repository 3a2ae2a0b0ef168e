"""Gifts, devices and price lists: what a list offers, at which price, and what is on none."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.base.i18n import LANGUAGES
from portal.base.money import MAX_MINOR
from portal.base.settings import ROOT
from portal.catalog import (
    DEVICES,
    GIFTS,
    POINTS,
    PRICES,
    STANDARD,
    Buyer,
    ListExists,
    add_stock,
    claim_stock,
    create_price_list,
    find_terms,
    get_offer,
    get_offering,
    list_offers,
    load_catalog,
    release_stock,
    set_price,
)
from portal.catalog.held import mark_change
from portal.catalog.models import Offering, OfferingPrice
from tests.cast import NOW
from tests.statements import statements

ANYBODY = Buyer(None, "web")
ACME = {"zh": "Acme 员工价", "en": "Acme staff prices"}


@pytest.fixture
def shop(database: Database) -> Database:
    with database.writing() as session:
        load_catalog(session)
    return database


def amounts(database: Database, price_list: str, *kinds: str, unit: str = POINTS) -> list[tuple[str, int]]:
    with database.reading() as session:
        return [(each.code, each.amount) for each in list_offers(session, price_list, ANYBODY, kinds=kinds, unit=unit, now=NOW)]


def test_the_points_store_offers_goods_vouchers_and_data_packs_the_cheapest_first(shop: Database) -> None:
    listed = amounts(shop, STANDARD, "gift")
    assert listed == sorted(listed, key=lambda each: (each[1], each[0]))
    assert {code for code, _ in listed} == {each.code for each in GIFTS}
    assert {each.fulfilment for each in GIFTS} == {"goods", "voucher", "data_pack"}


def test_handsets_have_their_price_in_money_and_none_in_points(shop: Database) -> None:
    assert {code for code, _ in amounts(shop, STANDARD, "device", unit="CNY")} == {each.code for each in DEVICES}
    assert amounts(shop, STANDARD, "device") == []
    assert amounts(shop, STANDARD, "gift", unit="CNY") == []
    assert amounts(shop, STANDARD, "gift", "device", unit="USD") == []


def test_everything_offered_is_described_in_each_language_with_a_picture_that_is_there() -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text("utf-8")
    priced = {each.offering_code for each in PRICES}
    for each in (*GIFTS, *DEVICES):
        assert each.code in priced
        assert each.summary is not None
        assert all(each.name[language] and each.summary[language] for language in LANGUAGES)
        assert f'id="i-{each.picture}"' in sprite
        assert each.stocked == (each.fulfilment != "data_pack")


def test_an_offer_says_how_much_is_left_of_what_is_stocked_and_nothing_of_what_is_not(shop: Database) -> None:
    with shop.writing() as session:
        add_stock(session, "gift_thermos", 3, now=NOW)
        add_stock(session, "gift_power_bank", 9, now=NOW)
    amounts(shop, STANDARD, "gift")  # in memory from here on
    with shop.reading() as session, statements(shop) as sent:
        left = {each.code: each.left for each in list_offers(session, STANDARD, ANYBODY, kinds=["gift"], unit=POINTS, now=NOW)}
        assert len(sent) == 1
        assert get_offer(session, STANDARD, "gift_thermos", ANYBODY, unit=POINTS, now=NOW).left == 3
    assert left == {"gift_data_5gb": None, "gift_coffee": 0, "gift_cinema": 0, "gift_thermos": 3, "gift_power_bank": 9}


def test_an_offer_tells_all_there_is_to_show(shop: Database) -> None:
    with shop.reading() as session:
        offer = get_offer(session, STANDARD, "gift_data_5gb", ANYBODY, unit=POINTS, now=NOW)
    assert (offer.kind, offer.fulfilment, offer.unit, offer.amount) == ("gift", "data_pack", POINTS, 200)
    assert (offer.stocked, offer.left, offer.allowances) == (False, None, {"data": 5 * 1024 * 1024})
    assert offer.name["zh"] == "5 GB 流量包"


def test_a_list_offers_what_stands_on_it_and_nothing_else(shop: Database) -> None:
    with shop.writing() as session:
        create_price_list(session, "acme", ACME)
        set_price(session, "acme", "device_redmi_note_13", "CNY", 88_800)
    assert amounts(shop, "acme", "device", unit="CNY") == [("device_redmi_note_13", 88_800)]
    assert dict(amounts(shop, STANDARD, "device", unit="CNY"))["device_redmi_note_13"] == 109_900
    with shop.reading() as session, pytest.raises(NotFound):
        get_offer(session, "acme", "device_huawei_mate_60", ANYBODY, unit="CNY", now=NOW)


def test_what_is_off_sale_is_offered_by_no_list(shop: Database) -> None:
    with shop.writing() as session:
        session.execute(sa.update(Offering).where(Offering.code == "gift_thermos").values(on_sale=False))
        mark_change(session)
    assert "gift_thermos" not in dict(amounts(shop, STANDARD, "gift"))
    with shop.reading() as session:
        assert find_terms(session, STANDARD, POINTS, {"gift_thermos": 1}, ANYBODY, now=NOW) == {}
        with pytest.raises(NotFound):
            get_offer(session, STANDARD, "gift_thermos", ANYBODY, unit=POINTS, now=NOW)
        assert not get_offering(session, "gift_thermos").on_sale


def test_loading_again_leaves_the_operators_prices_and_what_was_taken_off_sale(shop: Database) -> None:
    with shop.writing() as session:
        set_price(session, STANDARD, "gift_thermos", POINTS, 555)
        session.execute(sa.update(Offering).where(Offering.code == "gift_coffee").values(on_sale=False, name={"en": "?"}))
        mark_change(session)
        load_catalog(session)
    listed = dict(amounts(shop, STANDARD, "gift"))
    assert listed["gift_thermos"] == 555
    assert "gift_coffee" not in listed
    with shop.reading() as session:
        assert get_offering(session, "gift_coffee").name["zh"] == "咖啡券"


def test_terms_are_those_of_the_moment_and_only_of_what_is_offered(shop: Database) -> None:
    with shop.writing() as session:
        add_stock(session, "gift_thermos", 1, now=NOW)
    codes = ["gift_thermos", "gift_coffee", "gift_data_5gb", "device_oppo_a3_pro", "no_such"]
    amounts(shop, STANDARD, "gift")  # the catalogue and the list are in memory from here on
    with shop.reading() as session, statements(shop) as sent:
        found = find_terms(session, STANDARD, POINTS, dict.fromkeys(codes, 1), ANYBODY, now=NOW)
        assert len(sent) == 1
        alone = find_terms(session, STANDARD, POINTS, {"gift_thermos": 1}, ANYBODY, now=NOW)
    assert {code: (each.amount, each.is_left) for code, each in found.items()} == {
        "gift_thermos": (600, True),
        "gift_coffee": (300, False),
        "gift_data_5gb": (200, True),
    }
    assert alone == {"gift_thermos": found["gift_thermos"]}


def test_what_is_left_is_told_of_each_offering_by_its_own_pieces_whatever_was_claimed(shop: Database) -> None:
    def is_left() -> list[bool]:
        with shop.reading() as session:
            found = find_terms(session, STANDARD, POINTS, {"gift_thermos": 1, "gift_power_bank": 1}, ANYBODY, now=NOW)
        return [found[code].is_left for code in ("gift_thermos", "gift_power_bank")]

    with shop.writing() as session:
        add_stock(session, "gift_thermos", 2, now=NOW)
        add_stock(session, "gift_power_bank", 1, now=NOW)  # of later numbers than the other's
        claim_stock(session, "gift_power_bank", 1, holder="a", now=NOW)
    assert is_left() == [True, False]
    with shop.writing() as session:
        claim_stock(session, "gift_thermos", 2, holder="b", now=NOW)
    assert is_left() == [False, False]
    with shop.writing() as session:
        release_stock(session, "b")
    assert is_left() == [True, False]


@pytest.mark.parametrize("amount", [-1, 1.0, True, "600", None, MAX_MINOR + 1, 10**40])
def test_a_price_is_a_whole_number_of_zero_or_more(shop: Database, amount: Any) -> None:
    with shop.writing() as session, pytest.raises(Invalid) as refused:
        set_price(session, STANDARD, "gift_thermos", POINTS, amount)
    assert set(refused.value.fields) == {"amount"}
    assert dict(amounts(shop, STANDARD, "gift"))["gift_thermos"] == 600


@pytest.mark.parametrize("unit", ["", "point", "cny", "CNYX", "CNY\n", "¥"])
def test_a_unit_is_points_or_a_currency(shop: Database, unit: str) -> None:
    with shop.writing() as session, pytest.raises(Invalid) as refused:
        set_price(session, STANDARD, "gift_thermos", unit, 1)
    assert set(refused.value.fields) == {"unit"}


@pytest.mark.parametrize(("price_list", "offering"), [("nowhere", "gift_thermos"), (STANDARD, "nothing")])
def test_a_price_stands_on_a_list_that_is_there_for_an_offering_that_is_there(shop: Database, price_list: str, offering: str) -> None:
    with shop.writing() as session, pytest.raises(NotFound):
        set_price(session, price_list, offering, POINTS, 1)


def test_a_price_set_again_replaces_the_former_and_a_gift_may_cost_nothing(shop: Database) -> None:
    with shop.writing() as session:
        set_price(session, STANDARD, "gift_thermos", POINTS, 1)
        set_price(session, STANDARD, "gift_thermos", POINTS, 0)
        set_price(session, STANDARD, "gift_thermos", "CNY", 4_900)
        count = sa.select(sa.func.count()).where(OfferingPrice.offering_code == "gift_thermos")
        assert session.scalar(count) == 2
    assert dict(amounts(shop, STANDARD, "gift"))["gift_thermos"] == 0


@pytest.mark.parametrize("code", ["", "Acme", "acme co", "-acme", "a" * 61, "acme\n", "acme/x"])
def test_a_lists_code_is_a_plain_word(database: Database, code: str) -> None:
    with database.writing() as session, pytest.raises(Invalid) as refused:
        create_price_list(session, code, ACME)
    assert set(refused.value.fields) == {"code"}


def test_a_lists_code_is_used_once(shop: Database) -> None:
    with shop.writing() as session:
        create_price_list(session, "acme", ACME)
    for code in ("acme", STANDARD):
        with shop.writing() as session, pytest.raises(ListExists):
            create_price_list(session, code, ACME)
