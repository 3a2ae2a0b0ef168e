"""Papers at the counter: noted for an open customer and nobody else, told and audited, and counted in the shop from then on."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.catalog import read_document
from portal.catalog.publishing import publish_document
from portal.customers import list_papers
from portal.interactions.models import Interaction
from tests.cast import NOW
from tests.faces.desk import form_token

YEAR = 366 * 24 * 3600
STUDENTS = {
    "code": "case", "kind": "accessory", "name": {"zh": "手机壳", "en": "Phone case"}, "prices": [{"unit": "CNY", "amount": 1000}],
    "eligibility": {"documents": ["student_card"]},
}  # fmt: skip


@pytest.fixture
def dora(counter):
    return counter()


@pytest.fixture
def alices(dora, cast):
    return dora.url("counter.show_customer", customer_id=cast.alice.customer_id)


@pytest.fixture
def opened(dora, alices):
    """Alice's page, open to Dora."""
    return dora.post_form(dora.get(alices).page, alices + "/openings/by-reason", reason="document_shown")


@pytest.fixture
def students(database, cast):
    """Put something for students alone on the shelf."""
    with database.writing() as session:
        publish_document(session, read_document(STUDENTS), 1, now=NOW)


def note(here, path, page, paper="student_card"):
    assert f"{path}/papers" in page.page.links()
    return here.post_form(here.get(f"{path}/papers"), f"{path}/papers", paper=paper)


def noted(database, person):
    with database.reading() as session:
        return {each.name: each.seen_on for each in list_papers(session, person.customer_id, now=NOW)}


def audited(database):
    query = sa.select(AuditEntry.customer_id, AuditEntry.actor, AuditEntry.subject).where(AuditEntry.action == "customer.paper_seen")
    with database.reading() as session:
        return [tuple(row) for row in session.execute(query)]


def told(database, person):
    query = sa.select(Interaction.params).where(Interaction.customer_id == person.customer_id, Interaction.kind == "paper_shown")
    with database.reading() as session:
        return list(session.execute(query).scalars())


def test_a_paper_shown_at_the_counter_stands_on_the_page_and_opens_the_offer(dora, alices, opened, sign_in, cast, database, students):
    alice = sign_in(cast.alice)
    before = alice.get(alice.url("site.show_offer", code="case")).page
    assert "Show your student card at an outlet once." in before.text
    assert not before.can_send(alice.url("site.put_in_cart"))
    assert "None so far." in dora.get(f"{alices}/papers").page.text
    done = note(dora, alices, opened)
    assert "Noted." in done.page.text
    for words in ("Student card", "Seen on 22 November 2026", "Counts until 22 November 2027"):
        assert words in done.page.text, words
    assert alice.get(alice.url("site.show_offer", code="case")).page.can_send(alice.url("site.put_in_cart"))
    assert noted(database, cast.charlie) == {}


def test_what_was_noted_is_audited_and_the_customer_sees_it(dora, alices, opened, sign_in, cast, staff, database):
    note(dora, alices, opened, "id_card")
    assert audited(database) == [(cast.alice.customer_id, f"staff:{staff.dora.staff_id}", "paper:id_card")]
    assert [each["paper"]["en"] for each in told(database, cast.alice)] == ["Identity card"]
    activity = sign_in(cast.alice)
    assert "Identity card shown at" in activity.get(activity.url("site.show_timeline")).page.text


def test_a_paper_past_its_day_is_told_apart_and_closes_the_offer_again(dora, alices, opened, counter, sign_in, cast, shift, students):
    note(dora, alices, opened)
    shift(YEAR)
    alice, later = sign_in(cast.alice), counter()
    page = alice.get(alice.url("site.show_offer", code="case")).page
    assert "Show your student card at an outlet once." in page.text
    later.post_form(later.get(alices).page, alices + "/openings/by-reason", reason="document_shown")
    assert "Counted until 22 November 2027" in later.get(f"{alices}/papers").page.text


def test_noting_it_again_moves_the_day(dora, alices, opened, counter, cast, shift, database):
    note(dora, alices, opened)
    assert noted(database, cast.alice) == {"student_card": date(2026, 11, 22)}
    shift(24 * 3600)
    later = counter()
    page = later.post_form(later.get(alices).page, alices + "/openings/by-reason", reason="document_shown")
    assert "Counts until 23 November 2027" in note(later, alices, page).page.text
    assert noted(database, cast.alice) == {"student_card": date(2026, 11, 23)}


def test_a_paper_of_a_masked_customer_is_not_noted(dora, alices, cast, database):
    masked = dora.get(alices).page
    assert f"{alices}/papers" not in masked.links()
    assert dora.get(f"{alices}/papers").status_code == 403
    sent = {"csrf_token": form_token(masked), "paper": "student_card"}
    assert dora.post(f"{alices}/papers", data=sent).status_code == 403
    assert (noted(database, cast.alice), audited(database), told(database, cast.alice)) == ({}, [], [])


def test_having_one_customer_open_notes_nothing_for_another(dora, opened, cast, database):
    charlies = dora.url("counter.show_customer", customer_id=cast.charlie.customer_id)
    sent = {"csrf_token": form_token(opened.page), "paper": "student_card"}
    assert dora.post(f"{charlies}/papers", data=sent).status_code == 403
    assert noted(database, cast.charlie) == {}


def test_whoever_uses_one_line_alone_shows_no_papers_for_the_customer(dora, alices, cast, phone, database):
    from portal.base.ids import to_ref

    page = dora.post_form(dora.get(alices).page, f"{alices}/codes", line=to_ref(cast.bob.subscription_id)).page
    page = dora.post_form(page, f"{alices}/openings/by-code", code=phone(cast.bob.number)).page
    assert "Proved by code" in page.text
    assert f"{alices}/papers" not in page.links()
    assert dora.get(f"{alices}/papers").status_code == 403
    sent = {"csrf_token": form_token(page), "paper": "student_card"}
    assert dora.post(f"{alices}/papers", data=sent).status_code == 403
    assert noted(database, cast.alice) == {}


@pytest.mark.parametrize("paper", ["", "passport"])
def test_a_paper_that_is_none_is_refused_beside_the_field_with_no_trace(dora, alices, opened, cast, database, paper):
    sent = {"csrf_token": form_token(opened.page), "paper": paper}
    refused = dora.post(f"{alices}/papers", data=sent)
    assert refused.status_code == 422
    assert refused.page.errors == {"paper": "Choose the paper you have seen."}
    assert (noted(database, cast.alice), audited(database)) == ({}, [])
