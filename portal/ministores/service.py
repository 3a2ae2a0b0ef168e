"""Opening a mini-store, and changing where it may stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.i18n import LocalText
from portal.catalog import create_price_list, set_price
from portal.identity import create_embed_client
from portal.ministores.colours import clean_colour
from portal.ministores.models import Ministore as Row
from portal.ministores.origins import clean_origins
from portal.ministores.queries import Ministore, get_ministore

MAX_NAME = 60
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")

_store = Row.metadata.tables["ministore"]


@dataclass(frozen=True, slots=True)
class NewMinistore:
    """A store to open for an enterprise. `prices`: what it pays for each offering, in minor units of `currency`."""

    slug: str
    customer_id: int
    name: LocalText
    welcome: LocalText
    origins: Sequence[str]
    currency: str
    prices: Mapping[str, int] = field(default_factory=dict)
    colour: str | None = None
    colour_dark: str | None = None


def create_ministore(session: Session, new: NewMinistore, *, now: datetime) -> Ministore:
    """Open a store: its price list, the client that signs for it (which still needs a key: `add_embed_key`), its look.

    Raises Invalid for a name, an origin or a colour that cannot be taken or a name that is in use, ListExists (catalog)
    where such a price list stands, NotFound for an offering there is not.
    """
    if not _SLUG.fullmatch(new.slug):
        raise Invalid({"slug": N_("A store's name is 3 to 40 small letters, digits and hyphens, and begins with a letter.")})
    if not all(0 < len(text) <= MAX_NAME for text in new.name.values()):
        raise Invalid({"name": N_("A store's title is 1 to 60 signs.")})
    origins = clean_origins(new.origins)
    colour, colour_dark = clean_colour(new.colour, "colour"), clean_colour(new.colour_dark, "colour_dark")
    price_list, client_id = f"ministore-{new.slug}", f"{new.slug}-intranet"
    create_embed_client(session, client_id, new.customer_id, store=new.slug, now=now)
    create_price_list(session, price_list, new.name)
    for offering_code, amount in new.prices.items():
        set_price(session, price_list, offering_code, new.currency, amount)
    session.connection().execute(
        sa.insert(_store),
        {
            "slug": new.slug, "customer_id": new.customer_id, "client_id": client_id, "price_list": price_list,
            "name": new.name, "welcome": new.welcome, "colour": colour, "colour_dark": colour_dark, "origins": origins,
            "open": True, "created_at": now,
        },
    )  # fmt: skip
    return get_ministore(session, new.slug)


def set_origins(session: Session, slug: str, origins: Sequence[str]) -> None:
    """Say anew in which pages a store may stand; NotFound, or Invalid for what is no origin."""
    _change(session, slug, origins=clean_origins(origins))


def set_open(session: Session, slug: str, *, is_open: bool) -> None:
    """Close a store, or open it again. A closed one says so and takes no orders."""
    _change(session, slug, open=is_open)


def _change(session: Session, slug: str, **values: object) -> None:
    if session.connection().execute(sa.update(_store).where(_store.c.slug == slug).values(**values)).rowcount == 0:
        raise NotFound
