"""What an enterprise's directory shows when it comes with news: a token for that enterprise's people and for nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id, new_token
from portal.directory.models import DirectoryToken

MAX_DAYS = 366
LONGEST_LABEL = 100
NOTE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DirectoryTokenView:
    """A directory's token, as it is listed; the token itself is shown once, when it is made."""

    id: int
    customer_id: int
    label: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class DirectoryAccess:
    """A directory that may keep one enterprise's list. `used_at`: when it last came, to the hour."""

    token_id: int
    customer_id: int
    used_at: datetime | None

    @property
    def actor(self) -> str:
        """The name in the audit log."""
        return f"directory:{self.token_id}"

    def is_stale(self, now: datetime) -> bool:
        """Say whether `touch_directory` is due: at most once an hour."""
        return self.used_at is None or now - self.used_at >= NOTE_AFTER


_token = DirectoryToken.metadata.tables["directory_token"]
_view = (
    _token.c.id, _token.c.customer_id, _token.c.label, _token.c.created_at, _token.c.expires_at, _token.c.used_at, _token.c.ended_at,
)  # fmt: skip
_insert = sa.insert(_token)
_find = sa.select(_token.c.id, _token.c.customer_id, _token.c.used_at).where(
    _token.c.token_hash == sa.bindparam("hash"), _token.c.ended_at.is_(None), _token.c.expires_at > sa.bindparam("now")
)
_list = sa.select(*_view).where(_token.c.customer_id == sa.bindparam("customer"), _token.c.ended_at.is_(None)).order_by(_token.c.id)
_list_all = sa.select(*_view).where(_token.c.customer_id == sa.bindparam("customer")).order_by(_token.c.id)
_end = (
    sa.update(_token)
    .where(_token.c.id == sa.bindparam("which"), _token.c.customer_id == sa.bindparam("customer"), _token.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("now"))
)
_touch = (
    sa.update(_token)
    .where(_token.c.id == sa.bindparam("which"), sa.or_(_token.c.used_at.is_(None), _token.c.used_at < sa.bindparam("now")))
    .values(used_at=sa.bindparam("now"))
)


def create_directory_token(session: Session, customer_id: int, label: str, *, days: int, now: datetime) -> tuple[DirectoryTokenView, str]:
    """Let a directory keep an enterprise's list for so many days; give the token as it is listed, and the token, shown this once.

    Raises Invalid for a label of no or more than 100 letters, for no day or more than 366, and for a customer there is not.
    """
    faults = {}
    if not 0 < len(label.strip()) <= LONGEST_LABEL or not label.isprintable():
        faults["label"] = N_("A token has a name of 1 to 100 letters.")
    if not 0 < days <= MAX_DAYS:
        faults["days"] = N_("A directory's token is good for 1 to 366 days.")
    if faults:
        raise Invalid(faults)
    text = new_token()
    view = DirectoryTokenView(new_id(now), customer_id, label.strip(), now, now + timedelta(days=days), None, None)
    row = {name: getattr(view, name) for name in DirectoryTokenView.__slots__}
    try:
        with session.begin_nested():
            session.connection().execute(_insert, row | {"token_hash": _hash(text)})
    except IntegrityError as error:
        raise Invalid({"customer_id": N_("There is no such customer.")}) from error
    return view, text


def end_directory_token(session: Session, customer_id: int, token_id: int, *, now: datetime) -> None:
    """Take no news by this token any more, at once; NotFound for one that is not the customer's, or has ended."""
    if session.connection().execute(_end, {"which": token_id, "customer": customer_id, "now": now}).rowcount == 0:
        raise NotFound


def list_directory_tokens(session: Session, customer_id: int, *, with_ended: bool = False) -> Sequence[DirectoryTokenView]:
    """Give a customer's tokens, the oldest first; those that ran out are among them, those that were ended where asked for."""
    rows = session.connection().execute(_list_all if with_ended else _list, {"customer": customer_id})
    return [DirectoryTokenView(*row) for row in rows]


def find_directory(session: Session, token: str, *, now: datetime) -> DirectoryAccess | None:
    """Give whose directory shows this token, or None for one that is unknown, ended or over. One statement."""
    row = session.connection().execute(_find, {"hash": _hash(token), "now": now}).first()
    return None if row is None else DirectoryAccess(*row)


def touch_directory(session: Session, access: DirectoryAccess, *, now: datetime) -> None:
    """Note that a token is in use; call it when `access.is_stale(now)`."""
    session.connection().execute(_touch, {"which": access.token_id, "now": now.replace(minute=0, second=0, microsecond=0)})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
