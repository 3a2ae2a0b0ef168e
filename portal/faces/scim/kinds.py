"""The two kinds of resources, people and groups, so that one way of answering does for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.directory import (
    Group,
    PersonResource,
    change_group,
    change_person,
    delete_group,
    delete_person,
    get_group,
    get_person,
    list_groups,
    list_groups_of,
    list_members,
    list_people,
    put_group,
    put_person,
    read_group,
    read_person,
    write_group,
    write_person,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: what it is called, and what is done with it.

    `read(resource, before)` gives what is said, `before` the entry as it was; `write(session, customer_id, entries, base,
    linked)` gives resources, `linked` with who belongs to whom.
    """

    name: str
    where: str
    noun: str
    model: Any
    link: str
    read: Callable[..., Any]
    write: Callable[[Session, int, Sequence[Any], str, bool], list[Any]]
    put: Callable[..., Any]
    change: Callable[..., Any]
    delete: Callable[..., Any]
    get: Callable[..., Any]
    list: Callable[..., Any]


def _write_people(session: Session, customer_id: int, entries: Sequence[Any], base: str, linked: bool) -> list[Any]:
    groups = list_groups_of(session, customer_id, [each.id for each in entries]) if linked else {}
    return [write_person(each, groups.get(each.id, ()), base) for each in entries]


def _write_groups(session: Session, customer_id: int, entries: Sequence[Any], base: str, linked: bool) -> list[Any]:
    members = list_members(session, customer_id, [each.id for each in entries]) if linked else {}
    return [write_group(each, members.get(each.id, ()), base) for each in entries]


def _read_group(resource: Any, _: Any = None) -> Any:
    return read_group(resource)


def _delete_group(session: Session, customer_id: int, group_id: int, *, now: Any) -> Any:  # noqa: ARG001 - as people go
    return delete_group(session, customer_id, group_id)


PEOPLE = Kind(
    "User", "Users", "person", PersonResource, "groups", read_person, _write_people, put_person, change_person, delete_person, get_person,
    list_people,
)  # fmt: skip
GROUPS = Kind(
    "Group", "Groups", "group", Group, "members", _read_group, _write_groups, put_group, change_group, _delete_group, get_group,
    list_groups,
)  # fmt: skip
KINDS = {kind.where: kind for kind in (PEOPLE, GROUPS)}
