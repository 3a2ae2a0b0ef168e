"""SCIM 2.0 as directories speak it (RFC 7643, 7644): people and groups, one at a time."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Base
from tests.faces.scim import ENTERPRISE, GROUP, USER, make_directory, refused


@pytest.fixture
def acme(app, cast):
    return make_directory(app, cast.acme.customer_id)


@pytest.fixture
def emma(acme):
    return acme.add("emma", emails=[{"value": "emma@acme.example", "type": "work"}], active=True, displayName="Emma")


def at(thing):
    return thing["meta"]["location"].removeprefix("https://localhost/scim/v2")


def test_a_person_is_created_read_replaced_and_removed(acme):
    made = acme.call(
        "POST", "/Users", {"schemas": [USER, ENTERPRISE], "userName": "emma", "externalId": "7", ENTERPRISE: {"department": "R&D"}}
    )
    body = made.get_json()
    assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, body["meta"]["location"], 'W/"1"')
    assert (body["active"], body[ENTERPRISE], body["externalId"]) == (True, {"department": "R&D"}, "7")
    assert acme.call("GET", at(body)).get_json() == body
    replaced = acme.call("PUT", at(body), {"schemas": [USER], "userName": "Emma", "title": "Chief"}).get_json()
    assert (replaced["userName"], replaced["title"], replaced["meta"]["version"]) == ("Emma", "Chief", 'W/"2"')
    assert ENTERPRISE not in replaced
    assert "externalId" not in replaced
    assert acme.call("DELETE", at(body)).status_code == 204
    refused(acme.call("GET", at(body)), 404)
    refused(acme.call("DELETE", at(body)), 404)


def test_a_password_is_never_kept(acme, app):
    made = acme.add("emma", password="Correct-Horse-9")
    assert acme.patch(at(made), {"op": "replace", "path": "password", "value": "Correct-Horse-9"}).status_code == 200
    with app.extensions["portal"].db.reading() as session:
        everything = str([session.execute(sa.select(table)).all() for table in Base.metadata.sorted_tables])
    assert "Correct-Horse-9" not in everything + str(made)


def test_a_name_that_is_taken_is_refused(acme, emma):
    refused(acme.call("POST", "/Users", {"schemas": [USER], "userName": "EMMA"}), 409, "uniqueness")
    fred = acme.add("fred")
    refused(acme.patch(at(fred), {"op": "replace", "path": "userName", "value": "Emma"}), 409, "uniqueness")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),  # Entra: a text, and a capital
        ({"op": "replace", "value": {"active": False}}, {"active": False}),  # Okta: no path
        (
            {"op": "Add", "path": 'emails[type eq "work"].value', "value": "e@a.example"},
            {"emails": [{"value": "e@a.example", "type": "work"}]},
        ),
        (
            {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+86 1"},
            {"phoneNumbers": [{"value": "+86 1", "type": "mobile"}]},
        ),
        (
            {
                "op": "replace",
                "value": {"displayName": "E", 'emails[type eq "work"].value': "x@a.example", f"{ENTERPRISE}:department": "HR"},
            },
            {"displayName": "E", "emails": [{"value": "x@a.example", "type": "work"}], ENTERPRISE: {"department": "HR"}},
        ),
        ({"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "00abc"}, {ENTERPRISE: {"manager": {"value": "00abc"}}}),
        ({"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": [{"value": "00abc"}]}, {ENTERPRISE: {"manager": {"value": "00abc"}}}),
        ({"op": "remove", "path": "displayName"}, {"displayName": None}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": None}),
        ({"op": "add", "path": "name.familyName", "value": "吴"}, {"name": {"familyName": "吴"}}),
        ({"op": "replace", "path": "extensionAttribute1", "value": "x"}, {}),  # what nobody knows changes nothing
    ],
)  # fmt: skip
def test_a_change_in_parts_is_understood_as_it_is_really_sent(acme, emma, operation, expected):
    answer = acme.patch(at(emma), operation)
    assert answer.status_code == 200, answer.get_json()
    body = acme.call("GET", at(emma)).get_json()
    assert {name: body.get(name) for name in expected} == expected
    assert body == answer.get_json()
    assert body["meta"]["version"] == ('W/"2"' if expected else 'W/"1"')


@pytest.mark.parametrize(
    ("operation", "keyword"),
    [
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"), ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "emails[", "value": "x"}, "invalidPath"), ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": 'emails[value sw "zz"].type', "value": "x"}, "noTarget"),
        ({"op": "add", "path": "title"}, "invalidValue"), ({"op": "swap", "path": "title", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "maybe"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": " "}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": "x"}, "invalidValue"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_is_refused_by_its_keyword_and_changes_nothing(acme, emma, operation, keyword):
    refused(acme.patch(at(emma), {"op": "replace", "path": "title", "value": "T"}, operation), 400, keyword)
    assert acme.call("GET", at(emma)).get_json() == emma


def test_a_group_is_kept_member_by_member(acme, emma):
    fred, zoe = acme.add("fred"), acme.add("zoe")
    made = acme.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": emma["id"]}]}).get_json()
    add = {"op": "Add", "path": "members", "value": [{"value": fred["id"]}, {"value": zoe["id"]}]}
    assert acme.patch(at(made), add).status_code == 200
    for operation in (  # one by a path, one as Entra does it
        {"op": "remove", "path": f'members[value eq "{fred["id"]}"]'},
        {"op": "Remove", "path": "members", "value": [{"value": zoe["id"]}]},
    ):
        assert acme.patch(at(made), operation).status_code == 200
    assert [each["value"] for each in acme.call("GET", at(made)).get_json()["members"]] == [emma["id"]]
    (group,) = acme.call("GET", at(emma)).get_json()["groups"]
    assert (group["value"], group["display"], group["type"]) == (made["id"], "Sales", "direct")
    found = acme.call("GET", f'/Groups?filter=displayName eq "sales" and members eq "{emma["id"]}"&excludedAttributes=members').get_json()
    assert (found["totalResults"], "members" in found["Resources"][0]) == (1, False)
    refused(acme.patch(at(made), {"op": "add", "path": "members", "value": [{"value": made["id"]}]}), 400, "invalidValue")
    acme.call("DELETE", at(emma))
    assert "members" not in acme.call("GET", at(made)).get_json()


def test_a_version_that_is_another_is_refused(acme, emma):
    said = {"schemas": [USER], "userName": "emma", "title": "T"}
    assert acme.call("GET", at(emma), **{"If-None-Match": 'W/"1"'}).status_code == 304
    assert acme.call("GET", at(emma), **{"If-None-Match": 'W/"9"'}).status_code == 200
    for method in ("PUT", "DELETE"):
        refused(acme.call(method, at(emma), said if method == "PUT" else None, **{"If-Match": 'W/"2"'}), 412)
    refused(acme.patch(at(emma), {"op": "replace", "path": "title", "value": "x"}, **{"If-Match": '"7"'}), 412)
    assert acme.call("PUT", at(emma), said, **{"If-Match": 'W/"9", W/"1"'}).status_code == 200
    assert acme.call("DELETE", at(emma), **{"If-Match": "*"}).status_code == 204


def test_a_list_is_filtered_sorted_and_paged(acme):
    for name in ("emma", "fred", "gus", "zoe"):
        acme.add(name, active=name != "gus", emails=[{"value": f"{name}@acme.example"}])
    assert acme.names('?filter=userName eq "FRED"') == ["fred"]
    assert acme.names('?filter=emails[value eq "zoe@acme.example"] or active eq false') == ["gus", "zoe"]
    assert acme.names("?sortBy=userName&sortOrder=descending&startIndex=2&count=2") == ["gus", "fred"]
    page = acme.call("GET", "/Users?startIndex=-3&count=1&attributes=userName").get_json()
    assert {name: page[name] for name in ("totalResults", "startIndex", "itemsPerPage")} == {
        "totalResults": 4,
        "startIndex": 1,
        "itemsPerPage": 1,
    }
    assert set(page["Resources"][0]) == {"schemas", "id", "userName"}
    none = acme.call("GET", "/Users?count=0").get_json()
    assert (none["totalResults"], none["Resources"]) == (4, [])
    asked = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": 'userName sw "e"'}
    assert acme.call("POST", "/Users/.search", asked).get_json()["totalResults"] == 1
    acme.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "Sales"})
    both = acme.call("POST", "/.search", {"startIndex": 4, "count": 5}).get_json()
    assert [each["meta"]["resourceType"] for each in both["Resources"]] == ["User", "Group"]
    assert (both["totalResults"], acme.call("GET", "/?count=2").get_json()["itemsPerPage"]) == (5, 2)
    assert acme.call("GET", '/?filter=displayName eq "Sales"').get_json()["totalResults"] == 1


@pytest.mark.parametrize(
    ("query", "keyword"),
    [
        ("filter=userName", "invalidFilter"), ("filter=userName eq", "invalidFilter"), ("filter=userName xx 1", "invalidFilter"),
        ('filter=nothing eq "x"', "invalidFilter"), ("filter=" + "(" * 500, "invalidFilter"),
        ('filter=userName eq "' + "x" * 5000, "invalidFilter"),
        ("filter=active gt true", "invalidFilter"), ("sortBy=nothing", "invalidPath"), ("count=x", "invalidValue"),
        ("attributes=userName&excludedAttributes=emails", "invalidValue"), ("filter=" + "not (" * 29 + "title pr" + ")" * 29, None),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_refused_and_never_gives_everybody(acme, emma, query, keyword):
    answer = acme.call("GET", "/Users?" + query)
    if keyword is None:
        assert answer.status_code == 200
    else:
        refused(answer, 400, keyword)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"[" * 100_000, b'{"userName":"a\\u0000"}', b'{"userName":"\\ud800"}', b'{"a":' * 60 + b"1" + b"}" * 60],
)
def test_a_body_that_cannot_be_read_is_refused(acme, body):
    headers = {"Authorization": f"Bearer {acme.token}"}
    answer = acme.app.test_client().post("/scim/v2/Users", data=body, headers=headers, content_type="application/scim+json")
    refused(answer, 400, "invalidSyntax")
    form = acme.app.test_client().post("/scim/v2/Users", data={"userName": "x"}, headers=headers)
    refused(form, 415)


@pytest.mark.parametrize("said", [{}, {"schemas": [USER]}, {"schemas": [USER], "userName": None}, {"schemas": [USER], "userName": 7}])
def test_a_person_without_a_name_is_refused(acme, said):
    refused(acme.call("POST", "/Users", said), 400, "invalidValue")


def test_what_is_not_there_or_not_done_is_said_in_scims_own_words(acme):
    refused(acme.call("GET", "/Me"), 404)
    refused(acme.call("GET", "/Nothing"), 404)
    refused(acme.call("POST", "/Schemas", {}), 405)
    refused(acme.call("PUT", "/Users", {}), 405)
    refused(acme.call("GET", "/Schemas?filter=x"), 403)
    refused(acme.call("GET", "/ResourceTypes/Nothing"), 404)
    assert [each["name"] for each in acme.call("GET", "/ResourceTypes").get_json()["Resources"]] == ["User", "Group"]
    assert "password" not in json.dumps(acme.call("GET", "/Schemas").get_json())


def test_each_change_stands_in_the_audit_log_without_a_name(acme, app, emma):
    acme.patch(at(emma), {"op": "replace", "path": "title", "value": "T"})
    acme.patch(at(emma), {"op": "replace", "path": "title", "value": "T"})
    acme.call("GET", at(emma))
    acme.call("DELETE", at(emma))
    with app.extensions["portal"].db.reading() as session:
        rows = session.execute(sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject).order_by(AuditEntry.seq)).all()
    assert [each.action for each in rows] == ["directory.person_added", "directory.person_changed", "directory.person_removed"]
    assert all(each.actor.startswith("directory:") and each.subject.startswith("person:") for each in rows)
    assert "emma" not in str(rows).lower()
