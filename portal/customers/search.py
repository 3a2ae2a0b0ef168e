"""Finding a customer while the clerk types: by any part of a number, a name in characters, pinyin or initials, or both.

What was typed is looked at first (digits, Chinese or other letters), so that one range of keys answers it (decision 0002).
Anything that is neither letter, digit nor a mark that parts words finds nothing and reaches no statement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.base.privacy import mask_name, mask_number
from portal.customers.entry import ENDED
from portal.customers.keys import CHINESE, INITIALS, KEY_LENGTH, NUMBER, PINYIN, TAIL_AND_NAME, TAIL_LENGTH, end_of_range
from portal.customers.models import Customer, Party, SearchKey, Subscription
from portal.customers.names import fold, has_han

MOST_HITS = 20
LONGEST_TEXT = 200
KEYS_READ = 64
"""So many keys of a range are read for a page of hits; more than hits, since one customer can have several of them."""
WIDEST = 150
"""So many keys of one range are looked through where a name and digits are in no key together."""

_PARTING = re.compile(r"[\s\-.·•,'’&()/]+")
_NAME_THEN_DIGITS = re.compile(r"([^0-9]+)([0-9]+)")
_PLUS_86 = re.compile(r"\+ ?86")
_WITH_86 = re.compile(r"(?:00)?86(1[0-9]{10})")

Understood = Literal["nothing", "number", "name", "name_and_number"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that was found: masked, with the number that matched (else the first), None where there is no line."""

    customer_id: int
    name_masked: str
    number_masked: str | None
    tier: str
    status: str
    kind: str
    region: str | None


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found. `more`: there may be others, type on. `understood_as`: nothing, number, name, name_and_number."""

    hits: tuple[Hit, ...]
    more: bool
    understood_as: Understood


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, as it is understood: digits without a country code, and letters without what parts them."""

    digits: str = ""
    letters: str = ""

    @property
    def understood_as(self) -> Understood:
        """The shape of it, in a word."""
        if self.digits and self.letters:
            return "name_and_number"
        return "number" if self.digits else "name" if self.letters else "nothing"


def read_query(text: str) -> Query:
    """Understand what was typed. Nothing (an empty Query) for what no number and no name can hold, or is too long."""
    if len(text) > LONGEST_TEXT:
        return Query()
    words = _PLUS_86.sub("", _PARTING.sub(" ", fold(text)).strip(), count=1).split()
    if not all(map(str.isalnum, words)):
        return Query()
    digits, letters = "", ""
    for word in words:
        if word.isdecimal():
            digits += word
        elif joined := _NAME_THEN_DIGITS.fullmatch(word):
            letters, digits = letters + joined[1], digits + joined[2]
        else:
            letters += word
    if full := _WITH_86.fullmatch(digits):
        digits = full[1]
    return Query() if max(len(digits), len(letters)) > KEY_LENGTH else Query(digits, letters)


def search_customers(session: Session, text: str, *, limit: int = 20) -> SearchAnswer:
    """Give the customers that `text` fits, at most `limit` (1 to 20), best first. Never raises for what was typed.

    A number's exact last digits come first. Of a name with digits both must fit: four digits are the last four if
    anybody's number ends so; other digits may stand anywhere, and where they stand in more than 250 places, the first
    of these are looked through, or else the first of the name's, and `more` says so. Two statements at most.
    """
    query = read_query(text)
    limit = max(1, min(limit, MOST_HITS))
    if query.understood_as == "nothing":
        return SearchAnswer((), False, "nothing")
    rows, more = _both(session, query) if query.digits and query.letters else _one(session, query)
    found: dict[int, Hit] = {}
    for row in rows:
        found.setdefault(row.customer_id, _hit(row))
    return SearchAnswer(tuple(found.values())[:limit], more or len(found) > limit, query.understood_as)


_Rows = Sequence[sa.Row[*tuple[Any, ...]]]


def _one(session: Session, query: Query) -> tuple[_Rows, bool]:
    """Look a number or a name up, and say whether there was more in a range than was read."""
    return _page(session, _ranges(query.digits, query.letters), f"%{query.digits}%")


def _both(session: Session, query: Query) -> tuple[_Rows, bool]:
    """Look a name and digits up: as last four and name; else from the digits; else, where they are too common, from the name."""
    four = len(query.digits) == TAIL_LENGTH
    if four:
        ranges = _range("first", TAIL_AND_NAME, query.digits + query.letters) | _range("second", "", "-")
        rows, more = _page(session, ranges, f"%{query.digits}")
        if rows:
            return rows, more
    name = query.letters if has_han(query.letters) else f" {query.letters}"
    params = {"number_like": f"%{query.digits}%", "name_like": f"%{name}%"}
    whole = _ranges("", query.letters + query.digits)  # a name may end in digits itself: 酒店88
    rows, wide = _narrowed(session, _by_number, params | whole | _range("third", NUMBER, query.digits))
    if rows or four or not wide:
        return rows, wide
    return _narrowed(session, _by_name, params | _ranges("", query.letters))


