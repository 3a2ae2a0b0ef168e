"""Codes through the pages: a cap redeemed in the hall, a batch made, approved and printed in the office."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.ids import to_ref
from portal.codes import Rules, ask_print, get_batch, list_batches, list_prints, release_print
from portal.codes.signs import write_signs
from tests.cast import NOW
from tests.codes.press import Press
from tests.door import marketing_desk
from tests.faces.desk import form_token

NEW = {
    "name_zh": "夏日瓶盖", "name_en": "Summer caps", "kind": "prize", "size": "1000", "starts_on": "2026-11-22", "ends_on": "2026-12-31",
    "partner": "Cola", "per_customer": "5", "prize_1_name_zh": "50 积分", "prize_1_name_en": "50 points", "prize_1_kind": "points",
    "prize_1_what": "50", "prize_1_weight": "200000", "prize_1_amount": "100",
}  # fmt: skip


@pytest.fixture
def press(database, cast, keys, staff):
    """Give a press of the very people who sign in to the office."""
    return Press(database, keys, staff.mei.staff_id, staff.sam.staff_id, NOW)


@pytest.fixture
def mei(browser, staff, press):
    return marketing_desk(browser(), staff.mei)


@pytest.fixture
def sam(counter, staff, press):
    return counter(staff.sam)


def redeem(browser, code):
    """Type a code into the form in the hall."""
    return browser.post_form(browser.get("/points/codes"), "/points/codes", code=code)


def make(mei, **changes):
    """Make a batch by the form."""
    return mei.post_form(mei.get("/office/codes/new"), "/office/codes/new", **(NEW | changes))


def at(batch_id, *more):
    """Give the address of a batch, or of what is done with it."""
    return "/".join(("/office/codes", to_ref(batch_id), *more))


def actions(database):
    """Give what the audit log says of codes, the oldest first."""
    with database.reading() as session:
        rows = session.execute(
            sa.select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.action.like("codes.%")).order_by(AuditEntry.at)
        )
        return [(row.actor, row.action) for row in rows]


def only_batch(database):
    """Give the one batch there is."""
    with database.reading() as session:
        (line,) = list_batches(session)
        return get_batch(session, line.batch_id)


# in the hall


def test_a_cap_is_redeemed_and_what_it_won_is_said(sign_in, cast, press):
    code = press.code(press.batch(), 7)
    alice = sign_in(cast.alice)
    assert "/points/codes" in alice.get("/points").page.links()
    page = redeem(alice, code.lower().replace("-", " ")).page
    assert "Won: 50 points" in page.text
    assert "Won: 50 points" not in alice.get("/points/codes").text


def test_the_second_time_and_somebody_else_are_told_apart_from_a_wrong_code(sign_in, cast, press):
    code = press.code(press.batch(), 7)
    alice = sign_in(cast.alice)
    redeem(alice, code)
    again = redeem(alice, code)
    assert (again.status_code, "You have redeemed this code already." in again.text) == (422, True)
    other = redeem(sign_in(cast.charlie), code)
    assert (other.status_code, "This code was redeemed already." in other.text) == (422, True)


@pytest.mark.parametrize(("typed", "said"), [
    ("", "A code has 14 letters and digits"), ("0123-4567-89AB-CU", "One of the letters or digits is not right"),
    ("x" * 5_000, "A code has 14 letters and digits"), ("=1+1", "A code has 14 letters and digits"),
])  # fmt: skip
def test_a_typing_error_is_said_beside_the_field_and_kept(sign_in, cast, press, typed, said):
    answer = redeem(sign_in(cast.alice), typed)
    assert answer.status_code == 422
    assert said in answer.text


def test_guessing_is_answered_by_a_wait(sign_in, cast, press):
    alice = sign_in(cast.alice)
    for turn in range(5):
        assert "This code is not one of ours." in redeem(alice, write_signs([0, 1, *([7] * 10), turn])).text
    answer = redeem(alice, press.code(press.batch(), 7))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 500
    assert "Too many codes were wrong. Try again in 10 min." in answer.text


def test_who_may_not_spend_points_redeems_nothing(sign_in, cast, press):
    press.batch()
    assert sign_in(cast.bob).get("/points/codes").status_code == 404


def test_customer_and_channel_in_the_request_are_ignored(sign_in, cast, press, database):
    code = press.code(press.batch(press.new(rules=Rules(channels=("web",)))), 7)
    alice = sign_in(cast.alice)
    page = alice.get("/points/codes")
    foreign = {"customer_id": str(cast.charlie.customer_id), "channel": "counter", "prize": "1", "actor": "staff:1"}
    alice.post("/points/codes", data={"csrf_token": form_token(page.page), "code": code} | foreign)
    assert [(use["customer_id"], use["channel"]) for use in press.uses()] == [(cast.alice.customer_id, "web")]


# in the office


def test_a_batch_is_made_by_one_and_approved_by_another(mei, sam, database, press):
    page = make(mei).page
    assert "Waits for approval" in page.text
    made = only_batch(database)
    assert (made.line.size, made.line.rules.per_customer, made.prizes[0].weight, made.prizes[0].left) == (1_000, 5, 200_000, 100)
    assert made.line.ends_at.astimezone(NOW.tzinfo).isoformat() == "2027-01-01T00:00:00+08:00"
    refused = mei.post(at(made.line.batch_id, "approval"), data={"csrf_token": form_token(page)})
    assert refused.status_code == 403
    assert "Somebody else has to approve it" in refused.text
    approved = sam.post_form(sam.get(at(made.line.batch_id)), at(made.line.batch_id, "approval"))
    assert "Approved. Its codes are good from its first day on." in approved.page.text
    who = [(f"staff:{press.maker}", "codes.batch_made"), (f"staff:{press.checker}", "codes.batch_approved")]
    assert actions(database) == who


@pytest.mark.parametrize(("changes", "field"), [
    ({"name_en": ""}, "name_zh"), ({"size": "0"}, "size"), ({"size": "1e3"}, "size"), ({"ends_on": "2026-11-01"}, "ends_on"),
    ({"starts_on": "soon"}, "starts_on"), ({"kind": "coupon"}, "campaign_code"), ({"per_day": "-1"}, "per_day"),
    ({"prize_1_weight": "2000000"}, "prize_1_weight"), ({"prize_1_what": "many"}, "prize_1_what"),
    ({"prize_1_kind": "offering", "prize_1_amount": ""}, "prize_1_amount"), ({"prize_1_amount": "0.5"}, "prize_1_amount"),
    ({"prize_3_name_zh": "杯", "prize_3_name_en": "Cup", "prize_3_kind": "offering", "prize_3_what": "gift_thermos",
      "prize_3_weight": "5"}, "prize_3_amount"),
])  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(mei, database, changes, field):
    answer = make(mei, **changes)
    assert answer.status_code == 422
    assert answer.page.has(f"f-{field}-error"), answer.page.id("error-summary").text
    with database.reading() as session:
        assert list_batches(session) == []


def test_codes_leave_the_house_by_two_people_and_each_taking_is_noted(mei, sam, database, press, sign_in, cast):
    batch_id = press.batch()
    page = mei.post_form(mei.get(at(batch_id)), at(batch_id, "prints"), first="10", last="12").page
    with database.reading() as session:
        (asked,) = list_prints(session, batch_id)
    here = f"/office/codes/prints/{to_ref(asked.print_id)}"
    token = {"csrf_token": form_token(page)}
    assert here in page.links()
    assert mei.post(f"{here}/file", data=token).status_code == 409
    assert mei.post(f"{here}/release", data=token).status_code == 403
    sams = sam.post_form(sam.get(here), f"{here}/release").page
    assert "Released" in sams.text
    assert sam.post(f"{here}/file", data={"csrf_token": form_token(sams)}).status_code == 404
    taken = mei.post_form(mei.get(here), f"{here}/file")
    assert (taken.status_code, taken.headers["Cache-Control"], taken.mimetype) == (200, "no-store", "text/csv")
    lines = taken.text.split("\r\n")
    assert lines[1:4] == [f"{number},{press.code(batch_id, number)}" for number in (10, 11, 12)]
    assert actions(database)[-1] == (f"staff:{press.maker}", "codes.print_taken")
    assert "Won: 50 points" in redeem(sign_in(cast.alice), lines[1].split(",")[1]).page.text


def test_a_stolen_range_is_voided_and_a_batch_is_stopped(mei, database, press, sign_in, cast):
    batch_id = press.batch()
    page = mei.post_form(mei.get(at(batch_id)), at(batch_id, "voids"), void_first="10", void_last="12").page
    assert "10–12" in page.text
    alice = sign_in(cast.alice)
    assert "This code is no longer valid." in redeem(alice, press.code(batch_id, 11)).text
    wrong = mei.post_form(page, at(batch_id, "voids"), void_first="10", void_last="1000")
    assert "The batch has no such number: its last is 999." in wrong.text
    mei.post_form(page, at(batch_id, "stop"))
    assert "These codes are no longer taken." in redeem(alice, press.code(batch_id, 1)).text


def test_a_draft_is_dropped(mei, database, press):
    make(mei)
    batch_id = only_batch(database).line.batch_id
    page = mei.post_form(mei.get(at(batch_id)), at(batch_id, "drop")).page
    assert "The draft is gone." in page.text
    with database.reading() as session:
        assert list_batches(session) == []


def test_what_was_proved_long_ago_is_proved_again_before_codes_leave(mei, database, press, shift):
    batch_id = press.batch()
    with database.writing() as session:
        print_id = ask_print(session, batch_id, 1, 2, staff_id=press.maker, now=NOW)
        release_print(session, print_id, staff_id=press.checker, now=NOW)
    page = mei.get(f"/office/codes/prints/{to_ref(print_id)}").page
    shift(11 * 60)
    answer = mei.post_form(page, f"/office/codes/prints/{to_ref(print_id)}/file")
    assert answer.status_code == 422
    assert "Enter the code your authenticator shows now." in answer.text


# at the counter


def open_alice(clerk, cast):
    """Open Alice's page with a reason."""
    page = clerk.get(clerk.url("counter.show_customer", customer_id=cast.alice.customer_id)).page
    return clerk.post_form(page, page.url + "/openings/by-reason", reason="document_shown").page


