"""Filters of RFC 7644 3.4.2.2 as conditions of SQL, as far as that says the same; the rest is left to who has the resource.

A condition is exact, or it lets through more than the filter does (never less): then each candidate is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from scim2_models import ScimFilter
from scim2_models.path import AttrPath, CompareOperator, Comparison, FilterVisitor, LogicalExpr, LogicalOperator, Not, Present, ValuePath

from portal.base.ids import from_ref
from portal.directory.groups import group_table, member_table
from portal.directory.people import address_table, person_table
from portal.directory.texts import is_storable, key_of

Condition = sa.ColumnElement[bool]
Make = Callable[[CompareOperator, Any], "Narrowing | None"]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A condition; `exact` when nothing need be looked at again. No condition lets everybody through."""

    condition: Condition | None = None
    exact: bool = False


EVERYBODY = Narrowing()
_ORDER = {
    CompareOperator.gt: sa.ColumnElement.__gt__, CompareOperator.ge: sa.ColumnElement.__ge__,
    CompareOperator.lt: sa.ColumnElement.__lt__, CompareOperator.le: sa.ColumnElement.__le__,
}  # fmt: skip


def narrow_people(wanted: ScimFilter[Any]) -> Narrowing:
    """Give what a filter over people is in SQL."""
    return _Compiler(_PEOPLE).visit(wanted.ast)


def narrow_groups(wanted: ScimFilter[Any]) -> Narrowing:
    """Give what a filter over groups is in SQL."""
    return _Compiler(_GROUPS).visit(wanted.ast)


class _Compiler(FilterVisitor[Narrowing]):
    """Walks a filter. What it does not know narrows nothing."""

    def __init__(self, known: Mapping[str, Make]) -> None:
        self._known = known

    def visit_comparison(self, node: Comparison) -> Narrowing:
        make = self._known.get(_name_of(node.attr_path))
        return (make(node.op, node.value) if make is not None else None) or EVERYBODY

    def visit_present(self, node: Present) -> Narrowing:  # noqa: ARG002 - looked at in the resource: seldom asked, never alone
        return EVERYBODY

    def visit_value_path(self, node: ValuePath) -> Narrowing:
        """`members[value eq "…"]` is `members.value eq "…"`; where more is asked of one value, each is looked at."""
        inner, path = node.val_filter, node.attr_path
        if isinstance(inner, Comparison) and inner.attr_path.sub_attr is None and path.sub_attr is None:
            return self.visit(Comparison(AttrPath(path.attr, inner.attr_path.attr, path.uri), inner.op, inner.value))
        return EVERYBODY

    def visit_not(self, node: Not) -> Narrowing:
        inner = self.visit(node.expr)
        return Narrowing(sa.not_(inner.condition), exact=True) if inner.exact and inner.condition is not None else EVERYBODY

    def visit_logical_expr(self, node: LogicalExpr) -> Narrowing:
        terms = [self.visit(term) for term in node.terms]
        found = [term.condition for term in terms if term.condition is not None]
        exact = all(term.exact for term in terms)
        if node.op == LogicalOperator.and_:
            return Narrowing(sa.and_(*found), exact) if found else EVERYBODY
        return Narrowing(sa.or_(*found), exact) if len(found) == len(terms) else EVERYBODY


def _name_of(path: AttrPath) -> str:
    """Give an attribute's name in small letters; of another schema than the core ones it is none of ours."""
    if path.uri is not None and not path.uri.lower().startswith("urn:ietf:params:scim:schemas:core:2.0:"):
        return ""
    return f"{path.attr}.{path.sub_attr}".lower() if path.sub_attr else path.attr.lower()


def _text(column: sa.Column[Any], *, exact_case: bool) -> Make:
    """Compare a text column: letter by letter, or one that holds `key_of` what is compared."""

    def make(op: CompareOperator, value: Any) -> Narrowing | None:
        if value is None:
            condition: Condition = column.is_(None) if op == CompareOperator.eq else column.is_not(None)
            return Narrowing(condition, exact=True) if op in (CompareOperator.eq, CompareOperator.ne) else None
        if not isinstance(value, str) or (op in _ORDER and exact_case):  # how texts are ordered differs between engines
            return None
        text = value if exact_case else key_of(value)
        if not text or not is_storable(text):
            return None
        return Narrowing(_compared(column, op, text), exact=True)

    return make


