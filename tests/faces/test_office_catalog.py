"""Offers in the office: made in a form, looked at as a customer on a day, approved by a colleague, and live at once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from werkzeug.datastructures import MultiDict

from portal.catalog import STANDARD, get_change, list_changes, list_published, price_offerings
from portal.customers import keep_papers
from tests.cast import NOW
from tests.door import marketing_desk
from tests.faces.desk import form_token
from tests.pages import fields_of

OFFERS = "/office/offers/"
CASE = {
    "code": "phone_case", "name.zh": "手机壳", "name.en": "Phone case", "summary.zh": "软的", "summary.en": "Soft",
    "kind": "accessory", "category": "accessories", "fulfilment": "goods", "stocked": "yes", "on_sale": "yes",
    "tax_basis_points": "13", "eligibility.customers": "all",
    "prices.0.kind": "once", "prices.0.amount": "49.00", "prices.0.unit": "CNY", "prices.0.from_quantity": "1",
    "prices.1.kind": "once", "prices.1.amount": "39.00", "prices.1.unit": "CNY", "prices.1.from_quantity": "3",
}  # fmt: skip


@pytest.fixture
def mei(browser: Any, staff: Any, shift: Any) -> Any:
    return marketing_desk(browser(), staff.mei)


@pytest.fixture
def sam(counter: Any, staff: Any) -> Any:
    return counter(staff.sam)


def write(here: Any, path: str = OFFERS + "new", *, do: str = "save", **changed: Any) -> Any:
    page = here.get(path).page
    asked = {node.get("name") for node in page.form(path).all("input", "select", "textarea")}
    typed = {name: value for name, value in CASE.items() if name in asked}
    return here.post_form(page, path, **(typed | {"do": do} | changed))


def press(here: Any, path: str, step: str, **typed: Any) -> Any:
    return here.post_form(here.get(path).page, f"{path}/{step}", **typed)


def open_change(database: Any) -> tuple[int, str]:
    from portal.base.ids import to_ref

    with database.reading() as session:
        change_id = list_changes(session)[0].id
    return change_id, f"{OFFERS}changes/{to_ref(change_id)}"


def price(database: Any, quantity: int = 1, code: str = "phone_case") -> int | None:
    with database.reading() as session:
        found = price_offerings(session, STANDARD, {code: quantity}, shopper=None, channel="web", now=NOW)
    return found[code].charges.once_minor if found else None


def png(side: int = 40, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, kind)
    return out.getvalue()


def test_an_offer_is_made_handed_in_approved_by_a_colleague_and_live_at_once(mei, sam, database):
    saved = write(mei)
    assert "Saved as a draft." in saved.page.text
    assert "Costs CN¥49.00 once." in saved.page.text or "49.00" in saved.page.text
    _, path = open_change(database)
    assert "Somebody else approves it" in press(mei, path, "submit").page.text
    assert price(database) is None
    assert "Approved and published." in press(sam, path, "approve").page.text
    assert [price(database), price(database, 3)] == [4900, 3900]
    assert "Version 1" in sam.get(OFFERS + "phone_case").page.text


def test_nobody_approves_the_own_change_by_posting_it(mei, database):
    write(mei)
    _, path = open_change(database)
    press(mei, path, "submit")
    refused = mei.post(f"{path}/approve", data={"csrf_token": form_token(mei.get(path).page)})
    assert refused.status_code == 422
    assert "A colleague approves it." in refused.page.text
    assert price(database) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name.en": ""}, "Fill this in."),
        ({"prices.0.amount": "49.005"}, "Enter an amount, such as 50 or 49.90."),
        ({"presale.deposit_minor": "a little"}, "Enter an amount, such as 50 or 49.90."),
        ({"tax_basis_points": "13.005"}, "Enter a percentage, such as 20 or 12.5."),
        ({"tax_basis_points": "101"}, "This is too large."),
        ({"prices.0.amount": "-1"}, "This is too small."),
        ({"prices.0.amount": "1" * 20}, "This is too large."),
        ({"prices.1.amount": "59.00"}, "More pieces cost less each"),
        ({"requires": "phone_case"}, "An offer cannot name itself here."),
        ({"requires": "no_such_thing"}, "There is no offer of this code."),
        ({"valid_from": "2026-12-31T00:00", "valid_to": "2026-12-01T00:00"}, "The end comes before the beginning."),
        ({"publish_at": "tomorrow"}, "Enter a day and a time."),
        ({"code": "Phone Case"}, "This cannot be used here."),
    ],
)
def test_what_does_not_do_is_said_at_its_place_and_what_was_typed_stays(mei, database, changed, said):
    refused = write(mei, **changed)
    assert refused.status_code == 422
    assert said in refused.page.text
    assert 'value="手机壳"' in refused.page.html
    with database.reading() as session:
        assert list_changes(session) == []


def test_looking_again_says_it_in_words_and_saves_nothing(mei, database):
    looked = write(mei, do="look", **{"terms.months_bound": "12"})
    assert "Bound for 12 months." in looked.page.text
    assert "It does not contradict itself." in looked.page.text
    with database.reading() as session:
        assert list_changes(session) == []


def test_the_papers_an_offer_asks_for_are_ticked_and_said(mei, database):
    page = mei.get(OFFERS + "new").page
    for words in ("Identity card", "Business licence", "Letter of authorisation", "Student card"):
        assert words in page.text, words
    looked = write(mei, do="look", **{"eligibility.documents": "student_card"})
    assert "For those who have shown: Student card." in looked.page.text
    write(mei, **{"eligibility.documents": "student_card"})
    change_id, _ = open_change(database)
    with database.reading() as session:
        assert get_change(session, change_id).document.eligibility.documents == ("student_card",)


def test_the_preview_names_the_paper_that_was_not_shown(mei, database, cast):
    def seen():
        row = mei.get(OFFERS + "preview", query_string={"number": cast.alice.number}).page.root.all("tr")
        return next(each.text for each in row if "plan_student" in each.text)

    assert "not shown: Student card" in seen()
    assert "a paper was not shown" not in seen()
    with database.writing() as session:
        keep_papers(session, cast.alice.customer_id, ["student_card"], seen_by="staff:7", now=NOW)
    assert "another age" in seen()
    assert "Student card" not in seen()


def test_a_paper_there_is_not_is_refused_beside_the_ticks(mei, database):
    form = mei.get(OFFERS + "new").page.form(OFFERS + "new")
    typed = {name: value for name, value in CASE.items() if name in {node.get("name") for node in form.all("input", "select", "textarea")}}
    sent = [*fields_of(form, typed, "save"), ("eligibility.documents", "passport")]
    refused = mei.post(OFFERS + "new", data=MultiDict(sent))
    assert refused.status_code == 422
    assert "This is none of those there are." in refused.page.id("f-eligibility.documents-error").text
    with database.reading() as session:
        assert list_changes(session) == []


def test_a_change_keeps_what_the_form_does_not_ask(mei, database):
    with database.reading() as session:
        before = list_published(session)["accessory_earphones"]
    path = OFFERS + "accessory_earphones/change"
    page = mei.get(path).page
    assert mei.post_form(page, path, do="save", category="sale").status_code == 200
    change_id, _ = open_change(database)
    with database.reading() as session:
        after = get_change(session, change_id).document
    assert after == before.model_copy(update={"category": "sale"})


@pytest.mark.parametrize("code", ["bundle_family", "plan_student", "router_fibre", "voice_standard", "gift_coffee", "internet_dsl"])
def test_a_form_that_is_sent_as_it_came_changes_nothing(mei, database, code):
    path = f"{OFFERS}{code}/change"
    mei.post_form(mei.get(path).page, path, do="save")
    change_id, change_path = open_change(database)
    with database.reading() as session:
        assert get_change(session, change_id).document == list_published(session)[code]
    assert "Nothing is different." in mei.get(change_path).page.text


def test_a_change_is_sent_back_with_the_reason_and_written_on(mei, sam, database):
    write(mei)
    _, path = open_change(database)
    press(mei, path, "submit")
    assert press(sam, path, "reject").status_code == 422
    assert "Too dear." in press(sam, path, "reject", note="Too dear.").page.text
    assert "Saved as a draft." in write(mei, path + "/edit", **{"prices.0.amount": "45.00"}).page.text
    press(mei, path, "submit")
    press(sam, path, "approve")
    assert price(database) == 4500


def test_a_change_is_withdrawn(mei, database):
    write(mei)
    _, path = open_change(database)
    assert "Withdrawn." in press(mei, path, "withdraw").page.text
    with database.reading() as session:
        assert list_changes(session) == []


def test_the_shop_is_seen_as_a_customer_on_a_day_with_the_change(mei, database, cast):
    write(mei, **{"eligibility.age_max": "25"})
    _, path = open_change(database)
    ref = path.rpartition("/")[2]
    assert "Phone case" not in mei.get(OFFERS + "preview").page.text
    seen = mei.get(OFFERS + "preview", query_string={"change": ref, "number": cast.alice.number, "day": "2026-12-24T10:00"}).page
    assert "Phone case" in seen.text
    assert "another age" in seen.text
    assert "To come" in seen.text
    wrong = mei.get(OFFERS + "preview", query_string={"number": "13800000000"})
    assert "Nobody here has this number." in wrong.page.text


def test_a_picture_is_made_anew_put_in_by_a_change_and_served_for_ever(mei, sam, database, browser):
    page = mei.get(OFFERS + "sim_card").page
    path = OFFERS + "sim_card/pictures"
    editor = mei.post_form(page, path, picture=(io.BytesIO(png()), "sim.png"))
    assert "Picture 1" in editor.page.text
    change = OFFERS + "sim_card/change"
    mei.post_form(editor.page, change, do="save")
    _, where = open_change(database)
    press(mei, where, "submit")
    press(sam, where, "approve")
    with database.reading() as session:
        (picture,) = list_published(session)["sim_card"].pictures
    shown = browser().get(f"/pictures/{picture}")
    assert shown.headers["Content-Type"] == "image/webp"
    assert "immutable" in shown.headers["Cache-Control"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("role", ["olga", "ada", "dora"])
def test_offers_are_made_by_marketing_alone(browser, staff, role, office, counter, administration):
    here = {"olga": office, "ada": administration, "dora": counter}[role]()
    assert here.get(OFFERS).status_code == 403


def test_the_list_finds_an_offer_by_name_and_says_what_is_under_way(mei, database):
    write(mei)
    found = mei.get(OFFERS, query_string={"q": "phone case"}).page.text
    assert "Being written" in found
    assert "Fibre broadband" not in found
    assert "No offer fits" in mei.get(OFFERS, query_string={"q": "zzz"}).page.text


AHEAD = {
    "presale.deposit_minor": "99.00", "presale.available_from": "2026-12-20", "presale.opens_at": "2026-11-23T09:00",
    "presale.closes_at": "2026-12-10T09:00", "specifications": "颜色：白色 | Colour: White\r\n材质：硅胶｜Material：Silicone",
}  # fmt: skip


def test_an_offer_sold_ahead_and_what_it_is_made_of_are_written_in_the_form(mei, database):
    page = write(mei, **AHEAD).page
    assert "there from 2026-12-20" in page.text
    change_id, path = open_change(database)
    with database.reading() as session:
        made = get_change(session, change_id).document
    assert (made.presale.deposit_minor, made.presale.available_from.isoformat()) == (9900, "2026-12-20")
    assert [(each.name.zh, each.value.en) for each in made.specifications] == [("颜色", "White"), ("材质", "Silicone")]
    edit = mei.get(path + "/edit").page
    assert "颜色：白色 | Colour: White" in edit.html
    mei.post_form(edit, path + "/edit", do="save")
    with database.reading() as session:
        assert get_change(session, change_id).document == made
    mei.post_form(mei.get(path + "/edit").page, path + "/edit", do="save", **dict.fromkeys(AHEAD, ""))
    with database.reading() as session:
        cleared = get_change(session, change_id).document
    assert (cleared.presale, cleared.specifications) == (None, ())


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"presale.deposit_minor": "99.00"}, "presale.available_from"),
        (AHEAD | {"presale.closes_at": "2026-12-30T09:00"}, "presale.closes_at"),
        ({"specifications": "white"}, "specifications"),
        ({"specifications": "颜色：白色 | Colour: "}, "specifications"),
        *(({"code": code}, "code") for code in ("new", "preview", "changes", "price-lists")),
    ],
)
def test_half_a_presale_a_line_that_is_none_and_a_word_of_our_addresses_are_refused_at_their_places(mei, database, changed, place):
    page = write(mei, **changed)
    assert (page.status_code, place in page.page.errors) == (422, True), page.page.errors
    with database.reading() as session:
        assert list_changes(session) == []


def test_a_price_list_is_opened_once_and_takes_prices(mei, database):
    lists = OFFERS + "price-lists"
    typed = {"code": "vip", "name_zh": "贵宾", "name_en": "VIP"}
    assert set(mei.post_form(mei.get(lists).page, lists, **(typed | {"name_en": " "})).page.errors) == {"name_en"}
    assert set(mei.post_form(mei.get(lists).page, lists, **(typed | {"code": "VIP!"})).page.errors) == {"code"}
    assert "vip" in mei.post_form(mei.get(lists).page, lists, **typed).page.text
    again = mei.post_form(mei.get(lists).page, lists, **typed)
    assert (again.status_code, set(again.page.errors)) == (422, {"code"})
    assert "Saved as a draft." in write(mei, **{"prices.1.price_list": "vip", "prices.1.from_quantity": "1"}).page.text