def test_a_clerk_redeems_a_cap_for_who_is_there_and_it_is_noted(counter, staff, cast, press, database):
    code = press.code(press.batch(), 7)
    dora = counter(staff.dora)
    opened = open_alice(dora, cast)
    page = dora.post_form(opened, f"/counter/customers/{to_ref(cast.alice.customer_id)}/redeemed-codes", prize_code=code).page
    assert "Redeemed. Won: 50 points" in page.text
    (use,) = press.uses()
    assert (use["customer_id"], use["channel"], use["actor"]) == (cast.alice.customer_id, "counter", f"staff:{staff.dora.staff_id}")
    assert (f"staff:{staff.dora.staff_id}", "codes.redeemed") in actions(database)
    again = dora.post_form(page, f"/counter/customers/{to_ref(cast.alice.customer_id)}/redeemed-codes", prize_code=code)
    assert again.status_code == 422
    assert again.page.has("f-prize_code-error")


def test_nothing_is_redeemed_for_a_customer_who_is_not_open(counter, staff, cast, press):
    code = press.code(press.batch(), 7)
    dora = counter(staff.dora)
    page = dora.get(dora.url("counter.show_customer", customer_id=cast.alice.customer_id))
    sent = {"csrf_token": form_token(page.page), "prize_code": code}
    assert dora.post(f"/counter/customers/{to_ref(cast.alice.customer_id)}/redeemed-codes", data=sent).status_code == 403
    assert press.uses() == []


