"""Campaigns in the office: written in forms, tried out, approved by another, reckoned over past orders, measured."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Base
from portal.customers import get_shopper
from portal.faces.office.campaign_preview import with_draft
from portal.faces.office.campaign_results import _plain
from portal.faces.office.campaign_simulator import reckon
from portal.orders import Sold, count_sold, list_buyers, list_past_orders
from portal.promotions import (
    Basket,
    BasketItem,
    History,
    LiveDocument,
    compile_campaigns,
    evaluate,
    get_campaign,
    is_held_out,
    read_document,
)
from tests.cast import NOW
from tests.door import marketing_desk
from tests.faces.marketing import DOCUMENT, launch

NEW = "/office/campaigns/new/form"
NAMES = {"code": "spring", "d.name.zh": "手机八折", "d.name.en": "Handsets, a fifth off"}


@pytest.fixture
def mei(browser, staff):
    """Give Mei's browser: she makes campaigns."""
    return marketing_desk(browser(), staff.mei)


@pytest.fixture
def sam(counter, staff):
    """Give Sam's browser: he supervises, and approves."""
    return counter(staff.sam)


@pytest.fixture
def live(app, staff):
    """Have a fifth off handsets, approved."""
    return launch(app.extensions["portal"].db, staff)


def begin(browser, like="percentage"):
    """Open the editor with one of the common kinds."""
    return browser.get(f"{NEW}?like={like}")


def press(browser, page, button, **typed):
    """Press a button of the editor, as a browser without JavaScript does."""
    return browser.post_form(page, page.request.path, button=button, **typed)


def view_of(app, code="spring"):
    """Read a campaign."""
    with app.extensions["portal"].db.reading() as session:
        return get_campaign(session, code)


def test_the_common_kinds_stand_first_and_say_in_words_what_they_are(mei):
    page = mei.get("/office/campaigns/new").page
    assert "10 % off handsets" in page.text
    assert "With a code" in page.text or "with a code" in page.text


def test_a_campaign_written_in_the_form_is_a_draft_said_in_both_languages(mei, app):
    done = press(mei, begin(mei), "save", **NAMES, **{"d.effects.0.basis_points": "20"})
    assert done.page.heading == "Handsets, a fifth off"
    assert "20 % off handsets." in done.page.text
    assert any(node.get("lang") == "zh-Hans-CN" for node in done.page.root.all("p"))
    assert view_of(app).draft["effects"] == [{"kind": "percentage", "basis_points": 2000, "target": {"kinds": ["device"]}}]


def test_the_tree_grows_and_shrinks_by_buttons_alone_and_keeps_what_was_typed(mei, app):
    page = begin(mei)
    page = press(mei, page, "add:when.of", **NAMES, **{"kind:when.of": "channel"})
    page = press(mei, page, "add:when.of", **{"kind:when.of": "any", "d.when.of.0.one_of": "web"})
    page = press(mei, page, "add:when.of.1.of", **{"kind:when.of.1.of": "tier"})
    page = press(mei, page, "add:when.of.1.of", **{"kind:when.of.1.of": "tenure", "d.when.of.1.of.0.one_of": "gold"})
    page = press(mei, page, "up:when.of.1", **{"d.when.of.1.of.1.min": "24"})
    page = press(mei, page, "look")
    assert "either for gold customers or for customers of 24 months or more" in page.page.text
    page = press(mei, page, "drop:when.of.1")
    done = press(mei, page, "save")
    assert done.request.path == "/office/campaigns/of/spring"
    tier, tenure = {"kind": "tier", "one_of": ["gold"]}, {"kind": "tenure", "min": 24}
    assert view_of(app).draft["when"] == {"kind": "all", "of": [{"kind": "any", "of": [tier, tenure]}]}


