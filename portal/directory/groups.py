"""Groups on an enterprise's list, and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_id
from portal.directory.models import DirectoryGroup, DirectoryMembership
from portal.directory.people import LONGEST_EXTERNAL_ID, LONGEST_USER_NAME, person_table
from portal.directory.texts import checked

AT_ONCE = 500
"""How many ids one statement asks for."""
NOBODY = N_("Somebody named as a member is not on the list.")


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a group."""

    person_id: int
    display_name: str


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What is said of a group. `members`: the ids of people on the same list."""

    display_name: str
    external_id: str | None = None
    members: frozenset[int] = frozenset()
    resource: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A group on an enterprise's list, without its members: `list_members` gives those of many at once."""

    customer_id: int
    id: int
    display_name: str
    external_id: str | None
    resource: Mapping[str, Any]
    version: int
    created_at: datetime
    changed_at: datetime


group_table = DirectoryGroup.metadata.tables["directory_group"]
member_table = DirectoryMembership.metadata.tables["directory_membership"]
_VIEW = ("customer_id", "id", "display_name", "external_id", "resource", "version", "created_at", "changed_at")
group_columns = tuple(group_table.c[name] for name in _VIEW)
_which = sa.and_(group_table.c.customer_id == sa.bindparam("customer"), group_table.c.id == sa.bindparam("which"))
_get = sa.select(*group_columns).where(_which)
_get_locked = _get.with_for_update()
_insert = sa.insert(group_table)
_update = sa.update(group_table).where(_which).values({"version": group_table.c.version + 1})
_delete = sa.delete(group_table).where(_which)
_add_member = sa.insert(member_table)
_drop_member = sa.delete(member_table).where(
    member_table.c.customer_id == sa.bindparam("customer"),
    member_table.c.group_id == sa.bindparam("group"),
    member_table.c.person_id == sa.bindparam("person"),
)
_known = sa.select(person_table.c.id).where(
    person_table.c.customer_id == sa.bindparam("customer"), person_table.c.id.in_(sa.bindparam("ids", expanding=True))
)
_members = (
    sa.select(member_table.c.group_id, member_table.c.person_id, person_table.c.display_name)
    .join(person_table, sa.and_(person_table.c.customer_id == member_table.c.customer_id, person_table.c.id == member_table.c.person_id))
    .where(member_table.c.customer_id == sa.bindparam("customer"), member_table.c.group_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(member_table.c.group_id, member_table.c.person_id)
)
_groups = (
    sa.select(member_table.c.person_id, member_table.c.group_id, group_table.c.display_name)
    .join(group_table, sa.and_(group_table.c.customer_id == member_table.c.customer_id, group_table.c.id == member_table.c.group_id))
    .where(member_table.c.customer_id == sa.bindparam("customer"), member_table.c.person_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(member_table.c.person_id, member_table.c.group_id)
)


def put_group(session: Session, customer_id: int, new: NewGroup, *, now: datetime) -> GroupEntry:
    """Put a group on an enterprise's list. Raises Invalid for a name that cannot be used, or a member who is not on the list."""
    row = _row(new)
    group_id = new_id(now)
    row |= {"customer_id": customer_id, "id": group_id, "version": 1, "created_at": now, "changed_at": now}
    session.connection().execute(_insert, row)
    _write_members(session, customer_id, group_id, frozenset(), new.members)
    return GroupEntry(**{name: row[name] for name in _VIEW})


def change_group(
    session: Session, customer_id: int, group_id: int, new: NewGroup, *, version: int | None = None, now: datetime
) -> GroupEntry:
    """Say everything of a group anew. Raises NotFound; Refused (`version`); Invalid as `put_group` does."""
    before = get_group(session, customer_id, group_id, lock=True)
    _check_version(before, version)
    row = _row(new) | {"customer": customer_id, "which": group_id, "changed_at": now}
    session.connection().execute(_update, row)
    held = frozenset(each.person_id for each in list_members(session, customer_id, [group_id]).get(group_id, ()))
    _write_members(session, customer_id, group_id, held, new.members)
    return get_group(session, customer_id, group_id)


def delete_group(session: Session, customer_id: int, group_id: int, *, version: int | None = None) -> GroupEntry:
    """Take a group off the list; its people stay. Gives what was on it; NotFound, Refused (`version`)."""
    before = get_group(session, customer_id, group_id, lock=True)
    _check_version(before, version)
    session.connection().execute(_delete, {"customer": customer_id, "which": group_id})
    return before


def get_group(session: Session, customer_id: int, group_id: int, *, lock: bool = False) -> GroupEntry:
    """Give a group on this customer's list; NotFound for any other. `lock`: nobody else changes it before the commit."""
    row = session.connection().execute(_get_locked if lock else _get, {"customer": customer_id, "which": group_id}).first()
    if row is None:
        raise NotFound
    return GroupEntry(*row)


def list_members(session: Session, customer_id: int, group_ids: Sequence[int]) -> dict[int, list[Member]]:
    """Give who is in each of these groups; an empty one is left out."""
    return _by_first(session, _members, customer_id, group_ids)


def list_groups_of(session: Session, customer_id: int, person_ids: Sequence[int]) -> dict[int, list[Member]]:
    """Give the groups each of these people is in: `person_id` is the group's id here, `display_name` its name."""
    return _by_first(session, _groups, customer_id, person_ids)


def group_entries(rows: Iterable[Sequence[Any]]) -> list[GroupEntry]:
    """Give rows of `group_columns` as entries."""
    return [GroupEntry(*row) for row in rows]


def _by_first(session: Session, statement: sa.Select[Any], customer_id: int, ids: Sequence[int]) -> dict[int, list[Member]]:
    found: dict[int, list[Member]] = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = session.connection().execute(statement, {"customer": customer_id, "ids": ids[start : start + AT_ONCE]})
        for of, other, name in rows:
            found.setdefault(of, []).append(Member(other, name))
    return found


def _row(new: NewGroup) -> dict[str, Any]:
    display_name = checked(new.display_name, LONGEST_USER_NAME)
    if display_name is None:
        raise Invalid({"display_name": N_("A group's name has 1 to 255 characters.")})
    if new.external_id and checked(new.external_id, LONGEST_EXTERNAL_ID) is None:
        raise Invalid({"external_id": N_("A group's own number has 1 to 255 characters.")})
    return {"display_name": display_name, "external_id": new.external_id or None, "resource": dict(new.resource)}


def _check_version(before: GroupEntry, version: int | None) -> None:
    if version is not None and before.version != version:
        raise Refused(code="version")


def _write_members(session: Session, customer_id: int, group_id: int, before: frozenset[int], after: frozenset[int]) -> None:
    """Write who came and who went. Somebody who is not on this list is nobody: the same answer for a foreign id and for none."""
    came, went, connection = sorted(after - before), sorted(before - after), session.connection()
    for start in range(0, len(came), AT_ONCE):
        part = came[start : start + AT_ONCE]
        known = connection.execute(_known, {"customer": customer_id, "ids": part}).all()
        if len(known) != len(part):
            raise Invalid({"members": NOBODY})
        rows = [{"customer_id": customer_id, "group_id": group_id, "person_id": each} for each in part]
        try:
            with session.begin_nested():
                connection.execute(_add_member, rows)
        except IntegrityError as error:  # taken off the list at this moment
            raise Invalid({"members": NOBODY}) from error
    if went:
        connection.execute(_drop_member, [{"customer": customer_id, "group": group_id, "person": each} for each in went])
