"""Guard 18, 26, 27, 29 at the counter: masked until there is a code or a reason, noted before it shows, told to the customer."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.base import audit
from portal.base.db import Base
from tests.door import CODE
from tests.pages import BARE_NUMBER
from tests.test_access import NOWHERE

GROUPED = re.compile(r"1[3-9]\d[ -]\d{4}[ -]\d{4}")


@pytest.fixture
def dora(counter):
    return counter()


@pytest.fixture
def alices(dora, cast):
    """The address of Alice at the counter."""
    return dora.url("counter.show_customer", customer_id=cast.alice.customer_id)


def entries(app, **wanted):
    """The audit's entries, oldest first, as far as they are `wanted`."""
    table = Base.metadata.tables["audit_entry"]
    with app.extensions["portal"].db.reading() as session:
        rows = session.execute(sa.select(table).order_by(table.c.at, table.c.seq)).mappings().all()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def open_by_reason(browser, url, reason="document_shown", note=""):
    return browser.post_form(browser.get(url).page, url + "/openings/by-reason", reason=reason, note=note)


def open_by_code(browser, url, phone, person):
    page = browser.post_form(browser.get(url).page, url + "/codes").page
    return browser.post_form(page, url + "/openings/by-code", code=phone(person.number))


def test_outlet_isolation_before_there_is_proof_everything_is_masked(dora, alices, cast, story):
    page = dora.get(alices).page
    assert page.heading.startswith("王**")
    assert "Masked" in page.id("band").text
    assert not BARE_NUMBER.search(page.html)
    assert not GROUPED.search(page.text)
    for secret in (cast.alice.name, cast.bob.name, "文三路 90 号", "1988", "04-17", "5710"):
        assert secret not in page.html, secret
    for card in ("card-usage", "card-bills", "card-timeline"):
        assert not page.has(card), card
    assert not any("/bills/" in link or "/activity" in link for link in page.links())


def test_outlet_isolation_a_bill_and_the_timeline_stay_shut_while_masked(dora, alices, cast, story):
    for path in (f"/bills/{dora.url('site.show_bill', bill_id=story.bills[-1]).rpartition('/')[2]}", "/activity"):
        answer = dora.get(alices + path)
        assert answer.status_code == 403
        assert "Open the customer first" in answer.page.text


def test_outlet_isolation_a_code_the_customer_reads_out_opens(dora, alices, cast, phone, story):
    opened = open_by_code(dora, alices, phone, cast.alice)
    page = opened.page
    assert page.heading == "王爱丽"
    assert "Proved by code" in page.id("band").text
    assert "138 5710 1234" in page.text
    for card in ("card-profile", "card-lines", "card-usage", "card-bills", "card-timeline"):
        assert page.has(card), card


def test_outlet_isolation_a_wrong_code_opens_nothing_and_the_sixth_is_refused(dora, alices, cast, phone):
    page = dora.post_form(dora.get(alices).page, alices + "/codes").page
    right = phone(cast.alice.number)
    other = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        answer = dora.post_form(page, alices + "/openings/by-code", code=other)
        assert answer.page.errors["code"]
        assert "Masked" in answer.page.id("band").text
    answer = dora.post_form(page, alices + "/openings/by-code", code=right)
    assert answer.status_code in (422, 429)
    assert not answer.page.has("card-bills")


def test_outlet_isolation_the_message_says_what_the_code_is_for(app, dora, alices, cast, phone):
    dora.post_form(dora.get(alices).page, alices + "/codes")
    phone(cast.alice.number)
    tray = Base.metadata.tables["tray_message"]
    with app.extensions["portal"].db.reading() as session:
        body = session.execute(sa.select(tray.c.body)).scalar_one()
    assert CODE.search(body)
    assert "counter" in body or "柜台" in body
    assert "@localhost" not in body, "no browser may fill it in"