# looking one up


def look_up(mei, code):
    return mei.post_form(mei.get("/office/codes/look-up"), "/office/codes/look-up", code=code)


def test_a_code_is_looked_up_with_what_became_of_it_and_each_look_is_noted(mei, sign_in, cast, press, database):
    batch = press.batch()
    code = press.code(batch, 7)
    page = look_up(mei, code.lower())
    assert page.status_code == 200
    assert "Good now" in page.page.text
    redeem(sign_in(cast.alice), code)
    page = look_up(mei, code).page
    for words in ("Redeemed", "50 points", "on the web"):
        assert words in page.text, words
    assert at(batch) in set(page.links())
    assert cast.alice.name not in page.html
    assert "look-up" in "".join(mei.get("/office/codes/").page.links())
    assert [action for _, action in actions(database) if action == "codes.looked_up"] == ["codes.looked_up"] * 2


def test_wrong_codes_that_staff_look_up_are_counted_and_in_the_end_not_looked_at(mei, press):
    press.batch()
    assert set(look_up(mei, " ").page.errors) == {"code"}
    assert set(look_up(mei, "0000-0000-0000-00").page.errors) == {"code"}
    for number in range(60):
        page = look_up(mei, write_signs([number % 32] * 13)[:20])
        if "Too many codes were wrong" in page.page.text:
            break
    assert "Too many codes were wrong" in page.page.text


# a text from the tray


def test_a_text_sent_from_the_tray_redeems_its_code_and_is_answered_there(site, app, cast, press):
    from tests.door import deliver

    code = press.code(press.batch(), 7)
    url = f"/tray/{cast.alice.number[:3]}-{cast.alice.number[3:7]}-{cast.alice.number[7:]}"
    page = site.get(url)
    assert set(site.post_form(page, url, text=" ").page.errors) == {"text"}
    assert set(site.post_form(page, url, text="x" * 141).page.errors) == {"text"}
    assert site.post_form(page, url, text=f"DHM {code}").status_code == 200
    deliver(app)
    assert "50 积分" in site.get(url).page.text or "50 points" in site.get(url).page.text
