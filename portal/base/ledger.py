"""The double-entry ledger: money and points move here and nowhere else.

A movement has a unique reference and entries that sum to zero in each unit. An account's balance stands in its row and
changes in the movement's own transaction; a floor is held by the update itself, and by the database beneath it.
Accounts are changed in one fixed order, so two movements never wait for each other crosswise; several movements in one
transaction must be posted in an order of the caller's own that is just as fixed. Basis: guard.md 44.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.base.db import Base, Id, table
from portal.base.driver import FrequentStatement
from portal.base.errors import N_, Refused
from portal.base.money import MAX_MINOR

MAX_BALANCE = 10**17
MAX_REFERENCE = 200


class LedgerAccount(Base):
    """One owner's account in one book and unit, with its balance."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        sa.UniqueConstraint("book", "owner", "unit"),
        sa.CheckConstraint("floor IS NULL OR balance >= floor", name="floor"),
        sa.CheckConstraint(f"balance BETWEEN -{MAX_BALANCE} AND {MAX_BALANCE}", name="size"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    book: Mapped[str]
    owner: Mapped[str]
    unit: Mapped[str]
    floor: Mapped[int | None] = mapped_column(Id)
    balance: Mapped[int] = mapped_column(Id)
    entries: Mapped[int] = mapped_column(Id)  # how many there are: the number of the last one
    opened_at: Mapped[datetime]


class LedgerMovement(Base):
    """Something that moved, under a reference that is used once."""

    __tablename__ = "ledger_movement"
    __table_args__ = (table("global"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime]


class LedgerEntry(Base):
    """What a movement did to one account. Entries of an account are numbered without a gap."""

    __tablename__ = "ledger_entry"
    __table_args__ = (sa.UniqueConstraint("movement_id", "account_id"), table("global"))
    account_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("ledger_account.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    movement_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("ledger_movement.id"))
    amount: Mapped[int] = mapped_column(Id)
    balance_after: Mapped[int] = mapped_column(Id)


class NotEnough(Refused):
    """An account would fall below its floor."""

    code = "not_enough"
    sentence = N_("There is not enough left for this.")


class TooLarge(Refused):
    """An account would hold more than an account can."""

    code = "too_large"
    sentence = N_("This amount is larger than can be booked.")


class ReferenceReused(Refused):
    """The reference already names a movement of other amounts or accounts."""

    code = "reference_reused"
    sentence = N_("This was already booked with other amounts.")


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """Which account: `book` such as `points`, `owner` such as `customer:42`, `unit` such as `CNY` or `points`.

    `floor` is fixed when the account is first used: its balance never falls below it. None: no floor.
    """

    book: str
    owner: str
    unit: str
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount for one account: positive comes in, negative goes out. Whole minor units or points."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A movement that stands in the books; `is_new` says whether this call wrote it."""

    movement_id: int
    is_new: bool


_add = (
    sa.update(LedgerAccount.__table__)  # type: ignore[arg-type]
    .where(
        LedgerAccount.book == sa.bindparam("of_book"),
        LedgerAccount.owner == sa.bindparam("of_owner"),
        LedgerAccount.unit == sa.bindparam("of_unit"),
        sa.or_(
            LedgerAccount.floor.is_(None),
            LedgerAccount.balance + sa.bindparam("amount", type_=sa.BigInteger()) >= LedgerAccount.floor,
        ),
        (LedgerAccount.balance + sa.bindparam("amount", type_=sa.BigInteger())).between(-MAX_BALANCE, MAX_BALANCE),
    )
    .values(
        balance=LedgerAccount.balance + sa.bindparam("amount", type_=sa.BigInteger()),
        entries=LedgerAccount.entries + 1,
    )
    .returning(LedgerAccount.id, LedgerAccount.entries, LedgerAccount.balance, LedgerAccount.floor)
)
_row = sa.select(LedgerAccount.floor, LedgerAccount.balance).where(
    LedgerAccount.book == sa.bindparam("of_book"),
    LedgerAccount.owner == sa.bindparam("of_owner"),
    LedgerAccount.unit == sa.bindparam("of_unit"),
)
_account, _movements = (LedgerAccount.metadata.tables[name] for name in ("ledger_account", "ledger_movement"))
_ENTRY = ("account_id", "number", "movement_id", "amount", "balance_after")
_insert_entry = sa.insert(LedgerEntry.__table__)  # type: ignore[arg-type]
_insert_pair = _insert_entry.values([{name: sa.bindparam(f"{name}_{place}") for name in _ENTRY} for place in (0, 1)])


def _change_of(place: int, after: sa.CTE) -> sa.CTE:
    """Change one account where `after` has a row."""
    amount = sa.bindparam(f"amount_{place}", type_=sa.BigInteger())
    return (
        sa.update(_account)
        .where(
            sa.exists(sa.select(after.c.id)),
            *(_account.c[name] == sa.bindparam(f"{name}_{place}", type_=sa.String()) for name in ("book", "owner", "unit")),
            _account.c.floor.is_not_distinct_from(sa.bindparam(f"floor_{place}", type_=sa.BigInteger())),
            sa.or_(_account.c.floor.is_(None), _account.c.balance + amount >= _account.c.floor),
            (_account.c.balance + amount).between(-MAX_BALANCE, MAX_BALANCE),
        )
        .values(balance=_account.c.balance + amount, entries=_account.c.entries + 1)
        .returning(_account.c.id, _account.c.entries, _account.c.balance)
        .cte(f"changed_{place}")
    )


def _pair_in_one() -> sa.Select[Any]:
    """Claim the reference, change the first account and then the second, write both entries: each if what is before it did."""
    given = {name: sa.bindparam(name, type_=_movements.c[name].type) for name in ("reference", "fingerprint", "at")}
    claim = postgresql.insert(_movements).values(given).on_conflict_do_nothing()
    movement = claim.returning(_movements.c.id).cte("movement")
    first = _change_of(0, movement)
    second = _change_of(1, first)
    lines = [
        sa.select(one.c.id, one.c.entries, movement.c.id, sa.bindparam(f"amount_{place}", type_=sa.BigInteger()), one.c.balance)
        .join_from(one, movement, sa.true())
        .where(sa.exists(sa.select(second.c.id)) if one is first else sa.true())
        for place, one in enumerate((first, second))
    ]
    return (
        sa.select(
            movement.c.id.label("movement_id"),
            *(first.c.id.label("first_id"), first.c.entries.label("first_number"), first.c.balance.label("first_balance")),
            *(second.c.id.label("second_id"), second.c.entries.label("second_number"), second.c.balance.label("second_balance")),
        )
        .select_from(movement.outerjoin(first, sa.true()).outerjoin(second, sa.true()))
        .add_cte(sa.insert(LedgerEntry).from_select(_ENTRY, sa.union_all(*lines)).cte("written"))
    )


_pair = FrequentStatement(_pair_in_one())
_restore = (
    sa.update(LedgerAccount.__table__)  # type: ignore[arg-type]
    .where(LedgerAccount.id == sa.bindparam("of_id"))
    .values(balance=LedgerAccount.balance - sa.bindparam("amount", type_=sa.BigInteger()), entries=LedgerAccount.entries - 1)
)
_forget = sa.delete(LedgerMovement).where(LedgerMovement.id == sa.bindparam("of_id"))
_movement = sa.select(LedgerMovement.id, LedgerMovement.fingerprint).where(LedgerMovement.reference == sa.bindparam("reference"))


def post(session: Session, reference: str, entries: Sequence[Posting], *, now: datetime) -> Posted:
    """Book a movement whole or not at all, opening accounts that are used for the first time.

    The same reference with the same entries again is the same movement; with others it raises ReferenceReused. Raises
    NotEnough where a floor would be broken. Entries that do not sum to zero in each unit, name an account twice, or
    are no whole numbers of at most MAX_MINOR are our mistake: ValueError or TypeError.
    """
    ordered = check_entries(reference, entries)
    fingerprint = fingerprint_of(ordered)
    connection = session.connection()
    if connection.dialect.name == "postgresql" and len(ordered) == 2:
        movement_id, changed = _post_pair(session, reference, fingerprint, ordered, now)
        if movement_id is not None and len(changed) == 2:
            return Posted(movement_id, is_new=True)
    else:
        movement_id, changed = None, []
    if movement_id is None:
        claimed = claim_movement(connection, reference, fingerprint, now)
        if not claimed.is_new:
            return claimed
        movement_id = claimed.movement_id
    try:
        for entry in ordered[len(changed) :]:
            changed.append(_change(connection, entry, now))
    except (Refused, ValueError):
        _take_back(connection, movement_id, ordered, changed)
        raise
    _write_entries(connection, movement_id, ordered, changed)
    return Posted(movement_id, is_new=True)


def transfer(session: Session, reference: str, source: Account, target: Account, amount: int, *, now: datetime) -> Posted:
    """Book `amount` (more than zero) from one account to another of the same unit; otherwise as `post`."""
    if type(amount) is int and amount <= 0:
        raise ValueError("a transfer moves more than nothing")
    return post(session, reference, [Posting(source, -amount), Posting(target, amount)], now=now)


def balance(session: Session, account: Account) -> int:
    """Give what an account holds, in minor units or points; 0 for one that was never used."""
    row = session.connection().execute(_row, _where(account)).first()
    return 0 if row is None else int(row.balance)


def check_entries(reference: str, entries: Sequence[Posting]) -> list[Posting]:
    """Give the entries in the order of their accounts; TypeError or ValueError for what `post` calls our mistake."""
    if not 0 < len(reference) <= MAX_REFERENCE:
        raise ValueError("a movement needs a reference of up to 200 characters")
    sums: dict[str, int] = {}
    seen: set[tuple[str, str, str]] = set()
    for entry in entries:
        if type(entry.amount) is not int:
            raise TypeError("amounts are whole numbers")
        if entry.amount == 0 or abs(entry.amount) > MAX_MINOR:
            raise ValueError("an amount of nothing, or one this large, is a mistake")
        key = _key(entry.account)
        if not all(key) or key in seen:
            raise ValueError("each account is named once, with book, owner and unit")
        seen.add(key)
        sums[entry.account.unit] = sums.get(entry.account.unit, 0) + entry.amount
    if not sums or any(sums.values()):
        raise ValueError("entries sum to zero in each unit")
    return sorted(entries, key=lambda entry: _key(entry.account))


def fingerprint_of(ordered: Sequence[Posting]) -> str:
    """Give the hash of a movement's entries, by which the same one is known again."""
    body = json.dumps([[*_key(entry.account), entry.amount] for entry in ordered], ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def claim_movement(connection: Connection, reference: str, fingerprint: str, now: datetime) -> Posted:
    """Insert the movement, or give the one that has its reference (after waiting for whoever is just taking it).

    Raises ReferenceReused where that one's fingerprint is another.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {"reference": reference, "fingerprint": fingerprint, "at": now}
    statement = insert(LedgerMovement).values(**values).on_conflict_do_nothing().returning(LedgerMovement.id)
    made: int | None = connection.execute(statement).scalar()
    if made is not None:
        return Posted(made, is_new=True)
    found = connection.execute(_movement, {"reference": reference}).one()
    if found.fingerprint != fingerprint:
        raise ReferenceReused
    return Posted(found.id, is_new=False)


def _post_pair(
    session: Session, reference: str, fingerprint: str, ordered: Sequence[Posting], now: datetime
) -> tuple[int | None, list[tuple[int, int, int]]]:
    """Book a movement of two entries in one statement, as far as that goes; give its id and the accounts it changed.

    Both: it stands, entries included. None or one: an account is missing or refuses, which is found out step by step. No
    id: the reference is taken.
    """
    values: dict[str, object] = {"reference": reference, "fingerprint": fingerprint, "at": now}
    for place, entry in enumerate(ordered):
        account = entry.account
        facts = {"book": account.book, "owner": account.owner, "unit": account.unit, "floor": account.floor, "amount": entry.amount}
        values |= {f"{name}_{place}": value for name, value in facts.items()}
    row = _pair.first(session, values)
    if row is None:
        return None, []
    changed = [(row.first_id, row.first_number, row.first_balance), (row.second_id, row.second_number, row.second_balance)]
    return row.movement_id, [each for each in changed if each[0] is not None]


def _change(connection: Connection, entry: Posting, now: datetime) -> tuple[int, int, int]:
    """Add to one account and give (its id, the entry's number, the balance after it)."""
    account = entry.account
    where = {**_where(account), "amount": entry.amount}
    row = connection.execute(_add, where).first()
    if row is None:  # not there yet, or there only since a moment ago, or not enough in it
        _open(connection, account, now)
        row = connection.execute(_add, where).first()
    if row is None:
        raise _why_not(connection, account, entry.amount)
    if row.floor != account.floor:
        raise ValueError(f"{account.book}: the account was opened with floor {row.floor}, not {account.floor}")
    return row.id, row.entries, row.balance


def _write_entries(connection: Connection, movement_id: int, entries: Sequence[Posting], changed: Sequence[tuple[int, int, int]]) -> None:
    rows = [
        dict(zip(_ENTRY, (account_id, number, movement_id, entry.amount, balance_after), strict=True))
        for entry, (account_id, number, balance_after) in zip(entries, changed, strict=True)
    ]
    if len(rows) == 2:  # nearly all: one statement with two rows takes a third of the driver's way with one row twice
        connection.execute(_insert_pair, {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()})
    else:
        connection.execute(_insert_entry, rows)


def _take_back(connection: Connection, movement_id: int, entries: Sequence[Posting], changed: Sequence[tuple[int, int, int]]) -> None:
    """Leave nothing of a refused movement: the accounts' rows are ours until the end, so this is exactly what was before.

    A savepoint would do the same, and cost every movement that goes through two round trips.
    """
    for entry, (account_id, _, _) in zip(entries, changed, strict=False):
        connection.execute(_restore, {"of_id": account_id, "amount": entry.amount})
    connection.execute(_forget, {"of_id": movement_id})


def _open(connection: Connection, account: Account, now: datetime) -> None:
    if account.floor is not None and account.floor > 0:
        raise ValueError("a new account is empty: its floor cannot lie above nothing")
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {
        "book": account.book,
        "owner": account.owner,
        "unit": account.unit,
        "floor": account.floor,
        "balance": 0,
        "entries": 0,
        "opened_at": now,
    }
    connection.execute(insert(LedgerAccount).values(**values).on_conflict_do_nothing())


def _why_not(connection: Connection, account: Account, amount: int) -> Refused:
    row = connection.execute(_row, _where(account)).one()
    return TooLarge() if abs(row.balance + amount) > MAX_BALANCE else NotEnough()


def _key(account: Account) -> tuple[str, str, str]:
    return account.book, account.owner, account.unit


def _where(account: Account) -> dict[str, str]:
    return {"of_book": account.book, "of_owner": account.owner, "of_unit": account.unit}
