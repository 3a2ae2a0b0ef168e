"""Acme's intranet, a site of its own: its key, its store with Acme's prices, and what bin/_intranet.py has to know.

The private key stands in the instance folder, where only the intranet reads it; the portal is told the public one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound
from portal.catalog import STANDARD, Buyer, list_offers
from portal.customers import find_holder
from portal.demo.cast import ERIN
from portal.identity import add_embed_key, list_embed_keys, read_public_key
from portal.ministores import Ministore, NewMinistore, create_ministore, get_ministore, set_origins

FOLDER = "intranet"
SLUG = "acme"
EMPLOYEES = (("E-1024", "任倩"), ("E-2048", "Emma Johansson"))
DISCOUNT_PERCENT = 12
ROUND_TO = 1_000  # minor units: prices end in a whole ten
COLOURS = ("#1d4ed8", "#93b4ff")


def open_intranet(session: Session, folder: Path, *, origin: str, currency: str, now: datetime) -> Ministore:
    """Open Acme's store for an intranet at `origin` (once; the origin is set anew each time), and tell it the intranet's key.

    `folder`: the instance folder, where the key is made if there is none. Raises NotFound where the demo is not loaded.
    """
    erin = find_holder(session, ERIN.number)
    if erin is None:
        raise NotFound
    try:
        store = get_ministore(session, SLUG)
        set_origins(session, SLUG, [origin])
    except NotFound:
        store = create_ministore(session, _store(session, erin.customer_id, origin, currency, now), now=now)
    public = _public_key(folder / FOLDER / "key.pem")
    kid = read_public_key(public)[1]
    if kid not in {each.kid for each in list_embed_keys(session, store.client_id)}:
        add_embed_key(session, store.client_id, public, now=now)
    return store


def write_intranet(folder: Path, store: Ministore, *, origin: str, portal: str, script: str) -> Path:
    """Write what the intranet's server has to know, beside its key; give the file. `script`: the tag that loads the component."""
    path = folder / FOLDER / "intranet.json"
    kid = read_public_key(_public_key(folder / FOLDER / "key.pem"))[1]
    facts: Mapping[str, object] = {
        "origin": origin, "portal": portal, "script": script, "store": store.slug, "client_id": store.client_id, "kid": kid,
        "employees": [{"number": number, "name": name} for number, name in EMPLOYEES],
    }  # fmt: skip
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return path


def _store(session: Session, customer_id: int, origin: str, currency: str, now: datetime) -> NewMinistore:
    usual = list_offers(session, STANDARD, Buyer(None, "ministore"), kinds={"device"}, unit=currency, now=now)
    prices = {each.code: each.amount * (100 - DISCOUNT_PERCENT) // 100 // ROUND_TO * ROUND_TO for each in usual}
    return NewMinistore(
        slug=SLUG,
        customer_id=customer_id,
        name={"zh": "Acme 员工商店", "en": "Acme staff store"},
        welcome={"zh": "公司为您选的手机，公司付款。", "en": "Handsets your company chose, and pays for."},
        origins=[origin],
        currency=currency,
        prices=prices,
        colour=COLOURS[0],
        colour_dark=COLOURS[1],
    )


def _public_key(path: Path) -> str:
    """Give the public half of the key in `path`, made first if there is none."""
    if not path.exists():
        _write_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Invalid({"key": "not a key of ours"})
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _write_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(ec.generate_private_key(ec.SECP256R1()).private_bytes(*form))
    draft.replace(path)
