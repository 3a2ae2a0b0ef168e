"""Sales in the office: drafted in a form, announced by another, released to the queue; everything in the audit log."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import from_ref
from portal.catalog import add_stock
from tests.cast import NOW
from tests.door import marketing_desk
from tests.flashsales.hall import PHONE, Hall
from tests.presales.queue import Queue

SALE = {
    "offering_code": PHONE, "name_zh": "手机秒杀", "name_en": "Handset rush", "unit": "CNY", "amount": "499.00", "pieces": "5",
    "rule": "draw", "opens_at": "2026-11-23T09:00", "starts_at": "2026-11-23T10:00", "ends_at": "2026-11-23T12:00", "pay_minutes": "15",
}  # fmt: skip
PRESALE = {
    "offering_code": PHONE, "name_zh": "手机预售", "name_en": "Handset ahead", "amount_minor": "1099", "deposit_minor": "99", "most": "",
    "opens_at": "2026-11-22T09:00", "closes_at": "2026-11-30T10:00", "releases_at": "2026-12-01T12:00", "pay_hours": "48",
}  # fmt: skip


@pytest.fixture
def mei(browser, staff):
    return marketing_desk(browser(), staff.mei)


@pytest.fixture
def sam(counter, staff):
    return counter(staff.sam)


def draft(here, what, values):
    form = here.url(f"office.ask_{what}")
    return here.post_form(here.get(form), form, **values)


def audited(database):
    table = Base.metadata.tables["audit_entry"]
    with database.reading() as session:
        found = session.execute(sa.select(table.c.action).where(table.c.action.like("%sale.%")).order_by(table.c.at, table.c.seq))
        return list(found.scalars())


def ref_in(answer):
    return from_ref(answer.request.path.rpartition("/")[2])


def test_a_sale_is_drafted_announced_by_another_and_stands_on_its_public_page(mei, sam, site, database):
    page = draft(mei, "sale", SALE)
    sale_id = ref_in(page)
    for words in ("¥499.00", "5 pieces", "23 Nov 2026 10:00", "drawn by lot", "Somebody else has to look at it"):
        assert words in page.page.text, words
    announce = sam.url("office.announce_one_sale", sale_id=sale_id)
    shown = sam.url("office.show_one_sale", sale_id=sale_id)
    refused = sam.post_form(sam.get(shown), announce)
    assert (refused.status_code, "Only 0 pieces are in the central stock" in refused.page.text) == (409, True)
    with database.writing() as session:
        add_stock(session, PHONE, 5, now=NOW)
    assert "Announced" in sam.post_form(sam.get(shown), announce).page.text
    assert "Handset rush" in site.get(site.url("site.show_sale", sale_id=sale_id)).page.text
    assert audited(database) == ["sale.drafted", "sale.announced"]


def test_who_prepared_a_sale_cannot_announce_it_by_hand_either(mei, database):
    sale_id = ref_in(draft(mei, "sale", SALE))
    answer = mei.post(mei.url("office.announce_one_sale", sale_id=sale_id), data={"csrf_token": mei.token()})
    assert (answer.status_code, "Somebody else has to look at it" in answer.page.text) == (409, True)
    assert audited(database) == ["sale.drafted"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("amount", "0"), ("amount", "-1"), ("amount", "4.999"), ("amount", "1e9"), ("amount", ""), ("pieces", "0"), ("pieces", "1.5"),
        ("pieces", "99999"), ("opens_at", "tomorrow"), ("starts_at", "2026-11-22T09:00"), ("name_zh", " "), ("pay_minutes", "1"),
    ],
)  # fmt: skip
def test_what_can_be_no_sale_is_said_beside_its_field_and_what_was_typed_stays(mei, database, field, typed):
    answer = draft(mei, "sale", SALE | {field: typed})
    assert answer.status_code == 422
    assert field in answer.page.errors
    assert answer.page.id("f-name_en").get("value") == "Handset rush"
    assert audited(database) == []


def test_a_made_up_offering_is_refused_in_the_form(mei):
    answer = mei.post(mei.url("office.add_sale"), data=SALE | {"offering_code": "made_up", "csrf_token": mei.token()})
    assert (answer.status_code, set(answer.page.errors)) == (422, {"offering_code"})


def test_a_draft_is_changed_and_called_off(mei, database):
    sale_id = ref_in(draft(mei, "sale", SALE))
    change = mei.url("office.ask_sale_change", sale_id=sale_id)
    page = mei.get(change)
    assert page.page.id("f-starts_at").get("value") == "2026-11-23T10:00"
    assert "9 pieces" in mei.post_form(page, change, pieces="9").page.text
    shown = mei.url("office.show_one_sale", sale_id=sale_id)
    assert "Called off" in mei.post_form(mei.get(shown), mei.url("office.call_off_one_sale", sale_id=sale_id)).page.text
    assert audited(database) == ["sale.drafted", "sale.changed", "sale.called_off"]


def test_a_running_sale_is_not_called_off(sam, database, cast, keys, shift):
    hall = Hall(database, keys, NOW)
    hall.hire()
    hall.announce()
    hall.at(minutes=1)
    hall.settle()
    answer = sam.post(sam.url("office.call_off_one_sale", sale_id=hall.sale_id), data={"csrf_token": sam.token()})
    assert (answer.status_code, "This sale has started" in answer.page.text) == (409, True)


def test_a_presale_is_drafted_announced_released_and_ended(mei, sam, database, cast, keys):
    presale_id = ref_in(draft(mei, "presale", PRESALE))
    shown = sam.url("office.show_one_presale", presale_id=presale_id)
    assert "Announced" in sam.post_form(sam.get(shown), sam.url("office.announce_one_presale", presale_id=presale_id)).page.text
    queue = Queue(database, keys, NOW)
    queue.presale_id = presale_id
    for person in (cast.alice, cast.charlie):
        queue.pay(person.customer_id, queue.take(person.customer_id).order_id)
    with database.writing() as session:
        add_stock(session, PHONE, 1, now=NOW)
    release = sam.url("office.release_some_pieces", presale_id=presale_id)
    assert sam.post_form(sam.get(shown), release, count="none").status_code == 422
    assert "1 released, 1 invited" in sam.post_form(sam.get(shown), release, count="1").page.text
    assert [queue.place(person.customer_id).status for person in (cast.alice, cast.charlie)] == ["invited", "waiting"]
    end = sam.url("office.end_one_presale", presale_id=presale_id)
    assert sam.post_form(sam.get(shown), end).status_code == 422
    assert "Ended" in sam.post_form(sam.get(shown), end, sure="yes").page.text
    assert queue.place(cast.charlie.customer_id).status == "given_up"
    assert audited(database) == ["presale.drafted", "presale.announced", "presale.released", "presale.ended"]


def test_the_list_shows_every_sale_and_marketing_finds_the_way_there(mei):
    draft(mei, "sale", SALE)
    draft(mei, "presale", PRESALE)
    page = mei.get(mei.url("office.list_all_sales")).page
    assert "Handset rush" in page.text
    assert "Handset ahead" in page.text
    assert mei.url("office.list_all_sales") in mei.get(mei.url("office.list_campaigns")).page.links()