def test_what_cannot_be_read_is_said_beside_its_field_and_kept(mei):
    page = press(mei, begin(mei), "save", **NAMES, **{"d.effects.0.basis_points": "a fifth", "d.budget_minor": "12.345"})
    assert page.status_code == 422
    assert page.page.errors == {
        "d.effects.0.basis_points": "Enter a percentage, such as 20 or 12.5.",
        "d.budget_minor": "Enter an amount, such as 50 or 49.90.",
    }
    held = {node.get("name"): node.get("value") for node in page.page.root.all("input")}
    assert held["d.effects.0.basis_points"] == "a fifth"
    assert held["d.name.en"] == "Handsets, a fifth off"


def test_what_was_typed_wrong_moves_along_with_its_part(mei):
    page = press(mei, begin(mei), "add:effects", **{"kind:effects": "amount", "d.effects.0.basis_points": "a fifth"})
    page = press(mei, page, "down:effects.0")
    held = {node.get("name"): node.get("value") for node in page.page.root.all("input")}
    assert held["d.effects.1.basis_points"] == "a fifth"


def test_each_refusal_of_the_document_stands_beside_its_place(mei, app):
    typed = {"d.effects.0.basis_points": "150", "d.effects.0.target.offerings": "no_such_thing", "d.name.en": ""}
    page = press(mei, begin(mei), "save", **(NAMES | typed))
    assert set(page.page.errors) == {"d.effects.0.basis_points", "d.name.en"}
    page = press(mei, page, "save", **{"d.effects.0.basis_points": "15", "d.name.en": "Handsets"})
    assert page.page.errors == {"d.effects.0.target.offerings": "There is no offering of this code."}
    assert page.page.id("error-summary")


def test_a_budget_that_one_use_can_exceed_is_refused_at_the_place_that_has_to_say_most(mei):
    page = press(mei, begin(mei), "save", **NAMES, **{"d.budget_minor": "1"})
    assert page.status_code == 422
    assert any(name.startswith(("d.effects.0", "d.budget")) for name in page.page.errors)


def test_a_code_that_is_taken_or_is_none_is_said_beside_it(mei, live):
    assert "code" in press(mei, begin(mei), "save", **NAMES).page.errors
    assert "code" in press(mei, begin(mei), "save", **(NAMES | {"code": "!"})).page.errors


def test_who_wrote_it_does_not_approve_it_and_another_does(mei, sam, app):
    press(mei, begin(mei), "save", **NAMES)
    where = "/office/campaigns/of/spring"
    mei.post_form(mei.get(where), f"{where}/submit")
    page = mei.get(where)
    assert not page.page.can_send(f"{where}/approve")
    token = page.page.form(f"{where}/learned")
    refused = mei.post(f"{where}/approve", data={"csrf_token": next(token.all("input")).get("value")})
    assert refused.status_code == 422
    assert view_of(app).status == "submitted"
    sam.post_form(sam.get(where), f"{where}/approve")
    assert view_of(app).status == "approved"
    with app.extensions["portal"].db.reading() as session:
        found = session.execute(sa.select(AuditEntry.action).where(AuditEntry.subject == "campaign:spring")).scalars().all()
    assert sorted(found) == ["campaign.approved", "campaign.submitted", "campaign.written"]


def test_what_is_sent_back_says_why_and_needs_a_reason(mei, sam, app):
    press(mei, begin(mei), "save", **NAMES)
    where = "/office/campaigns/of/spring"
    mei.post_form(mei.get(where), f"{where}/submit")
    assert sam.post_form(sam.get(where), f"{where}/reject").page.errors == {"note": "Say why."}
    sam.post_form(sam.get(where), f"{where}/reject", note="Too dear in November.")
    assert "Too dear in November." in mei.get(where).page.text
    assert view_of(app).draft_status == "rejected"


def test_a_campaign_rests_goes_on_and_ends(mei, app, live):
    where = "/office/campaigns/of/spring"
    for step, state in (("pause", "paused"), ("resume", "approved"), ("end", "ended")):
        mei.post_form(mei.get(where), f"{where}/{step}")
        assert view_of(app).status == state
    assert not mei.get(where).page.can_send(f"{where}/end")


