"""Taking codes out of the house to be printed: one of the staff asks, another releases, and every taking is noted.

The file is made as it is sent, a few thousand codes at a time, so millions need no more room than a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.codes.batches import ACTIVE
from portal.codes.errors import BatchNotOpen, SameHands
from portal.codes.making import open_maker
from portal.codes.models import CodeBatch, CodePrint

RELEASED_HOURS = 24
PIECE = 2_000

_print, _batch = CodePrint.metadata.tables["code_print"], CodeBatch.metadata.tables["code_batch"]
_size = sa.select(_batch.c.size, _batch.c.status).where(_batch.c.id == sa.bindparam("batch"))
_add = sa.insert(_print)
_of_id = _print.c.id == sa.bindparam("print")
_release = (
    sa.update(_print)
    .where(_of_id, _print.c.asked_by != sa.bindparam("staff"), _print.c.released_by.is_(None))
    .values(released_by=sa.bindparam("staff"), released_at=sa.bindparam("at", type_=_print.c.released_at.type))
)
_take = (
    sa.update(_print)
    .where(
        _of_id, _print.c.asked_by == sa.bindparam("staff"), _print.c.released_at > sa.bindparam("since", type_=_print.c.released_at.type)
    )
    .values(taken=_print.c.taken + 1, taken_at=sa.bindparam("at", type_=_print.c.taken_at.type))
    .returning(_print.c.batch_id, _print.c.first, _print.c.last)
)
_get = sa.select(_print).where(_of_id)
_secret = sa.select(_batch.c.secret).where(_batch.c.id == sa.bindparam("batch"))
_of_batch = sa.select(_print).where(_print.c.batch_id == sa.bindparam("batch")).order_by(_print.c.id.desc())


class PrintNotOpen(Refused):
    """The file was not released, or longer ago than a day."""

    code = "print_not_open"
    sentence = N_("The file is not released, or was more than 24 hours ago: ask for it anew.")


@dataclass(frozen=True, slots=True)
class PrintView:
    """Codes that were asked for, and how far that is."""

    print_id: int
    batch_id: int
    first: int
    last: int
    asked_by: int
    asked_at: datetime
    released_by: int | None
    released_at: datetime | None
    taken: int
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class PrintFile:
    """What makes the file of a released print; read it outside any transaction."""

    batch_id: int
    first: int
    last: int
    secret: str


def ask_print(session: Session, batch_id: int, first: int, last: int, *, staff_id: int, now: datetime) -> int:
    """Ask for the codes of numbers `first` to `last` and give the print's id.

    Raises NotFound, BatchNotOpen for a batch that is not active, Invalid (`first`, `last`) for no range of it.
    """
    connection = session.connection()
    found = connection.execute(_size, {"batch": batch_id}).one_or_none()
    if found is None:
        raise NotFound
    if found.status != ACTIVE:
        raise BatchNotOpen
    if not 0 <= first <= last:
        raise Invalid({"first": N_("Enter the first number and the last, the last not below the first.")})
    if last >= found.size:
        raise Invalid({"last": N_("The batch has no such number: its last is %(last)s.")}, last=found.size - 1)
    print_id = new_id(now)
    row: Mapping[str, Any] = {
        "id": print_id, "batch_id": batch_id, "first": first, "last": last, "asked_by": staff_id, "asked_at": now, "released_by": None,
        "released_at": None, "taken": 0, "taken_at": None,
    }  # fmt: skip
    connection.execute(_add, row)
    return print_id


def release_print(session: Session, print_id: int, *, staff_id: int, now: datetime) -> None:
    """Let who asked take the file, for a day. Raises SameHands for who asked, BatchNotOpen when it is released, NotFound."""
    connection = session.connection()
    if connection.execute(_release, {"print": print_id, "staff": staff_id, "at": now}).rowcount:
        return
    found = connection.execute(_get, {"print": print_id}).one_or_none()
    if found is None:
        raise NotFound
    raise SameHands if found.asked_by == staff_id else BatchNotOpen


def take_print(session: Session, print_id: int, *, staff_id: int, now: datetime) -> PrintFile:
    """Note that who asked takes the file now, and give what makes it. Raises PrintNotOpen; NotFound for anybody else."""
    connection = session.connection()
    since = now - timedelta(hours=RELEASED_HOURS)
    taken = connection.execute(_take, {"print": print_id, "staff": staff_id, "since": since, "at": now}).one_or_none()
    if taken is None:
        found = connection.execute(_get, {"print": print_id}).one_or_none()
        if found is None or found.asked_by != staff_id:
            raise NotFound
        raise PrintNotOpen
    secret = connection.execute(_secret, {"batch": taken.batch_id}).scalar_one()
    return PrintFile(taken.batch_id, taken.first, taken.last, secret)


def write_print(keys: Keys, file: PrintFile) -> Iterator[str]:
    """Give the file piece by piece: CSV of number and code. Numbers are for voids and complaints; the codes are worth money."""
    maker = open_maker(keys, file.batch_id, file.secret)
    yield "number,code\r\n"
    for start in range(file.first, file.last + 1, PIECE):
        yield "".join(f"{number},{maker.write(number)}\r\n" for number in range(start, min(start + PIECE, file.last + 1)))


def list_prints(session: Session, batch_id: int) -> Sequence[PrintView]:
    """Give what of a batch was asked for, the newest first. One statement."""
    return [PrintView(*row) for row in session.connection().execute(_of_batch, {"batch": batch_id})]


def get_print(session: Session, print_id: int) -> PrintView:
    """Give one print; raises NotFound."""
    row = session.connection().execute(_get, {"print": print_id}).one_or_none()
    if row is None:
        raise NotFound
    return PrintView(*row)
