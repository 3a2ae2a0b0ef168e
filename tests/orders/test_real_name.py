"""Real-name rules: what an order asks for, and what it takes from the customer's own record instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.customers import keep_papers
from portal.orders import note_papers, papers_of_order, real_name
from portal.orders.real_name import RULES, papers_to_show
from tests.orders.shop import ADD_ON, BANK, Shop
from tests.statements import statements

PLAN = replace(ADD_ON, kind="plan")


def show(shop: Shop, *names: str, days_ago: int = 0) -> None:
    with shop.database.writing() as session:
        keep_papers(session, shop.person.customer_id, names, seen_by="staff:7", now=shop.now - timedelta(days=days_ago))


def ask(shop: Shop, *items, by: str = "individual", channel: str = "web", days: int = 0):
    with shop.database.reading() as session:
        now = shop.now + timedelta(days=days)
        return papers_of_order(session, shop.person.customer_id, items or (PLAN,), by=by, channel=channel, now=now)


def test_a_new_line_asks_for_the_card_and_what_is_for_a_line_that_is_had_does_not(shop: Shop) -> None:
    assert ask(shop) == {"wanted": ["id_card"]}
    assert ask(shop, replace(PLAN, subscription_id=1)) == {}
    assert ask(shop, BANK, ADD_ON) == {}
    assert ask(shop, channel="counter") == {}, "it is looked at on the spot"


def test_a_new_line_inside_a_bundle_asks_for_the_card_too(shop: Shop) -> None:
    assert ask(shop, replace(PLAN, kind="bundle"), replace(PLAN, kind="line", parent=1)) == {"wanted": ["id_card"]}


def test_a_paper_on_record_is_not_asked_for_again_and_the_order_says_since_when(shop: Shop) -> None:
    show(shop, "id_card", days_ago=400)
    placed = shop.sell(PLAN, payment="none", pay_by=None, documents=ask(shop))
    order = shop.look(placed.order_id)
    assert (order.papers_missing, order.papers_on_record) == ((), {"id_card": date(2025, 10, 18)})
    assert (shop.status(placed), shop.kinds(placed)) == ("reserved", ["accepted", "reserved"])
    assert shop.task(placed)[0] == "provision", "nobody has a check to do"
    (row,) = [each for each in shop.rows("customer_order") if each["id"] == placed.order_id]
    assert row["documents"]["seen"]["id_card"].keys() == {"by", "at", "on_record"}, "never what stands on it"


def test_one_on_record_leaves_the_other_to_be_shown(shop: Shop) -> None:
    show(shop, "business_licence")
    placed = shop.sell(PLAN, payment="none", pay_by=None, documents=ask(shop, by="organisation"))
    assert (shop.look(placed.order_id).papers_missing, shop.task(placed)[0]) == (("authorisation",), "check")
    with shop.database.writing() as session:
        assert note_papers(session, placed.order_id, ["authorisation"], actor="staff:1", now=shop.now)
    order = shop.look(placed.order_id)
    assert (order.papers_missing, [*order.papers_on_record], shop.status(placed)) == ((), ["business_licence"], "reserved")


def test_what_a_rule_wants_each_time_is_asked_for_however_often_it_was_shown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    show(shop, "authorisation", "business_licence", "id_card")
    assert set(ask(shop, by="organisation")["seen"]) == {"business_licence"}, "a letter is one person's, and the record says not whose"
    strict = tuple(replace(rule, each_time=frozenset(rule.papers)) for rule in RULES)
    monkeypatch.setattr(real_name, "RULES", (*RULES, *strict))
    assert ask(shop) == {"wanted": ["id_card"]}, "of two rules the stricter holds"


def test_a_paper_past_its_day_is_asked_for_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    student = replace(RULES[0], papers=("student_card",))
    monkeypatch.setattr(real_name, "RULES", (student,))
    show(shop, "student_card")
    assert set(ask(shop, days=365)["seen"]) == {"student_card"}
    assert ask(shop, days=366) == {"wanted": ["student_card"]}


def test_an_order_without_papers_asks_the_record_nothing(shop: Shop) -> None:
    with shop.database.reading() as session, statements(shop.database) as sent:
        assert not papers_of_order(session, shop.person.customer_id, (BANK,), by="individual", channel="web", now=shop.now)
        assert sent == []
        papers_of_order(session, shop.person.customer_id, (PLAN,), by="individual", channel="web", now=shop.now)
        assert len(sent) == 1
        assert papers_of_order(session, shop.person.customer_id, (PLAN,), channel="web", now=shop.now) == {"wanted": ["id_card"]}
        assert len(sent) == 3, "whose kind is not known is looked at first"
        assert papers_of_order(session, shop.person.customer_id, (BANK,), channel="web", now=shop.now) == {}
    assert len(sent) == 3


def test_what_was_seen_for_one_order_spares_the_next(shop: Shop) -> None:
    first = shop.sell(PLAN, payment="none", pay_by=None, documents=ask(shop))
    with shop.database.writing() as session:
        note_papers(session, first.order_id, ["id_card"], actor="staff:1", now=shop.now)
    assert ask(shop)["seen"]["id_card"]["by"] == "staff:1"
    assert not shop.look(first.order_id).papers_on_record, "for the first it was looked at"


def test_rules_name_only_papers_they_ask_for() -> None:
    assert all(rule.each_time <= set(rule.papers) for rule in RULES)
    assert papers_to_show([("sim", False)], by="organisation", channel="web") == {"business_licence": False, "authorisation": True}
