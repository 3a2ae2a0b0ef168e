"""An enterprise with an intranet: it has a store, a key, and a server that signs who its employees are."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy.orm import Session

from portal.catalog import Buyer, add_stock
from portal.customers import create_enterprise
from portal.identity import add_embed_key
from portal.ministores import NewMinistore, create_ministore
from tests.cast import NOW, Cast

PORTAL = "https://localhost"
EVERYBODY = Buyer(None, "ministore")
EVERYBODY = Buyer(None, "ministore")
ORIGIN = "https://intranet.acme.example"
EMMA, FRED = ("E-1024", "Emma Lin"), ("E-2048", "Fred Wu")
MATE, NOTE, OPPO = "device_huawei_mate_60", "device_redmi_note_13", "device_oppo_a3_pro"
PRICES = {MATE: 483_900, NOTE: 96_700}
"""What Acme pays, in minor units: less than everybody, and not for every handset."""


@dataclass(frozen=True, slots=True)
class Intranet:
    """An enterprise's site: what it signs with, and for which store."""

    slug: str
    customer_id: int
    client_id: str
    kid: str
    key: ECKey
    origin: str = ORIGIN

    def claims(self, employee: tuple[str, str] = EMMA, *, now: datetime = NOW) -> dict[str, Any]:
        """Give what an assertion says of an employee."""
        issued = int(now.timestamp())
        return {
            "iss": self.client_id, "aud": PORTAL, "sub": employee[0], "name": employee[1], "store": self.slug,
            "origin": self.origin, "iat": issued, "exp": issued + 60, "jti": secrets.token_urlsafe(16),
        }  # fmt: skip

    def header(self) -> dict[str, Any]:
        """Give an assertion's header."""
        return {"typ": "employee+jwt", "alg": "ES256", "kid": self.kid}

    def sign(
        self, employee: tuple[str, str] = EMMA, *, now: datetime = NOW, header: Mapping[str, Any] | None = None, **changed: Any
    ) -> str:
        """Sign an assertion; `changed` claims replace the usual ones, and go when they are None."""
        claims = {name: value for name, value in (self.claims(employee, now=now) | changed).items() if value is not None}
        merged = {name: value for name, value in (self.header() | dict(header or {})).items() if value is not None}
        return jwt.encode(merged, claims, self.key, algorithms=["ES256"])

    def sign_now(self, employee: tuple[str, str] = EMMA, *, portal: str) -> str:
        """Sign an assertion for a portal that runs at the present moment."""
        return self.sign(employee, now=datetime.now(UTC), aud=portal)

    def at(self, origin: str) -> Intranet:
        """Give the same site with its pages at another origin."""
        return replace(self, origin=origin)

    def with_key(self, kid: str) -> Intranet:
        """Give the same site with a key pair of its own making that nobody was told of."""
        return replace(self, kid=kid, key=ECKey.generate_key("P-256"))


def open_store(
    session: Session, customer_id: int, slug: str, *, origin: str = ORIGIN, now: datetime = NOW, prices: Mapping[str, int] = PRICES
) -> Intranet:
    """Open a store for an enterprise through the services, and make its key."""
    key = ECKey.generate_key("P-256")
    store = create_ministore(
        session,
        NewMinistore(
            slug=slug, customer_id=customer_id, name={"zh": "员工商店", "en": f"{slug.title()} staff store"},
            welcome={"zh": "为员工准备的手机", "en": "Handsets for those who work here"}, origins=[origin], currency="CNY",
            prices=prices, colour="#1d4ed8", colour_dark="#93b4ff",
        ),
        now=now,
    )  # fmt: skip
    kid = add_embed_key(session, store.client_id, key.as_dict(private=False), now=now)
    return Intranet(slug, customer_id, store.client_id, kid, key, origin)


def open_acme(session: Session, cast: Cast, *, stock: int = 20, now: datetime = NOW, origin: str = ORIGIN) -> Intranet:
    """Open Acme's store, with handsets on stock."""
    for code in (MATE, NOTE, OPPO):
        add_stock(session, code, stock, now=now)
    return open_store(session, cast.acme.customer_id, "acme", origin=origin, now=now)


def open_globex(session: Session, *, now: datetime = NOW) -> Intranet:
    """Open the store of another enterprise, much like Acme's: the same employee numbers, other prices."""
    made = create_enterprise(session, "Globex Ltd", "Gina Xu", "13905710009", now=now)
    prices = {MATE: 450_000, NOTE: 90_000}
    return open_store(session, made.customer_id, "globex", origin="https://globex.example", now=now, prices=prices)


def packed(header: Mapping[str, Any], claims: Any, signature: bytes) -> str:
    """Put a JWT together from parts of one's own."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def order_for(session: Session, cast: Cast, who: tuple[str, str]) -> int:
    """Order a handset for somebody at Acme; give the order."""
    from portal.orders import Delivery, Item, NewOrder, place_order

    new = NewOrder(
        customer_id=cast.acme.customer_id, items=(Item(MATE, 1, PRICES[MATE]),), price_list="ministore-acme", unit="CNY",
        channel="ministore", key=who[0], placed_for=who[0], delivery=Delivery(who[1], "8888", "7F"), actor=f"employee:{who[0]}",
    )  # fmt: skip
    return place_order(session, new, now=NOW).order_id