def test_outlet_isolation_a_code_to_sign_in_does_not_open_at_the_counter(dora, alices, cast, phone, browser, shift):
    page = dora.post_form(dora.get(alices).page, alices + "/codes").page
    at_the_counter = phone(cast.alice.number)
    shift(1)
    hers = browser()
    hers.post_form(hers.get("/login").page, "/login", number=cast.alice.number, button="code")
    to_sign_in = phone(cast.alice.number)
    assert to_sign_in != at_the_counter
    assert dora.post_form(page, alices + "/openings/by-code", code=to_sign_in).page.errors["code"]
    assert hers.post_form(hers.get("/login/code").page, "/login/code", code=at_the_counter).page.errors["code"]


def test_outlet_isolation_a_members_code_opens_the_members_line_and_no_money(dora, alices, cast, phone, story):
    page = dora.get(alices).page
    choices = [option.get("value") for option in page.id("f-line").all("option")]
    assert len(choices) == 2
    from portal.base.ids import to_ref

    page = dora.post_form(page, alices + "/codes", line=to_ref(cast.bob.subscription_id)).page
    page = dora.post_form(page, alices + "/openings/by-code", code=phone(cast.bob.number)).page
    assert "Proved by code" in page.id("band").text
    assert not page.has("card-bills")
    assert "138 5710 5678" in page.id("card-lines").text
    assert "138 5710 1234" not in page.text


def test_outlet_isolation_a_reason_opens_and_is_asked_for_in_words_where_it_says_little(dora, alices, app):
    answer = open_by_reason(dora, alices, reason="")
    assert answer.status_code == 422
    assert answer.page.errors["reason"]
    answer = open_by_reason(dora, alices, reason="other", note="x")
    assert answer.page.errors["note"]
    assert answer.page.id("f-note").get("value") == "x", "what was typed stays"
    answer = open_by_reason(dora, alices, reason="other", note="ticket A17, SIM broken")
    assert "reason" in answer.page.id("band").text
    (opened,) = entries(app, action="customer.opened")
    assert opened["detail"]["reason"] == "other"
    assert "ticket" not in str(opened["detail"]), "the chain holds no words of people"


def test_outlet_isolation_a_reason_not_on_the_list_is_refused(dora, alices):
    page = dora.get(alices).page
    token = next(node.get("value") for node in page.root.all("input") if node.get("name") == "csrf_token")
    answer = dora.post(alices + "/openings/by-reason", data={"csrf_token": token, "reason": "curiosity", "note": "I wonder"})
    assert answer.status_code == 422
    assert "Masked" in answer.page.id("band").text


def test_outlet_isolation_an_opening_is_one_clerks_and_one_sessions(dora, alices, counter, staff, shift):
    open_by_reason(dora, alices)
    sam = counter(staff.sam)
    assert "Masked" in sam.get(alices).page.id("band").text
    shift(31)  # the authenticator's next code
    second = counter(staff.dora)
    assert "Masked" in second.get(alices).page.id("band").text
    assert "reason" in dora.get(alices).page.id("band").text


def test_outlet_isolation_an_opening_ends_by_itself_by_closing_and_by_signing_out(dora, alices, counter, shift):
    open_by_reason(dora, alices)
    for _ in range(2):
        shift(14 * 60)
        assert dora.get(alices).page.has("card-bills")
    shift(2 * 60 + 5)
    assert "Masked" in dora.get(alices).page.id("band").text
    page = open_by_reason(dora, alices).page
    closed = dora.post_form(page, alices + "/openings/close")
    assert closed.page.url == "/counter/"
    assert "Masked" in dora.get(alices).page.id("band").text


def test_outlet_isolation_who_is_open_stands_in_a_tab(dora, alices, cast):
    page = open_by_reason(dora, alices).page
    tabs = next(node for node in page.root.all("nav") if "open-tabs" in " ".join(child.get("class") for child in node.all()))
    assert "王爱丽" in tabs.text
    assert any(link == alices for link in dora.get("/counter/").page.links())