def _page(session: Session, ranges: dict[str, str], number_like: str) -> tuple[_Rows, bool]:
    """Give one row a customer, by key, and whether the ranges held more than was read."""
    rows = session.connection().execute(_found, {**ranges, "number_like": number_like}).all()
    return sorted(rows, key=lambda row: row.key), bool(rows) and rows[0].keys_read >= KEYS_READ


def _narrowed(session: Session, statement: sa.Executable, params: dict[str, str]) -> tuple[_Rows, bool]:
    """Give the rows that fit, and whether a range was too wide to be looked through or more rows fit than are given."""
    rows = session.connection().execute(statement, params).all()
    fitting = [row for row in rows if row.customer_id is not None]
    return fitting, len(fitting) < len(rows) or len(fitting) > MOST_HITS


def _ranges(digits: str, letters: str) -> dict[str, str]:
    """Give the two ranges of keys that answer digits or letters; the second one is empty but for pinyin."""
    if digits:
        return _range("first", NUMBER, digits) | _range("second", "", digits)
    if has_han(letters):
        return _range("first", CHINESE, letters) | _range("second", "", letters)
    return _range("first", PINYIN, letters) | _range("second", INITIALS, letters)


def _range(name: str, kind: str, start: str) -> dict[str, str]:
    start = start[:KEY_LENGTH]
    return {f"{name}_kind": kind, f"{name}_start": start, f"{name}_end": end_of_range(start) or start}


def _hit(row: sa.Row[*tuple[Any, ...]]) -> Hit:
    return Hit(
        customer_id=row.customer_id,
        name_masked=mask_name(row.name),
        number_masked=None if row.number is None else mask_number(row.number),
        tier=row.tier,
        status=row.status,
        kind=row.kind,
        region=row.region,
    )


# The statements are made once. Limits are written out, not bound: a plan made before the values are known must see them.


def _number(value: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(value), sa.Integer())


def _keys_in(name: str, most: int) -> sa.Select[str, int]:
    inside = sa.and_(
        SearchKey.kind == sa.bindparam(f"{name}_kind"),
        SearchKey.key >= sa.bindparam(f"{name}_start"),
        SearchKey.key < sa.bindparam(f"{name}_end"),
    )
    return sa.select(SearchKey.key, SearchKey.customer_id).where(inside).order_by(SearchKey.key).limit(_number(most))


def _all_keys(most: int, *names: str) -> sa.Subquery:
    return sa.union_all(*(sa.select(_keys_in(name, most).subquery()) for name in names)).subquery("found")


def _grouped(found: sa.Subquery) -> sa.Subquery:
    best = sa.func.min(found.c.key)
    read = sa.func.sum(sa.func.count()).over()
    one_each = sa.select(best.label("key"), found.c.customer_id, read.label("keys_read")).group_by(found.c.customer_id)
    return one_each.order_by(best).limit(_number(MOST_HITS + 1)).subquery("best")


def _is_wide(*names: str) -> sa.Exists:
    wide = [_keys_in(name, 1).offset(_number(WIDEST)).subquery() for name in names]
    return sa.exists().select_from(sa.union_all(*map(sa.select, wide)).subquery())


_other = aliased(Subscription)
_line = (
    sa.select(_other.id)
    .where(_other.customer_id == Customer.customer_id, _other.number.like(sa.bindparam("number_like")))
    .order_by(_other.status == ENDED, _other.id)
    .limit(_number(1))
    .correlate(Customer)
    .scalar_subquery()
)


def _customers(found: sa.Subquery) -> sa.Select[*tuple[Any, ...]]:
    """Join what a hit shows to found keys."""
    return (
        sa.select(
            *found.c,
            Party.name,
            Customer.tier,
            Customer.status,
            Customer.kind,
            Subscription.number,
            Subscription.region,
        )
        .select_from(found)
        .join(Customer, Customer.customer_id == found.c.customer_id)
        .join(Party, Party.id == Customer.party_id)
        .outerjoin(Subscription, sa.and_(Subscription.customer_id == Customer.customer_id, Subscription.id == _line))
    )


def _with_mark(fitting: sa.Select[*tuple[Any, ...]], *wide: str) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Add a row of nothing where one of the ranges is too wide to be looked through."""
    page = fitting.order_by(fitting.selected_columns.key).limit(_number(MOST_HITS + 1)).subquery()
    mark: sa.Select[*tuple[Any, ...]] = sa.select(*[sa.null().label(column.name) for column in page.c]).where(_is_wide(*wide))
    return sa.union_all(sa.select(page), mark)


_found = _customers(_grouped(_all_keys(KEYS_READ, "first", "second")))
_by_number = _with_mark(
    _customers(_all_keys(WIDEST, "first", "second", "third")).where(Customer.search_text.like(sa.bindparam("name_like"))), "third"
)
_by_name = _with_mark(_customers(_all_keys(WIDEST, "first", "second")).where(Subscription.id.is_not(None)), "first", "second")