def _compared(column: sa.ColumnElement[Any], op: CompareOperator, text: str) -> Condition:
    """Compare by functions that heed case on both engines, which LIKE does not."""
    if op == CompareOperator.ne:
        return column.is_distinct_from(text)
    if op == CompareOperator.eq:
        found: Condition = column == text
    elif op == CompareOperator.co:
        found = sa.func.replace(column, text, "") != column
    elif op == CompareOperator.sw:
        found = sa.func.substr(column, 1, len(text)) == text
    elif op == CompareOperator.ew:
        found = sa.and_(
            sa.func.length(column) >= len(text), sa.func.substr(column, sa.func.length(column) - (len(text) - 1), len(text)) == text
        )
    else:
        found = _ORDER[op](column, text)
    return sa.and_(column.is_not(None), found)  # false where there is nothing, so that it can be negated; and an index still serves


def _lower(column: sa.Column[Any], *, exact: bool) -> Make:
    """Compare a text without case. Only letters that both engines make small are compared: others are looked at."""

    def make(op: CompareOperator, value: Any) -> Narrowing | None:
        if not isinstance(value, str) or not value or not value.isascii() or not is_storable(value) or op in _ORDER:
            return None
        if op == CompareOperator.ne:  # narrows next to nothing
            return None
        return Narrowing(_compared(sa.func.lower(column), op, value.lower()), exact=exact)

    return make


def _id(column: sa.Column[Any]) -> Make:
    """Compare an id with what we write for it."""

    def make(op: CompareOperator, value: Any) -> Narrowing | None:
        if op not in (CompareOperator.eq, CompareOperator.ne) or not isinstance(value, str):
            return None
        number = _number(value)
        return Narrowing(column == number if op == CompareOperator.eq else column != number, exact=True)

    return make


def _number(ref: str) -> int:
    """Give the id a text stands for, or one that nobody has. Ids are compared with case (RFC 7643 3.1)."""
    try:
        return from_ref(ref) if ref == ref.lower() else -1
    except ValueError:
        return -1


def _flag(column: sa.Column[Any]) -> Make:
    def make(op: CompareOperator, value: Any) -> Narrowing | None:
        read = {"true": True, "false": False}.get(str(value).lower())
        if read is None or op not in (CompareOperator.eq, CompareOperator.ne):
            return None
        return Narrowing(column.is_(read if op == CompareOperator.eq else not read), exact=True)

    return make


def _moment(column: sa.Column[Any]) -> Make:
    def make(op: CompareOperator, value: Any) -> Narrowing | None:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        if op not in _ORDER:  # equal to the thousandth of a second: looked at
            return None
        return Narrowing(_ORDER[op](column, moment if moment.tzinfo else moment.replace(tzinfo=UTC)), exact=False)

    return make


def _address(op: CompareOperator, value: Any) -> Narrowing | None:
    """One mail address at least that is so."""
    text = key_of(value) if isinstance(value, str) else ""
    if not text or op in _ORDER or not is_storable(text):
        return None
    of_person = sa.and_(address_table.c.customer_id == person_table.c.customer_id, address_table.c.person_id == person_table.c.id)
    return Narrowing(sa.exists().where(of_person, _compared(address_table.c.address_key, op, text)), exact=True)


def _membership(here: sa.Table, column: sa.Column[Any], other: sa.Column[Any]) -> Make:
    """One membership at least in that group, or of that person."""

    def make(op: CompareOperator, value: Any) -> Narrowing | None:
        if op != CompareOperator.eq or not isinstance(value, str):
            return None
        of_this = sa.and_(member_table.c.customer_id == here.c.customer_id, column == here.c.id)
        return Narrowing(sa.exists().where(of_this, other == _number(value)), exact=True)

    return make


def _shared(here: sa.Table) -> dict[str, Make]:
    return {
        "id": _id(here.c.id), "externalid": _text(here.c.external_id, exact_case=True),
        "meta.created": _moment(here.c.created_at), "meta.lastmodified": _moment(here.c.changed_at),
    }  # fmt: skip


_in_group = _membership(person_table, member_table.c.person_id, member_table.c.group_id)
_has_member = _membership(group_table, member_table.c.group_id, member_table.c.person_id)
_PEOPLE: dict[str, Make] = {
    **_shared(person_table), "username": _text(person_table.c.user_name_key, exact_case=False), "active": _flag(person_table.c.active),
    "displayname": _lower(person_table.c.display_name, exact=False),  # one that was not said is made of the name
    "emails": _address, "emails.value": _address, "groups": _in_group, "groups.value": _in_group,
}  # fmt: skip
_GROUPS: dict[str, Make] = {
    **_shared(group_table), "displayname": _lower(group_table.c.display_name, exact=True),
    "members": _has_member, "members.value": _has_member,
}  # fmt: skip

__all__ = ["EVERYBODY", "Narrowing", "narrow_groups", "narrow_people"]
