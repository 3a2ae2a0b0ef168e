"""What can be bought, and what usage costs."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.base.i18n import LANGUAGES
from portal.catalog import (
    DEVICES,
    GIFTS,
    OFFERINGS,
    SHOP,
    TARIFFS,
    TariffView,
    get_offering,
    get_tariff,
    list_offerings,
    list_tariffs,
    load_catalog,
)
from portal.catalog.models import Offering, Tariff

ALL = [*(each.code for each in (*OFFERINGS, *DEVICES, *GIFTS)), *(str(each["code"]) for each in SHOP)]


def test_loading_twice_leaves_one_of_each(database: Database) -> None:
    with database.writing() as session:
        load_catalog(session)
        load_catalog(session)
    with database.reading() as session:
        assert {each.code for each in list_offerings(session)} == set(ALL)
        assert {each.part for each in list_tariffs(session)} == {each.part for each in TARIFFS}
        assert len(list_offerings(session)) == len(ALL)


def test_loading_brings_what_changed_up_to_date_and_leaves_what_the_operator_added(database: Database) -> None:
    with database.writing() as session:
        load_catalog(session)
        session.execute(
            sa.update(Offering).where(Offering.code == "extra_line").values(monthly_price_minor=1, name={"en": "?"}, allowances={})
        )
        session.execute(sa.update(Tariff).where(Tariff.part == "day").values(price_milli=1))
        session.add(Offering(code="satellite", kind="internet", name={"en": "Satellite"}, monthly_price_minor=9900, allowances={}))
    with database.writing() as session:
        load_catalog(session)
    with database.reading() as session:
        extra, own = get_offering(session, "extra_line"), get_offering(session, "satellite")
        assert get_tariff(session, "day").price_milli == 17_000
    assert (extra.monthly_price_minor, extra.name["zh"], extra.allowances["voice"]) == (500, "副卡", 18_000)
    assert own.monthly_price_minor == 9900


def test_offerings_are_listed_by_kind_and_price(database: Database) -> None:
    with database.writing() as session:
        load_catalog(session)
    with database.reading() as session:
        listed = list_offerings(session)
    assert [each.code for each in listed[:4]] == ["bundle_family", "plan_student", "voice_standard", "plan_contract_24"]
    kinds = ["bundle", "plan", "line", "internet", "add_on", "service", "device", "sim", "accessory", "gift"]
    assert [each.kind for each in listed] == sorted((each.kind for each in listed), key=kinds.index)


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.reading() as session:
        with pytest.raises(NotFound):
            get_offering(session, "voice_standard")
        with pytest.raises(NotFound):
            get_tariff(session, "day")
        assert (list(list_offerings(session)), list(list_tariffs(session))) == ([], [])


def test_every_service_in_the_churn_data_can_be_sold() -> None:
    codes = {each.code for each in OFFERINGS}
    services = {"online_security", "online_backup", "device_protection", "tech_support", "streaming_tv", "streaming_movies"}
    assert services | {"voice_standard", "extra_line", "internet_dsl", "internet_fibre"} <= codes


def test_everything_has_a_name_in_each_language_and_a_price() -> None:
    for offering in OFFERINGS:
        assert all(offering.name[language] for language in LANGUAGES)
        assert offering.monthly_price_minor > 0
        assert set(offering.allowances) <= {"voice", "data", "sms"}
        assert all(allowance > 0 for allowance in offering.allowances.values())
    for tariff in TARIFFS:
        assert all(tariff.name[language] for language in LANGUAGES)
    assert len(set(ALL)) == len(ALL)


@pytest.mark.parametrize(
    ("part", "minutes", "charge_minor"),
    [
        ("day", "265.1", 4507),
        ("evening", "197.4", 1678),
        ("night", "244.7", 1101),
        ("international", "10.0", 270),
        ("day", "161.6", 2747),
        ("international", "13.7", 370),
    ],
)
def test_a_tariff_gives_the_charges_in_the_churn_data_to_the_cent(part: str, minutes: str, charge_minor: int) -> None:
    """The first two rows of mlc_churn."""
    (tariff,) = (each for each in TARIFFS if each.part == part)
    price = TariffView(tariff.part, tariff.name, tariff.price_milli, tariff.unit_size).price_of(int(Fraction(minutes) * 60))
    assert round(price) == charge_minor


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(TARIFFS))
def test_prices_of_parts_add_up_to_the_price_of_the_whole(first: int, second: int, tariff: TariffView) -> None:
    view = TariffView(tariff.part, tariff.name, tariff.price_milli, tariff.unit_size)
    assert view.price_of(first) + view.price_of(second) == view.price_of(first + second)
