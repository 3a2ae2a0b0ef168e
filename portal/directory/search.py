"""Searching an enterprise's list: filtered, sorted and paged (RFC 7644 3.4.2), by SQL as far as SQL can say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from scim2_models import ScimFilter, SearchRequest
from sqlalchemy.orm import Session

from portal.base.errors import N_, Refused
from portal.directory.filters import Narrowing, narrow_groups, narrow_people
from portal.directory.groups import GroupEntry, group_columns, group_table, list_groups_of, list_members
from portal.directory.people import PersonEntry, person_columns, person_table
from portal.directory.resources import write_group, write_person

MAX_PAGE = 200
MAX_LOOKED_AT = 2000
"""How many entries are looked at one by one, where a filter or an order asks for what SQL cannot say."""

Entry = TypeVar("Entry", PersonEntry, GroupEntry)


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """A part of a list. `total`: how many there are in all; `start`: where this part begins, from 1 on."""

    total: int
    start: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Entry]):
    """How people, or groups, are searched."""

    table: sa.Table
    columns: tuple[sa.Column[Any], ...]
    entry: Callable[..., Entry]
    narrow: Callable[[ScimFilter[Any]], Narrowing]
    write: Callable[[Session, int, Sequence[Entry], bool], list[Any]]
    sortable: Mapping[str, sa.Column[Any]]


def list_people(
    session: Session,
    customer_id: int,
    *,
    wanted: ScimFilter[Any] | None = None,
    order: SearchRequest[Any] | None = None,
    start: int = 1,
    count: int = MAX_PAGE,
) -> Page[PersonEntry]:
    """Give a part of an enterprise's people, at most 200, the oldest entries first unless `order` says otherwise.

    `wanted`: a filter bound to `PersonResource`. `order`: its `sort_by` and `sort_order` count, nothing else of it.
    Raises Refused (`too_many_to_look_at`) where more than 2000 would have to be looked at one by one.
    """
    return _list(session, _people, customer_id, wanted, order, max(start, 1), min(max(count, 0), MAX_PAGE))


def list_groups(
    session: Session,
    customer_id: int,
    *,
    wanted: ScimFilter[Any] | None = None,
    order: SearchRequest[Any] | None = None,
    start: int = 1,
    count: int = MAX_PAGE,
) -> Page[GroupEntry]:
    """Give a part of an enterprise's groups, as `list_people` does; `wanted` is bound to `Group`."""
    return _list(session, _groups, customer_id, wanted, order, max(start, 1), min(max(count, 0), MAX_PAGE))


def _list(
    session: Session,
    kind: _Kind[Entry],
    customer_id: int,
    wanted: ScimFilter[Any] | None,
    order: SearchRequest[Any] | None,
    start: int,
    count: int,
) -> Page[Entry]:
    narrowed = kind.narrow(wanted) if wanted is not None else Narrowing(exact=True)
    of = [kind.table.c.customer_id == customer_id]
    if narrowed.condition is not None:
        of.append(narrowed.condition)
    sorting = _sorting(kind, order)
    if narrowed.exact and sorting is not None:
        return _by_sql(session, kind, of, sorting, start, count)
    found = _looked_at(session, kind, customer_id, of, wanted, order)
    return Page(len(found), start, tuple(found[start - 1 : start - 1 + count]))


def _by_sql(
    session: Session,
    kind: _Kind[Entry],
    of: Sequence[sa.ColumnElement[bool]],
    sorting: Sequence[sa.ColumnElement[Any]],
    start: int,
    count: int,
) -> Page[Entry]:
    connection = session.connection()
    total = connection.execute(sa.select(sa.func.count()).select_from(kind.table).where(*of)).scalar_one()
    rows: Sequence[Any] = ()
    if count and start <= total:
        rows = connection.execute(sa.select(*kind.columns).where(*of).order_by(*sorting).offset(start - 1).limit(count)).all()
    return Page(total, start, tuple(kind.entry(*row) for row in rows))


def _looked_at(
    session: Session,
    kind: _Kind[Entry],
    customer_id: int,
    of: Sequence[sa.ColumnElement[bool]],
    wanted: ScimFilter[Any] | None,
    order: SearchRequest[Any] | None,
) -> list[Entry]:
    """Give all that fit, in order, by looking at each that might."""
    candidates = sa.select(*kind.columns).where(*of).order_by(kind.table.c.id).limit(MAX_LOOKED_AT + 1)
    found = [kind.entry(*row) for row in session.connection().execute(candidates)]
    if len(found) > MAX_LOOKED_AT:
        raise Refused(N_("Too many entries would have to be looked at. Ask for less at once."), code="too_many_to_look_at")
    text = f"{wanted or ''} {order.sort_by if order is not None else ''}".lower()
    pairs = list(zip(found, kind.write(session, customer_id, found, "groups" in text or "members" in text), strict=True))
    if wanted is not None:
        pairs = [(entry, resource) for entry, resource in pairs if wanted.match(resource)]
    if order is None or order.sort_by is None:
        return [entry for entry, _ in pairs]
    by_id = {resource.id: entry for entry, resource in pairs}
    return [by_id[resource.id] for resource in order.sort([resource for _, resource in pairs])]


def _sorting(kind: _Kind[Any], order: SearchRequest[Any] | None) -> list[sa.ColumnElement[Any]] | None:
    """Give the order in SQL; None where SQL's would not be RFC 7644's."""
    column = kind.table.c.id
    if order is None or order.sort_by is None:
        return [column]
    by = kind.sortable.get(str(order.sort_by).rsplit(":", 1)[-1].lower())
    if by is None:
        return None
    descending = order.sort_order == SearchRequest.SortOrder.descending
    return [by.desc() if descending else by.asc(), column]


def _write_people(session: Session, customer_id: int, found: Sequence[PersonEntry], with_groups: bool) -> list[Any]:
    groups = list_groups_of(session, customer_id, [each.id for each in found]) if with_groups else {}
    return [write_person(each, groups.get(each.id, ()), "") for each in found]


def _write_groups(session: Session, customer_id: int, found: Sequence[GroupEntry], with_members: bool) -> list[Any]:
    members = list_members(session, customer_id, [each.id for each in found]) if with_members else {}
    return [write_group(each, members.get(each.id, ()), "") for each in found]


_people = _Kind(
    person_table, person_columns, PersonEntry, narrow_people, _write_people,
    {"id": person_table.c.id, "username": person_table.c.user_name_key, "meta.created": person_table.c.created_at,
     "meta.lastmodified": person_table.c.changed_at},
)  # fmt: skip
_groups = _Kind(
    group_table, group_columns, GroupEntry, narrow_groups, _write_groups,
    {"id": group_table.c.id, "meta.created": group_table.c.created_at, "meta.lastmodified": group_table.c.changed_at},
)  # fmt: skip