def test_outlet_isolation_frequent_reasons_alert_the_supervisor_and_refuse_nobody(dora, counter, staff, cast):
    people = [cast.alice, cast.charlie, cast.erin, *cast.noise][:11]
    for person in people:
        url = dora.url("counter.show_customer", customer_id=person.customer_id)
        assert "reason" in open_by_reason(dora, url).page.id("band").text
    sam = counter(staff.sam)
    page = sam.get("/counter/alerts").page
    assert "朵拉" in page.text
    assert "11 customers opened by reason" in page.text
    assert dora.get("/counter/alerts").status_code == 403


def test_outlet_isolation_a_customer_nobody_is_is_nothing(dora):
    url = dora.url("counter.show_customer", customer_id=NOWHERE)
    assert dora.get(url).status_code == 404


def test_outlet_isolation_two_customers_at_once_keep_their_codes_apart(dora, cast, phone):
    """Two people stand at the desk: a code is sent to each, and each reads out their own."""
    urls = [dora.url("counter.show_customer", customer_id=person.customer_id) for person in (cast.alice, cast.charlie)]
    for url in urls:
        dora.post_form(dora.get(url).page, url + "/codes")
    for url, person in zip(urls, (cast.alice, cast.charlie), strict=True):
        page = dora.get(url).page
        assert page.can_send(url + "/openings/by-code"), "the code can still be entered"
        page = dora.post_form(page, url + "/openings/by-code", code=phone(person.number)).page
        assert "Proved by code" in page.id("band").text


def test_every_look_is_in_the_log_before_it_shows(app, dora, alices, cast, story):
    dora.get(alices)
    assert [entry["action"] for entry in entries(app, customer_id=cast.alice.customer_id)] == ["customer.viewed"]
    open_by_reason(dora, alices)
    done = [entry["action"] for entry in entries(app, customer_id=cast.alice.customer_id)]
    assert done[0] == "customer.viewed"
    assert done.index("customer.opened") < len(done) - 1, "after the opening comes the look it allowed"
    with app.extensions["portal"].db.snapshot() as session:
        assert list(audit.verify(session, app.extensions["portal"].keys.audit)) == []


def test_a_look_is_noted_though_the_page_then_fails(app, dora, alices, cast, monkeypatch):
    import portal.faces.counter.customer as module

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(module, "build_view", broken)
    assert dora.get(alices).status_code == 500
    assert len(entries(app, customer_id=cast.alice.customer_id, action="customer.viewed")) == 1


def test_access_history_the_customer_sees_who_looked_from_where_and_why(dora, alices, sign_in, cast, phone, staff, shift):
    alice = sign_in(cast.alice)
    assert "Nobody has looked" in alice.get("/me/looks").page.text
    dora.get(alices)
    shift(1)
    open_by_reason(dora, alices, reason="bill_question")
    text = alice.get("/me/looks").page.text
    assert "西湖营业厅" in text
    assert "A question about a bill" in text
    assert "Saw masked data" in text
    assert "Opened" in text
    assert "Counter staff no." in text
    for secret in (staff.dora.name, "dora", str(staff.dora.staff_id)):
        assert secret not in text, "a customer is told the role and a number, not the name"


def test_access_history_is_the_owners_and_nobody_elses(dora, alices, sign_in, cast):
    open_by_reason(dora, alices)
    assert "Nobody has looked" in sign_in(cast.charlie).get("/me/looks").page.text
    assert sign_in(cast.bob).get("/me/looks").status_code == 404


def test_access_history_a_visit_stands_in_the_timeline(dora, alices, sign_in, cast):
    open_by_reason(dora, alices)
    assert "Served at 西湖营业厅" in sign_in(cast.alice).get("/").page.id("card-timeline").text


def test_access_history_goes_on_over_pages_and_repeats_nothing(dora, alices, sign_in, cast, shift):
    for _ in range(25):
        dora.get(alices)
        shift(61)
        dora.get("/counter/")
    alice = sign_in(cast.alice)
    page, seen = alice.get("/me/looks").page, 0
    for _ in range(3):
        seen += len([row for row in page.root.all("tr") if row.above("tbody")])
        older = [link for link in page.links() if "before=" in link]
        if not older:
            break
        page = alice.get(older[0]).page
    assert seen == 25