def test_a_change_shows_what_it_changes_while_what_was_approved_holds_on(mei, app, live):
    where = "/office/campaigns/of/spring"
    press(mei, mei.get(f"{where}/change"), "save", **{"d.effects.0.basis_points": "25"})
    assert view_of(app).document["effects"][0]["basis_points"] == 2000
    page = mei.get(f"{where}/versions/0").page
    assert "Percentage off · Percentage" in page.text
    assert "20 % off handsets" in page.text
    assert "25 % off handsets" in page.text


def test_what_was_learned_is_kept(mei, app, live):
    where = "/office/campaigns/of/spring"
    mei.post_form(mei.get(where), f"{where}/learned", learned="Weekends sell.")
    assert view_of(app).learned == "Weekends sell."


def test_the_list_says_where_each_stands_and_what_to_look_at(mei, app, staff):
    ending = DOCUMENT | {"ends_at": (NOW + timedelta(days=1)).isoformat()}
    launch(app.extensions["portal"].db, staff, "ending", ending)
    page = mei.get("/office/campaigns").page
    assert "Running" in page.text
    assert "Ends within three days" in page.text
    assert "No campaign here" in mei.get("/office/campaigns?state=ended").page.text


def test_the_calendar_shows_what_does_not_go_together(mei, app, staff):
    for code in ("one", "two"):
        launch(app.extensions["portal"].db, staff, code, DOCUMENT | {"exclusive": "handsets"})
    page = mei.get("/office/campaigns/calendar").page
    assert page.text.count("both are of the category “handsets”") == 2
    assert "Nothing runs in this month" not in mei.get("/office/campaigns/calendar?month=2027-03").page.text
    assert mei.get("/office/campaigns/calendar?month=never").status_code == 200


def test_tried_out_a_campaign_says_what_would_apply_and_why(mei, live):
    where = "/office/campaigns/of/spring/preview"
    page = mei.post_form(mei.get(where), where, item1="device_redmi_note_13", count1="2").page
    assert "Applied" in page.text
    assert "¥439.60" in page.text  # a fifth of 2,198.00
    page = mei.post_form(mei.get(where), where, count1="0", item1="device_redmi_note_13").page
    assert page.errors == {"count1": "Enter a number from 1 to 99."}


def test_tried_out_as_a_customer_it_is_noted_whose_prices_were_looked_at(mei, app, live, cast):
    where = "/office/campaigns/of/spring/preview"
    mei.post_form(mei.get(where), where, item1="device_redmi_note_13", number=cast.alice.number)
    with app.extensions["portal"].db.reading() as session:
        found = session.execute(sa.select(AuditEntry.customer_id).where(AuditEntry.action == "campaign.previewed")).scalars().all()
    assert found == [cast.alice.customer_id]
    assert "number" in mei.post_form(mei.get(where), where, item1="device_redmi_note_13", number="13000000000").page.errors


def test_over_past_orders_it_says_what_it_would_have_cost(mei, app, live, cast, handset):
    where = "/office/campaigns/of/spring/simulator"
    page = mei.post_form(mei.get(where), where).page
    assert "This would have cost ¥439.60" in page.text
    assert handset.reference in page.text


def test_past_orders_are_read_by_customer_with_all_that_came_before(app, cast, handset):
    with app.extensions["portal"].db.reading() as session:
        sold = count_sold(session, since=NOW - timedelta(days=1), until=NOW)
        buyers = list_buyers(session, since=NOW - timedelta(days=1), until=NOW, after=0, limit=10)
        orders = list_past_orders(session, buyers, until=NOW)[cast.acme.customer_id]
    assert (sold.orders, sold.customers) == (1, 1)
    assert buyers == [cast.acme.customer_id]
    assert [(item.offering_code, item.quantity, item.unit_minor) for item in orders[0].items] == [("device_redmi_note_13", 2, 109_900)]


