"""Opening a store: its list, its client, its look, and the pages it may stand in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.errors import Invalid, NotFound
from portal.catalog import STANDARD, ListExists, create_price_list, list_offers
from portal.identity import find_embed_token, list_embed_keys
from portal.ministores import NewMinistore, create_ministore, get_ministore, ink_on, list_ministores, set_open, set_origins
from portal.ministores.colours import DARK_GROUNDS, LIGHT_GROUNDS, clean_colour, contrast
from portal.ministores.origins import clean_origins
from tests.cast import NOW
from tests.ministores.company import EVERYBODY, MATE, NOTE, ORIGIN, PRICES

NAMES = {"name": {"zh": "商店", "en": "Store"}, "welcome": {"zh": "您好", "en": "Hello"}}


def new_store(cast, **changed):
    usual = {"slug": "umbrella", "customer_id": cast.acme.customer_id, "origins": ["https://u.example"], "currency": "CNY", **NAMES}
    return NewMinistore(**(usual | changed))


def test_a_store_is_found_by_its_name_with_its_own_prices(database, acme, globex):
    with database.reading() as session:
        store = get_ministore(session, "acme")
        own = {each.code: each.amount for each in list_offers(session, store.price_list, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)}
        usual = {each.code: each.amount for each in list_offers(session, STANDARD, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)}
        others = get_ministore(session, "globex")
        assert [each.slug for each in list_ministores(session)] == ["acme", "globex"]
    assert own == PRICES
    assert all(own[code] < usual[code] for code in own)
    assert set(usual) > set(own), "what is not on the company's list is not offered by it"
    assert (store.customer_id, store.client_id, store.origins, store.is_open) == (acme.customer_id, acme.client_id, (ORIGIN,), True)
    assert others.customer_id != store.customer_id
    assert others.price_list != store.price_list


def test_a_store_that_is_not_there_is_not_found(database, acme):
    with database.reading() as session, pytest.raises(NotFound):
        get_ministore(session, "nowhere")


@pytest.mark.parametrize("slug", ["", "a", "ab", "Acme", "1acme", "acme-", "ac me", "ac/me", "../acme", "acme\n", "a" * 41, "商店"])
def test_a_name_that_is_no_part_of_an_address_is_refused(database, cast, slug):
    with pytest.raises(Invalid) as refused, database.writing() as session:
        create_ministore(session, new_store(cast, slug=slug), now=NOW)
    assert set(refused.value.fields) == {"slug"}


def test_a_second_store_of_the_same_name_is_refused_and_leaves_the_first_alone(database, acme, cast):
    with pytest.raises(Invalid), database.writing() as session:
        create_ministore(session, new_store(cast, slug="acme", prices={MATE: 1}), now=NOW)
    with database.reading() as session:
        own = list_offers(session, get_ministore(session, "acme").price_list, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)
    assert {each.code: each.amount for each in own} == PRICES


def test_a_price_list_that_stands_already_is_not_taken_over(database, cast):
    with database.writing() as session:
        create_price_list(session, "ministore-umbrella", {"zh": "别的", "en": "Another"})
    with pytest.raises(ListExists), database.writing() as session:
        create_ministore(session, new_store(cast), now=NOW)


def test_a_price_of_something_there_is_not_opens_no_store(database, cast):
    with pytest.raises(NotFound), database.writing() as session:
        create_ministore(session, new_store(cast, prices={"device_none": 100}), now=NOW)
    with database.reading() as session, pytest.raises(NotFound):
        get_ministore(session, "umbrella")


@pytest.mark.parametrize("amount", [-1, 1.5, True, 10**30, "100"])
def test_a_price_that_is_no_whole_number_opens_no_store(database, cast, amount):
    with pytest.raises(Invalid), database.writing() as session:
        create_ministore(session, new_store(cast, prices={NOTE: amount}), now=NOW)


def test_a_store_can_be_moved_to_other_pages_and_closed(database, acme):
    with database.writing() as session:
        set_origins(session, "acme", ["https://new.acme.example:443/", "http://localhost:8001"])
        set_open(session, "acme", is_open=False)
    with database.reading() as session:
        store = get_ministore(session, "acme")
    assert store.origins == ("https://new.acme.example", "http://localhost:8001")
    assert not store.is_open
    with pytest.raises(NotFound), database.writing() as session:
        set_open(session, "nowhere", is_open=True)
    with database.reading() as session:
        assert len(list_embed_keys(session, acme.client_id)) == 1
        assert find_embed_token(session, "", "acme", now=NOW) is None


@pytest.mark.parametrize(
    ("given_one", "kept"),
    [
        ("https://intranet.acme.example", "https://intranet.acme.example"),
        ("https://Intranet.ACME.example/", "https://intranet.acme.example"),
        ("https://intranet.acme.example:443", "https://intranet.acme.example"),
        ("https://intranet.acme.example:8443", "https://intranet.acme.example:8443"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8001", "http://[::1]:8001"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(given_one, kept):
    assert clean_origins([given_one, given_one]) == [kept]


@pytest.mark.parametrize(
    "origin",
    [
        "", "null", "*", "https://*", "https://*.acme.example", "acme.example", "//acme.example", "http://intranet.acme.example",
        "https://acme.example/path", "https://acme.example?x", "https://acme.example#x", "https://u:p@acme.example", "https://acme.example:",
        "https://acme.example:99999", "https://acme_example", "https://-acme.example", "https://acme.example; script-src *",
        "https://acme.example https://evil.example", "https://a.example\nhttps://b.example", "javascript:alert(1)", "data:text/html,x",
        "ftp://acme.example", "https://企业.example", "https://[::1", "file:///etc/passwd", "https://'none'",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(Invalid):
        clean_origins([origin])


@given(st.text(max_size=60))
def test_whatever_is_taken_for_an_origin_can_stand_in_a_header(text):
    try:
        (kept,) = clean_origins([f"https://{text}"])
    except Invalid:
        return
    assert kept.isascii()
    assert not set(kept) & set(" ;,'\"\r\n*")
    assert clean_origins([kept]) == [kept]


def test_none_and_too_many_origins_are_refused():
    for origins in ([], [f"https://a{number}.example" for number in range(21)]):
        with pytest.raises(Invalid):
            clean_origins(origins)


def test_our_own_colours_can_be_read_and_the_contrast_is_the_one_wcag_defines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert clean_colour("#0F6B66", "colour") == "#0f6b66"
    assert clean_colour("#5CD6C8", "colour_dark") == "#5cd6c8"
    assert clean_colour("", "colour") is None


@pytest.mark.parametrize(
    ("colour", "field"),
    [("#5cd6c8", "colour"), ("#0f6b66", "colour_dark"), ("#ffff00", "colour"), ("red", "colour"), ("#fff", "colour"),
     ("#0f6b66;}", "colour"), ("0f6b66", "colour"), ("#0f6b6g", "colour")],
)  # fmt: skip
def test_a_colour_that_cannot_be_read_or_is_none_is_refused_beside_its_field(colour, field):
    with pytest.raises(Invalid) as refused:
        clean_colour(colour, field)
    assert set(refused.value.fields) == {field}


@given(st.integers(0, 0xFFFFFF))
def test_what_is_written_on_a_colour_that_was_taken_can_be_read(number):
    colour = f"#{number:06x}"
    for field, grounds in (("colour", LIGHT_GROUNDS), ("colour_dark", DARK_GROUNDS)):
        try:
            taken = clean_colour(colour, field)
        except Invalid:
            continue
        assert all(contrast(taken, ground) >= 4.5 for ground in grounds)
        assert contrast(taken, ink_on(taken)) >= 4.5
