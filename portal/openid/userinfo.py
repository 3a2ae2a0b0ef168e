"""What a client is told about a person, in TM Forum's words, as far as its scopes go (OpenID Connect Core 5.1, 5.3, 5.4).

Authlib's `UserInfo` knows which of OpenID's own claims a scope gives; ours stand beside them. Ids that go outside are written
as in our addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import UserInfo
from sqlalchemy.orm import Session

from portal.base.ids import to_ref
from portal.customers import Person, find_person, list_acting, write_e164
from portal.openid.scopes import CLAIM_SCOPES

LOCALES = {"zh": "zh-Hans-CN", "en": "en"}
_OWN: Mapping[str, str] = {"preferred_language": "profile", "customers": "customer", "subscriptions": "subscription"}
"""Claims beyond OpenID's own, and the scope that gives each."""

CLAIM_NAMES = ("name", "locale", "phone_number", "phone_number_verified", *_OWN)
"""All claims about a person, as discovery lists them."""


def scopes_behind(names: Iterable[str], allowed: Collection[str]) -> set[str]:
    """Give the scopes that claims asked for one by one belong to (OIDC Core 5.5), of those a client may have."""
    return {CLAIM_SCOPES[name] for name in names if name in CLAIM_SCOPES} & set(allowed)


def read_claims(
    session: Session,
    party_id: int,
    subject: str,
    *,
    scopes: Collection[str],
    names: Collection[str] = (),
    allowed: Collection[str] = (),
    country: str = "CN",
    now: datetime,
) -> dict[str, Any] | None:
    """Give the claims of `scopes`, and those of `names` whose scope is among `allowed`; None where there is no such person.

    `sub` is always there: what the client knows the person by.
    """
    person = find_person(session, party_id, now=now)
    if person is None:
        return None
    all_claims = _all_of(person, country)
    wanted = set(UserInfo(all_claims).filter(" ".join(scopes))) | {name for name, scope in _OWN.items() if scope in scopes}
    wanted |= {name for name in names if CLAIM_SCOPES.get(name) in allowed}
    if "customers" in wanted:
        acting = list_acting(session, party_id, now=now)
        all_claims["customers"] = [{"id": to_ref(each.customer_id), "name": each.customer_name, "role": each.role} for each in acting]
    return {"sub": subject} | {name: value for name, value in all_claims.items() if name in wanted and value is not None}


def _all_of(person: Person, country: str) -> dict[str, Any]:
    return {
        "name": person.name,
        "locale": LOCALES.get(person.language or ""),
        "preferred_language": person.language,
        "phone_number": write_e164(person.number, country) if person.number else None,
        "phone_number_verified": True if person.number else None,  # we gave it out ourselves
        "subscriptions": [
            {
                "id": to_ref(line.subscription_id), "customer": to_ref(line.customer_id), "kind": line.kind, "status": line.status,
                "phoneNumber": write_e164(line.number, country) if line.kind == "mobile" else line.number,
            }
            for line in person.lines
        ],
    }  # fmt: skip
