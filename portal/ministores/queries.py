"""Reading mini-stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.ministores.models import Ministore as Row


@dataclass(frozen=True, slots=True)
class Ministore:
    """One enterprise's store. `name` and `welcome` are by language; `origins` are the pages it may stand in."""

    slug: str
    customer_id: int
    client_id: str
    price_list: str
    name: Mapping[str, str]
    welcome: Mapping[str, str]
    colour: str | None
    colour_dark: str | None
    origins: tuple[str, ...]
    is_open: bool


_store = Row.metadata.tables["ministore"]
_all = sa.select(
    _store.c.slug, _store.c.customer_id, _store.c.client_id, _store.c.price_list, _store.c.name, _store.c.welcome,
    _store.c.colour, _store.c.colour_dark, _store.c.origins, _store.c.open,
)  # fmt: skip
_one = _all.where(_store.c.slug == sa.bindparam("slug"))
_listed = _all.order_by(_store.c.slug)


def get_ministore(session: Session, slug: str) -> Ministore:
    """Give a store, open or not; NotFound where there is none of this name."""
    row = session.connection().execute(_one, {"slug": slug}).first()
    if row is None:
        raise NotFound
    return _view(row)


def list_ministores(session: Session) -> Sequence[Ministore]:
    """Give every store, by name."""
    return [_view(row) for row in session.connection().execute(_listed)]


def _view(row: Any) -> Ministore:
    *known, origins, is_open = row
    slug, customer_id, client_id, price_list, name, welcome, colour, colour_dark = known
    return Ministore(slug, customer_id, client_id, price_list, name, welcome, colour, colour_dark, tuple(origins), is_open)
