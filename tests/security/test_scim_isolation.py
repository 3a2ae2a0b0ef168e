"""An enterprise's directory sees and changes its own list alone; whoever else calls is told nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.customers import create_enterprise
from portal.directory import end_directory_token, list_directory_tokens
from tests.cast import NOW
from tests.faces.scim import BULK, GROUP, PATCH, USER, make_directory, refused

LIST = {"directory_person", "directory_group", "directory_membership", "directory_address", "customer_role", "party", "audit_entry"}


@pytest.fixture
def acme(app, cast):
    return make_directory(app, cast.acme.customer_id)


@pytest.fixture
def globex(app, cast):
    with app.extensions["portal"].db.writing() as session:
        made = create_enterprise(session, "Globex", "Hank", "13800001111", now=NOW)
    return make_directory(app, made.customer_id)


def state(app):
    with app.extensions["portal"].db.reading() as session:
        return {name: sorted(map(repr, session.execute(sa.select(Base.metadata.tables[name])))) for name in LIST}


@pytest.fixture
def theirs(globex):
    """Somebody and a group at Globex."""
    hank = globex.add("hank", emails=[{"value": "hank@globex.example"}], externalId="7")
    group = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": hank["id"]}]}
    return hank["id"], globex.call("POST", "/Groups", group).get_json()["id"]


def test_a_foreign_id_is_nothing_by_every_method(app, acme, globex, theirs):
    before = state(app)
    for where, ref in zip(("Users", "Groups"), theirs, strict=True):
        said = {"schemas": [USER if where == "Users" else GROUP], "userName": "x", "displayName": "x"}
        patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "x"}]}
        for other in (ref, "0000000000000", "1", "x" * 13, "%00", "..%2f..", ref.upper() + "1"):
            for method, body in (("GET", None), ("PUT", said), ("PATCH", patch), ("DELETE", None)):
                refused(acme.call(method, f"/{where}/{other}", body), 404)
    operations = [{"method": "DELETE", "path": f"/Users/{theirs[0]}"}, {"method": "DELETE", "path": f"/Groups/{theirs[1]}"}]
    told = acme.call("POST", "/Bulk", {"schemas": [BULK], "Operations": operations}).get_json()["Operations"]
    assert [each["status"] for each in told] == ["404", "404"]
    assert state(app) == before


def test_no_query_finds_anybody_elses(acme, theirs):
    ours = acme.add("emma")["id"]
    for query in (
        "", f'filter=id eq "{theirs[0]}" or userName pr', 'filter=userName eq "hank" or not (userName eq "hank")',
        'filter=emails eq "hank@globex.example" or title pr or userName pr', f'filter=groups eq "{theirs[1]}" or active eq true',
        "sortBy=displayName",
    ):  # fmt: skip
        found = acme.call("GET", f"/Users?{query}").get_json()
        assert [each["id"] for each in found["Resources"]] == [ours], query
        assert found["totalResults"] == 1
    assert acme.call("GET", "/Groups").get_json()["totalResults"] == 0
    assert acme.call("POST", "/.search", {}).get_json()["totalResults"] == 1


def test_nobody_elses_person_is_put_into_a_group(app, acme, theirs):
    made = acme.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "Ours"}).get_json()
    before = state(app)
    for ref in (theirs[0], "0000000000000"):
        answer = acme.patch(f"/Groups/{made['id']}", {"op": "add", "path": "members", "value": [{"value": ref}]})
        refused(answer, 400, "invalidValue")
        refused(acme.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "O", "members": [{"value": ref}]}), 400, "invalidValue")
    assert state(app) == before


def test_names_are_taken_within_one_list_alone(acme, theirs):
    assert acme.add("hank", externalId="7")["userName"] == "hank"


def test_who_shows_no_good_token_is_told_nothing(app, acme, shift):
    emma = acme.add("emma")
    before = state(app)
    paths = [("GET", "/Users"), ("POST", "/Users"), ("GET", f"/Users/{emma['id']}"), ("DELETE", f"/Users/{emma['id']}"), ("POST", "/Bulk")]
    wrong = ("", "Bearer", "Bearer x", f"Basic {acme.token}", f"Bearer {acme.token}x", f"bearer {acme.token[:-1]}", acme.token)
    for method, path in paths:
        for given in wrong:
            answer = app.test_client().open("/scim/v2" + path, method=method, headers={"Authorization": given}, json={})
            refused(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert state(app) == before
    shift(timedelta(days=31).total_seconds())
    refused(acme.call("GET", "/Users"), 401)


def test_an_ended_token_is_none_at_once(app, cast, acme):
    assert acme.call("GET", "/Users").status_code == 200
    with app.extensions["portal"].db.writing() as session:
        (token,) = list_directory_tokens(session, cast.acme.customer_id)
        assert token.used_at is not None
        end_directory_token(session, cast.acme.customer_id, token.id, now=NOW)
    refused(acme.call("GET", "/Users"), 401)


def test_a_sign_in_of_a_person_or_of_staff_opens_nothing(cast, acme, sign_in, counter):
    acme.add("emma")
    for browser in (sign_in(cast.erin), counter()):
        assert browser.get("/scim/v2/Users").status_code == 401


def test_a_directory_that_calls_too_often_waits(app, acme, globex, monkeypatch):
    from portal.identity import machine_calls

    monkeypatch.setattr(machine_calls, "CALLS", ((3, 60),))
    assert [acme.call("GET", "/Users").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(acme.call("GET", "/Users").headers["Retry-After"]) <= 60
    assert globex.call("GET", "/Users").status_code == 200
