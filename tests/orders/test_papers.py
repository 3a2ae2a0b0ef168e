"""Papers of an order: which there are, each made once, kept as it was made, and telling what the order says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.errors import NotFound
from portal.orders import (
    Paper,
    WantedPaper,
    get_paper,
    get_paper_order,
    give_up_papers,
    keep_paper,
    list_papers,
    take_wanted_paper,
    want_paper,
)
from tests.cast import Cast
from tests.orders.shop import ADD_ON, BANK, PHONE, PHONE_PRICE, Shop


def kinds(shop: Shop, order_id: int) -> list[str]:
    with shop.database.reading() as session:
        return [paper.kind for paper in list_papers(session, shop.person.customer_id, order_id, "en")]


def want(shop: Shop, order_id: int, kind: Paper = "confirmation") -> None:
    with shop.database.writing() as session:
        want_paper(session, shop.person.customer_id, order_id, kind, "en", now=shop.now)


def take(shop: Shop) -> WantedPaper | None:
    with shop.database.writing() as session:
        return take_wanted_paper(session)


def keep(shop: Shop, wanted: WantedPaper, content: bytes) -> None:
    with shop.database.writing() as session:
        keep_paper(session, wanted, content, now=shop.now)


def read(shop: Shop, order_id: int, kind: Paper = "confirmation") -> tuple[str, bytes]:
    with shop.database.reading() as session:
        return get_paper(session, shop.person.customer_id, order_id, kind, "en")


def test_which_papers_there_are_follows_from_what_happened(shop: Shop) -> None:
    placed = shop.sell(PHONE, ADD_ON)
    assert kinds(shop, placed.order_id) == ["confirmation", "contract"], "nothing was paid yet: there is no invoice"
    shop.pay(placed)
    assert kinds(shop, placed.order_id) == ["confirmation", "contract", "invoice"]
    plain = shop.sell(BANK)
    assert kinds(shop, plain.order_id) == ["confirmation"], "what binds to nothing has no contract"


def test_money_that_went_back_has_its_note_and_a_cancelled_order_no_contract(shop: Shop) -> None:
    placed = shop.sell(PHONE, ADD_ON)
    shop.pay(placed)
    shop.cancel(placed.order_id)
    shop.do_refunds()
    assert kinds(shop, placed.order_id) == ["confirmation", "invoice", "credit_note"]


def test_a_paper_asked_for_twice_is_made_once_and_never_replaced(shop: Shop) -> None:
    placed = shop.sell()
    want(shop, placed.order_id)
    want(shop, placed.order_id)
    wanted = take(shop)
    assert wanted is not None
    keep(shop, wanted, b"%PDF first")
    keep(shop, wanted, b"%PDF second")
    want(shop, placed.order_id)
    assert take(shop) is None
    number, content = read(shop, placed.order_id)
    assert content == b"%PDF first"
    assert number == placed.reference


def test_a_paper_that_cannot_be_made_is_tried_five_times_and_again_when_asked_for_anew(shop: Shop) -> None:
    placed = shop.sell()
    want(shop, placed.order_id)
    assert [take(shop) is not None for _ in range(7)] == [True] * 5 + [False] * 2
    want(shop, placed.order_id)
    assert take(shop) is not None


def test_one_that_fails_lets_the_others_go_first(shop: Shop) -> None:
    first, second = shop.sell(), shop.sell(BANK)
    want(shop, first.order_id)
    failed = take(shop)
    want(shop, second.order_id)
    following = take(shop)
    assert (failed and failed.order_id, following and following.order_id) == (first.order_id, second.order_id)


def test_what_an_order_does_not_have_and_what_is_not_made_is_nothing(shop: Shop, cast: Cast) -> None:
    placed = shop.sell()
    with pytest.raises(NotFound):
        want(shop, placed.order_id, "invoice")
    with pytest.raises(NotFound):
        read(shop, placed.order_id)
    with shop.database.writing() as session, pytest.raises(NotFound):
        want_paper(session, cast.charlie.customer_id, placed.order_id, "confirmation", "en", now=shop.now)


def test_a_paper_says_what_was_sold_and_its_lines_add_up(shop: Shop) -> None:
    placed = shop.sell(PHONE, BANK)
    with shop.database.reading() as session:
        paper = get_paper_order(session, shop.person.customer_id, placed.order_id)
    assert paper.total_minor == sum(line.total_minor for line in paper.lines) + paper.shipping_minor
    assert paper.lines[0].unit_minor == PHONE_PRICE
    assert paper.owner.name == shop.person.name


def test_a_paper_that_five_tries_did_not_make_is_given_up_once_and_may_be_asked_for_anew(shop: Shop) -> None:
    placed = shop.sell()
    want(shop, placed.order_id)
    for _ in range(5):
        take(shop)
    given_up = []
    for minutes in (1, 61, 62):
        with shop.database.writing() as session:
            given_up.append([each.kind for each in give_up_papers(session, now=shop.now + timedelta(minutes=minutes))])
    assert given_up == [[], ["confirmation"], []], "not while the fifth try may still run"
    with shop.database.reading() as session:
        (paper, *_) = list_papers(session, shop.person.customer_id, placed.order_id, "en")
    assert (paper.kind, paper.is_made, paper.is_wanted) == ("confirmation", False, False)
    want(shop, placed.order_id)
    assert take(shop) is not None
