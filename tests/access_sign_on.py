"""What the access matrices need to know of single sign-on: sites, providers, tokens and words on their way, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.directory import create_directory_token
from portal.federation import NewProvider, create_provider
from portal.openid import NewClient, create_client
from tests.cast import NOW, Cast

SITE = NewClient(name="Acme site", redirect_uris=("https://in.acme.example/back",), backchannel_logout_uri="https://in.acme.example/bye")
SHOP = replace(SITE, name="Shop", redirect_uris=("https://shop.example/back",), backchannel_logout_uri=None)
ISSUER = "https://id.acme.example"
PUBLISHED = {
    "kind": "oidc", "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t", "jwks_uri": f"{ISSUER}/k",
    "algorithms": ["ES256"], "auth": "client_secret_basic", "says_issuer": True,
}  # fmt: skip

Values = dict[str, object]


def put_sign_on(session: Any, keys: Keys, cast: Cast) -> dict[str, int]:
    """Make a site of Acme's and one of nobody's, Acme's provider and directory token, and a word on its way; give their ids."""
    acme = cast.acme.customer_id
    create_client(session, replace(SITE, customer_id=acme, subject_type="pairwise"), client_id="acme-site", now=NOW)
    create_client(session, SHOP, client_id="shop-site", now=NOW)
    new = NewProvider(slug="acme-own", customer_id=acme, kind="oidc", name="Acme", issuer=ISSUER, document=PUBLISHED, client_id="hall")
    provider = create_provider(session, keys, new, now=NOW)
    token, _ = create_directory_token(session, acme, "Entra", days=30, now=NOW)
    return {"acme": acme, "provider": provider.id, "token": token.id, "delivery": _put_word(session)}


def _put_word(session: Any) -> int:
    """Put a word on its way to Acme's site."""
    row = {
        "id": new_id(NOW), "client_id": "acme-site", "sid": "sid", "subject": "sub", "reason": "owner", "status": "pending", "attempts": 0,
        "last_error": None, "created_at": NOW, "next_at": NOW, "done_at": None,
    }  # fmt: skip
    session.execute(sa.insert(Base.metadata.tables["logout_delivery"]).values(row))
    return int(row["id"])  # type: ignore[call-overload]


def _of_company(world: Any) -> Values:
    return {"customer_id": world.sign_on["acme"]}


def _no_company(nowhere: int, world: Any) -> list[tuple[str, Values]]:
    return [("ada", {"customer_id": each}) for each in (nowhere, world.cast.alice.customer_id)]


def _under_company(name: str) -> tuple[Callable[[Any], Values], Callable[[int, Any], list[tuple[str, Values]]]]:
    """Give the cases of what belongs to a company: a stranger's id, and its own under somebody else's name."""

    def foreign(nowhere: int, world: Any) -> list[tuple[str, Values]]:
        acme, alice = world.sign_on["acme"], world.cast.alice.customer_id
        wrong = ((acme, nowhere), (alice, world.sign_on[name]), (nowhere, world.sign_on[name]))
        return [("ada", {"customer_id": customer, f"{name}_id": each}) for customer, each in wrong]

    return lambda world: _of_company(world) | {f"{name}_id": world.sign_on[name]}, foreign


def _no_site(_: int, __: Any) -> list[tuple[str, Values]]:
    return [("ada", {"client_id": "nowhere"})]


def _not_my_site(_: int, __: Any) -> list[tuple[str, Values]]:
    return [("erin", {"client_id": "shop-site"}), ("erin", {"client_id": "nowhere"})] + [
        (role, {"client_id": "acme-site"}) for role in ("alice", "bob", "charlie")
    ]


def _site(_: Any) -> Values:
    return {"client_id": "acme-site"}


IDS: dict[str, tuple[Callable[[Any], Values], Callable[[int, Any], list[tuple[str, Values]]]]] = {
    **{
        f"office.{name}": (_site, _no_site)
        for name in ("show_site", "ask_change", "change_site", "ask_secret", "change_secret", "ask_end", "end_site", "watch_site")
    },
    **{
        f"site.{name}": (_site, _not_my_site)
        for name in (
            "show_my_site", "ask_site_change", "change_my_site", "ask_new_secret", "make_new_secret", "ask_site_end", "end_my_site",
            "watch_my_site", "show_try", "register_try_address",
        )
    },
    **{f"office.{name}": (_of_company, _no_company) for name in ("show_company", "add_directory_token", "ask_provider", "add_provider")},
    **{
        f"office.{name}": _under_company("provider")
        for name in ("show_provider", "change_this_provider", "ask_provider_end", "end_this_provider")
    },
    "office.end_token_of": _under_company("token"),
    "office.tell_again": (
        lambda world: {"delivery_id": world.sign_on["delivery"]}, lambda nowhere, _: [("ada", {"delivery_id": nowhere})],
    ),
}  # fmt: skip
NO_SECRET: dict[str, Values] = {f"office.{name}": {"kid": "nowhere"} for name in ("ask_withdrawal", "withdraw")}
