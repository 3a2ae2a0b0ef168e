"""Many changes in one call (RFC 7644 3.7)."""

from __future__ import annotations

import pytest

from tests.faces.scim import BULK, GROUP, PATCH, USER, make_directory, refused


@pytest.fixture
def acme(app, cast):
    return make_directory(app, cast.acme.customer_id)


def person(bulk_id, name, **more):
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"schemas": [USER], "userName": name, **more}}


def bulk(directory, *operations, **more):
    answer = directory.call("POST", "/Bulk", {"schemas": [BULK], "Operations": list(operations), **more})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["Operations"]


def statuses(told):
    return [each["status"] for each in told]


def test_people_and_a_group_of_them_come_in_one_call_in_any_order(acme):
    group = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}
    told = bulk(
        acme,
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
        person("a", "emma", **{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "bulkId:b"}}}),
        person("b", "fred"),
    )
    assert statuses(told) == ["201", "201", "201"]
    assert [each["bulkId"] for each in told] == ["g", "a", "b"]
    made = acme.call("GET", told[0]["location"].removeprefix("https://localhost/scim/v2")).get_json()
    assert {each["value"] for each in made["members"]} == {each["location"].rsplit("/", 1)[1] for each in told[1:]}


def test_each_way_of_changing_works_among_many(acme):
    emma = acme.add("emma")
    patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "T"}]}
    told = bulk(
        acme,
        {"method": "PATCH", "path": f"/Users/{emma['id']}", "version": 'W/"1"', "data": patch},
        {"method": "PUT", "path": f"/Users/{emma['id']}", "data": {"schemas": [USER], "userName": "emma2"}},
        {"method": "PATCH", "path": f"/Users/{emma['id']}", "version": 'W/"1"', "data": patch},
        person("x", "fred"),
        {"method": "DELETE", "path": "/Users/bulkId:x"},
        {"method": "DELETE", "path": f"/Users/{emma['id']}"},
        {"method": "DELETE", "path": f"/Users/{emma['id']}"},
    )
    assert statuses(told) == ["200", "200", "412", "201", "204", "204", "404"]
    assert (told[0]["version"], told[0]["location"]) == ('W/"2"', emma["meta"]["location"])
    assert acme.names() == []


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"method": "POST", "path": "/Users", "data": {"schemas": [USER], "userName": "x"}}, "400"),  # no bulkId
        ({"method": "POST", "path": "/Users/0000000000000", "bulkId": "q", "data": {}}, "400"),
        ({"method": "GET", "path": "/Users"}, "400"), ({"method": "POST", "path": "/Me", "bulkId": "q", "data": {}}, "404"),
        ({"method": "PUT", "path": "/Users/0000000000000"}, "400"), ({}, "404"), ({"path": 7}, "404"),
        ({"method": "DELETE", "path": "/Users/bulkId:nobody"}, "400"), (person("q", ""), "400"), (person("q", "emma"), "409"),
        (person("q", "z", title={"value": "bulkId:a"}), "400"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_where_it_stands_and_the_rest_is_done(acme, operation, status):
    told = bulk(acme, person("a", "emma"), operation, person("b", "fred"))
    assert statuses(told) == ["201", status, "201"]
    assert told[1]["response"]["status"] == status
    assert sorted(acme.names()) == ["emma", "fred"]


def test_enough_errors_end_it(acme):
    told = bulk(acme, person("a", ""), person("b", "emma"), person("c", ""), person("d", "fred"), failOnErrors=2)
    assert statuses(told) == ["400", "201", "400"]
    assert acme.names() == ["emma"]


def test_what_waits_for_one_another_is_a_conflict(acme):
    manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    told = bulk(
        acme, person("a", "emma", **{manager: {"manager": {"value": "bulkId:b"}}}),
        person("b", "fred", **{manager: {"manager": {"value": "bulkId:a"}}}), person("c", "zoe"),
    )  # fmt: skip
    assert statuses(told) == ["409", "400", "201"]


def test_too_many_too_much_or_nothing_readable_is_refused_whole(acme):
    refused(acme.call("POST", "/Bulk", {"schemas": [BULK], "Operations": [{}] * 1001}), 413)
    refused(acme.call("POST", "/Bulk", {"schemas": [BULK], "Operations": [{"data": "x" * 1_100_000}]}), 413)
    for said in ({"schemas": [BULK]}, {"Operations": []}, {"schemas": [BULK], "Operations": [1]}):
        refused(acme.call("POST", "/Bulk", said), 400, "invalidSyntax")
    refused(acme.call("POST", "/Bulk", {"schemas": [BULK], "Operations": [], "failOnErrors": 0}), 400, "invalidSyntax")
