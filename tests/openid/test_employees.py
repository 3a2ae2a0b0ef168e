"""What an employee granted to apps ends with the employment."""

from __future__ import annotations

import sqlalchemy as sa

from portal.base.db import Base
from portal.directory import NewPersonEntry, change_person, put_person
from portal.directory.events import EmployeeLeft
from portal.openid.handlers import end_access_of_employee
from tests.openid.sites import make_grant


def test_an_app_that_an_employee_let_in_is_out_with_the_employee(database, cast, desk, now):
    client = desk.client(now)
    with database.writing() as session:
        emma = put_person(session, cast.acme.customer_id, NewPersonEntry("emma"), now=now)
        theirs = make_grant(session, client, emma.party_id, now=now, offline=True)
        others = make_grant(session, client, cast.alice.party_id, now=now, offline=True)
    with database.writing() as session:
        change_person(session, cast.acme.customer_id, emma.id, NewPersonEntry("emma", active=False), now=now)
    events, grants = Base.metadata.tables["outbox_event"], Base.metadata.tables["oauth_grant"]
    with database.writing() as session:
        told = session.scalars(sa.select(events.c.payload).where(events.c.type == EmployeeLeft.type)).all()
        assert told == [{"customer_id": cast.acme.customer_id, "party_id": emma.party_id}]
        end_access_of_employee(session, EmployeeLeft(**told[0]), now)
        ended = {row.id: row.revoked_by for row in session.execute(sa.select(grants.c.id, grants.c.revoked_by))}
    assert ended == {theirs: "employer", others: None}
