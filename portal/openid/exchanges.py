"""What a client asked while somebody watched, for whoever builds it: names and outcomes, never a secret, a code or a token.

Nothing is noted of a client nobody watches, and noting costs no statement then: its view says until when it is watched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.ids import new_id
from portal.openid.client_rules import GRANT_TYPES
from portal.openid.clients import ClientView
from portal.openid.models import Exchange, OAuthClient
from portal.openid.scopes import SCOPES

WATCH = timedelta(minutes=15)
MOST = 200
"""So many are kept of one client; the oldest go first."""
KEPT_FOR = timedelta(days=1)
MAX_NAMES = 40
MAX_DESCRIPTION = 300

_WORD = re.compile(r"[A-Za-z0-9._-]{1,24}")
_NAME = re.compile(r"[a-z_]{1,48}")
_WORDS = frozenset({
    "response_type", "response_mode", "prompt", "code_challenge_method", "acr_values", "max_age", "display", "token_type_hint",
    "ui_locales",
})  # fmt: skip
"""Parameters whose values are words of the protocol. They are kept while they look like such: no token of ours is so short."""

_client = OAuthClient.metadata.tables["oauth_client"]
_exchange = Exchange.metadata.tables["oauth_exchange"]
_watch = (
    sa.update(_client)
    .where(_client.c.id == sa.bindparam("client"), _client.c.ended_at.is_(None))
    .values(watched_until=sa.bindparam("until"))
)
_insert = sa.insert(_exchange)
_first_too_old = (
    sa.select(_exchange.c.id).where(_exchange.c.client_id == sa.bindparam("client")).order_by(_exchange.c.id.desc()).limit(1).offset(MOST)
)
_prune = sa.delete(_exchange).where(_exchange.c.client_id == sa.bindparam("client"), _exchange.c.id <= _first_too_old.scalar_subquery())
_list = (
    sa.select(_exchange.c.id, _exchange.c.at, _exchange.c.endpoint, _exchange.c.outcome, _exchange.c.description, _exchange.c.detail)
    .where(_exchange.c.client_id == sa.bindparam("client"), _exchange.c.at > sa.bindparam("since"))
    .order_by(_exchange.c.id.desc())
    .limit(sa.bindparam("most"))
)
_forget = sa.delete(_exchange).where(_exchange.c.at < sa.bindparam("before"))
_forget_of = sa.delete(_exchange).where(_exchange.c.client_id == sa.bindparam("client"))


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """A call while a client was watched. `outcome`: `ok`, `person` where somebody is asked at the browser, or the error's code."""

    id: int
    at: datetime
    endpoint: str
    outcome: str
    description: str | None
    detail: Mapping[str, Any]


def watch_client(session: Session, client_id: str, *, now: datetime, stop: bool = False) -> datetime | None:
    """Note a client's calls for a quarter of an hour from now, or no longer (`stop`); give until when.

    Raises NotFound for a client that is not there, or has ended.
    """
    until = None if stop else now + WATCH
    if session.connection().execute(_watch, {"client": client_id, "until": until}).rowcount == 0:
        raise NotFound
    return until


def note_exchange(
    session: Session,
    client: ClientView,
    endpoint: str,
    outcome: str,
    *,
    description: str | None = None,
    params: Iterable[tuple[str, str]] = (),
    auth: str | None = None,
    now: datetime,
) -> bool:
    """Note a call of a client that is watched; of any other do nothing at all. Say whether it was noted.

    `params`: what it sent. Their names are kept, and the values of those alone that are words of the protocol. `auth`: how it
    proved itself. Three statements; two hundred are kept.
    """
    if not client.is_watched(now):
        return False
    connection = session.connection()
    detail = tell_params(params) | ({"auth": auth} if auth else {})
    said = description[:MAX_DESCRIPTION] if description else None
    row = {
        "client_id": client.id, "id": new_id(now), "at": now, "endpoint": endpoint, "outcome": outcome[:60], "description": said,
        "detail": detail,
    }  # fmt: skip
    connection.execute(_insert, row)
    connection.execute(_prune, {"client": client.id})
    return True


def list_exchanges(session: Session, client_id: str, *, now: datetime, limit: int = 50) -> Sequence[ExchangeView]:
    """Give the calls that were noted of a client within a day, the newest first."""
    asked = {"client": client_id, "since": now - KEPT_FOR, "most": limit}
    return [ExchangeView(*row) for row in session.connection().execute(_list, asked)]


def forget_exchanges(session: Session, *, now: datetime, client_id: str | None = None) -> int:
    """Delete what was noted more than a day ago, or all that was noted of one client; give how much."""
    if client_id is not None:
        return session.connection().execute(_forget_of, {"client": client_id}).rowcount
    return session.connection().execute(_forget, {"before": now - KEPT_FOR}).rowcount


def tell_params(params: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Give what may be told of parameters: `names`, and `said`, the values of those whose values cannot be secret."""
    names: list[str] = []
    said: dict[str, str] = {}
    for name, value in params:
        if not _NAME.fullmatch(name):
            continue
        names.append(name)
        told = _tell(name, value)
        if told:
            said[name] = told
    return {"names": sorted(set(names))[:MAX_NAMES], "said": said}


def _tell(name: str, value: str) -> str | None:
    """Give the value of a parameter as far as it is a word everybody may read."""
    words = value.split(" ")[:12]
    if name == "grant_type":
        return value if value in GRANT_TYPES else None
    if name == "scope":
        return " ".join(word for word in words if word in SCOPES) or None
    if name in _WORDS and all(_WORD.fullmatch(word) for word in words):
        return value[:120]
    return None
