"""Money at the order desk: what does not agree is seen, looked into and settled with a note that stays."""

from __future__ import annotations

import sqlalchemy as sa

from portal.base.db import Base
from tests.access_payments import put_difference

WHERE = "/office/payments"


def put(office) -> str:
    """Put something down that does not agree, and give its address."""
    from portal.base.ids import to_ref

    with office.application.extensions["portal"].db.writing() as session:
        return f"{WHERE}/{to_ref(put_difference(session)['difference'])}"


def test_a_desk_where_all_agrees_says_so(office):
    page = office().get(WHERE).page
    assert "All agrees" in page.text
    assert "No day was compared yet." in page.text


def test_a_difference_is_settled_with_a_note_and_noted_in_the_audit_log(office):
    olga = office()
    address = put(olga)
    listed = olga.get(WHERE).page
    assert "1 thing does not agree" in listed.text
    assert address in set(listed.links())
    page = olga.get(address).page
    assert page.heading == "The provider has it, we do not"
    refused = olga.post_form(page, address, note=" ")
    assert refused.status_code == 422
    assert refused.page.errors["note"].endswith("Say what you found out, in up to 500 letters.")
    done = olga.post_form(olga.get(address).page, address, note="A double click at the provider; given back by hand.")
    assert done.request.path == WHERE
    assert "Settled." in done.page.text
    assert "All agrees" in done.page.text
    after = olga.get(address).page
    assert "given back by hand" in after.text
    assert "欧佳" in after.text
    audit = Base.metadata.tables["audit_entry"]
    with olga.application.extensions["portal"].db.reading() as session:
        actions = session.execute(sa.select(audit.c.action).where(audit.c.subject.like("reconciliation:%"))).scalars().all()
    assert actions == ["payments.difference_settled"]


def test_what_somebody_else_settled_meanwhile_is_said(office, staff):
    olga, oskar = office(), office(staff.oskar)
    address = put(olga)
    page = oskar.get(address).page
    olga.post_form(olga.get(address).page, address, note="Found.")
    late = oskar.post_form(page, address, note="Found, too.")
    assert late.status_code == 422
    assert "This was settled meanwhile." in late.page.text


def test_a_clerk_has_no_business_with_it(counter):
    assert counter().get(WHERE).status_code == 403


def test_the_pages_speak_chinese(office):
    olga = office()
    address = put(olga)
    for where in (WHERE, address):
        assert olga.get(where, headers={"Accept-Language": "zh"}).status_code == 200
