"""What each of six processes does at one moment to an enterprise's list."""

from __future__ import annotations

from datetime import datetime

from portal.base.db import Database
from portal.base.errors import PortalError
from portal.base.ids import to_ref
from portal.directory import (
    NewPersonEntry,
    apply_patch,
    change_group,
    change_person,
    get_group,
    list_members,
    put_person,
    read_group,
    write_group,
)
from tests.security.racers import ready


def add(index: int, url: str, customer_id: int, now: datetime) -> str:
    """Put a person of one name on the list, each racer in another writing."""
    database = Database(url)
    ready()
    try:
        with database.writing() as session:
            put_person(session, customer_id, NewPersonEntry("emma" if index % 2 else "EMMA"), now=now)
    except PortalError as error:
        return error.code
    finally:
        database.close()
    return "added"


def join(index: int, url: str, customer_id: int, group_id: int, people: list[int], now: datetime) -> str:
    """Add one person each to a group, as PATCH does: read, change, write."""
    database = Database(url)
    ready()
    with database.writing() as session:
        group = get_group(session, customer_id, group_id, lock=True)
        resource = write_group(group, list_members(session, customer_id, [group_id]).get(group_id, ()), "")
        operation = {"op": "add", "path": "members", "value": [{"value": to_ref(people[index])}]}
        apply_patch(resource, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]})
        change_group(session, customer_id, group_id, read_group(resource), now=now)
    database.close()
    return "joined"


def change(index: int, url: str, customer_id: int, person_id: int, now: datetime) -> str:
    """Change a person of version 1."""
    database = Database(url)
    ready()
    try:
        with database.writing() as session:
            change_person(session, customer_id, person_id, NewPersonEntry("emma", f"Emma {index}"), version=1, now=now)
    except PortalError as error:
        return error.code
    finally:
        database.close()
    return "changed"