def used_by(app, campaign_id, order_id, customer_id):
    """Note on an order that a campaign was applied to it, as the cart does."""
    table = Base.metadata.tables["customer_order"]
    told = {"campaigns": [{"id": campaign_id, "version": 1, "uses": 1, "amount_minor": 43_960}]}
    with app.extensions["portal"].db.writing() as session:
        session.execute(
            sa.update(table).where(table.c.customer_id == customer_id, table.c.id == order_id).values(promotion=told, placed_at=NOW)
        )


def test_results_count_its_orders_and_say_so_where_nobody_was_kept_from_it(mei, app, live, cast, handset, shift):
    used_by(app, live, handset.order_id, cast.acme.customer_id)
    page = mei.get("/office/campaigns/of/spring/results").page
    assert "1 order, ¥439.60 given" in page.text
    assert "Nobody was kept from it" in page.text
    sheet = mei.get("/office/campaigns/of/spring/results.csv")
    assert sheet.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(sheet.data.decode("utf-8-sig"))))
    assert rows[1] == ["spring", "all", "", "1", "2198.00", "439.60", "2198.00", "CNY"]


def test_results_say_that_there_are_too_few_to_tell(mei, app, staff, cast, handset):
    campaign_id = launch(app.extensions["portal"].db, staff, "measured", DOCUMENT | {"hold_out_percent": 10})
    used_by(app, campaign_id, handset.order_id, cast.acme.customer_id)
    assert "Too few to tell" in mei.get("/office/campaigns/of/measured/results").page.text


def test_every_page_of_a_campaign_stands_in_both_languages(mei, live):
    mei.checking = False  # every sentence in Chinese is looked for by other tests
    for path in ("", "/change", "/preview", "/simulator", "/results", "/versions/1"):
        for language in ("zh", "en"):
            answer = mei.get(f"/office/campaigns/of/spring{path}", headers={"Accept-Language": language})
            assert answer.status_code == 200


def test_a_region_is_given_to_htmx_and_a_page_to_others(mei):
    answer = mei.post_form(begin(mei), NEW, button="add:effects", htmx="div#editor")
    assert "<html" not in answer.text
    assert answer.page.has("editor")


def test_a_sheet_takes_nothing_for_a_formula():
    assert [_plain(each) for each in ("=1+1", "@x", "－5", "plain", 7)] == ["'=1+1", "'@x", "'－5", "plain", 7]


def test_who_it_is_kept_from_is_the_same_in_results_as_when_it_is_priced(live, app, database, cast):
    document = read_document(DOCUMENT | {"hold_out_percent": 30})
    campaigns = compile_campaigns([LiveDocument(1, "held", 1, document)])
    basket = Basket((BasketItem(1, "device_redmi_note_13", "device", None, 1, 109_900),), "CNY", "web", "central", 0, NOW)
    with database.reading() as session:
        alice = get_shopper(session, cast.alice.customer_id, now=NOW)
    for customer_id in range(1, 200):
        done = evaluate(campaigns, basket, replace(alice, customer_id=customer_id), History())
        assert bool(done.held_out) is is_held_out("held", 30, customer_id)


def test_a_sample_is_taken_from_all_customers_and_stays_within_its_size(app, database, live, cast, handset):
    sold = Sold(orders=100_000, customers=90_000, first_id=cast.acme.customer_id - 10**6, last_id=cast.acme.customer_id + 10**6)
    with app.app_context(), database.reading() as session:
        campaign, after = view_of(app), with_draft(session, view_of(app), now=NOW)
        kinds = {"device_redmi_note_13": ("device", None)}
        done = reckon(campaign, compile_campaigns([]), after, sold, kinds, since=NOW - timedelta(days=1), until=NOW, most=400)
    assert done.looked_at == 1
    assert done.cost_minor == 43_960
