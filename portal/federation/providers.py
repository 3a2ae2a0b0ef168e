"""The providers themselves: made, changed, ended, and found by whoever wants to sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.federation.models import IdentityProvider, ProviderDomain, UpstreamIdentity
from portal.federation.provider_rules import NewProvider, check_new
from portal.identity import end_company_sessions

_provider = IdentityProvider.metadata.tables["identity_provider"]
_domain = ProviderDomain.metadata.tables["provider_domain"]
_identity = UpstreamIdentity.metadata.tables["upstream_identity"]
_shown = [
    _provider.c[name]
    for name in (
        "id", "slug", "customer_id", "kind", "name", "issuer", "client_id", "scopes", "document", "jwks", "fetched_at", "admits",
        "level", "claims", "created_at", "changed_at", "ended_at",
    )
]  # fmt: skip
_select = sa.select(*_shown, _provider.c.client_secret.is_not(None).label("has_secret"))
_live = _provider.c.ended_at.is_(None)
_get = _select.where(_provider.c.id == sa.bindparam("provider"))
_by_slug = _select.where(_provider.c.slug == sa.bindparam("slug"), _live)
_by_domain = _select.join(_domain, _domain.c.provider_id == _provider.c.id).where(_domain.c.domain == sa.bindparam("domain"), _live)
_of_customer = _select.where(_provider.c.customer_id == sa.bindparam("customer"), _live).order_by(_provider.c.name, _provider.c.id)
_all = _select.order_by(_provider.c.slug)
_of_party = (
    _select.join(_identity, _identity.c.provider_id == _provider.c.id)
    .where(_identity.c.party_id == sa.bindparam("party"), _live)
    .order_by(_identity.c.last_at.desc())
    .limit(1)
)
_secret = sa.select(_provider.c.client_secret).where(_provider.c.id == sa.bindparam("provider"))
_slug_taken = sa.select(_provider.c.id).where(_provider.c.slug == sa.bindparam("slug"))
_insert = sa.insert(_provider)
_parties = sa.select(_identity.c.party_id).where(_identity.c.provider_id == sa.bindparam("provider"))
_forget = sa.delete(_identity).where(_identity.c.provider_id == sa.bindparam("provider"))
_end = sa.update(_provider).where(_provider.c.id == sa.bindparam("which"), _live).values(ended_at=sa.bindparam("at"), client_secret=None)
_end_domains = sa.delete(_domain).where(_domain.c.provider_id == sa.bindparam("provider"))
_KEPT = ("slug", "kind", "customer_id")


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider as it stands. `document`: what it publishes of itself, as `check_provider` gave it. Its secret is not here."""

    id: int
    slug: str
    customer_id: int
    kind: str
    name: str
    issuer: str
    client_id: str | None
    scopes: tuple[str, ...]
    document: Mapping[str, Any]
    jwks: Mapping[str, Any] | None
    fetched_at: datetime | None
    admits: str
    level: int
    claims: Mapping[str, str]
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    has_secret: bool = field(default=False)

    def as_new(self) -> NewProvider:
        """Give it as it would be made anew, for `change_provider`; a secret left out there stays."""
        return NewProvider(
            slug=self.slug, customer_id=self.customer_id, kind=self.kind, name=self.name, issuer=self.issuer, document=self.document,
            client_id=self.client_id, scopes=self.scopes, admits=self.admits, level=self.level, claims=self.claims,
        )  # fmt: skip


def create_provider(session: Session, keys: Keys, new: NewProvider, *, now: datetime) -> ProviderView:
    """Let an enterprise's provider in. Raises Invalid, each fault by its field, and Refused for a slug that was ever used."""
    check_new(new)
    connection = session.connection()
    if connection.execute(_slug_taken, {"slug": new.slug}).first() is not None:
        raise Refused(N_("There is, or was, another provider of that name in addresses."), code="slug_taken")
    row = {
        "id": new_id(now), "slug": new.slug, "customer_id": new.customer_id, "kind": new.kind, "jwks": None, "fetched_at": None,
        "created_at": now, "ended_at": None, "client_secret": keys.encrypt(new.client_secret) if new.client_secret else None,
    }  # fmt: skip
    connection.execute(_insert, row | _values(new, now))
    return get_provider(session, int(str(row["id"])))


def change_provider(session: Session, keys: Keys, provider_id: int, new: NewProvider, *, now: datetime) -> ProviderView:
    """Say anew all that may change; a secret of None stays. With another issuer everybody's names there are forgotten.

    Raises NotFound for one that has ended, Invalid for what no provider may be or for another slug, kind or customer.
    """
    before = get_provider(session, provider_id)
    if before.ended_at is not None:
        raise NotFound
    if any(getattr(new, name) != getattr(before, name) for name in _KEPT):
        raise Invalid({"slug": N_("Whose it is, its kind and its name in addresses stay; make another provider instead.")})
    check_new(new)
    values = _values(new, now)
    if new.client_secret:
        values["client_secret"] = keys.encrypt(new.client_secret)
    if (new.issuer, new.document.get("jwks_uri")) != (before.issuer, before.document.get("jwks_uri")):
        values |= {"jwks": None, "fetched_at": None}
    connection = session.connection()
    connection.execute(sa.update(_provider).where(_provider.c.id == provider_id).values(values))
    if new.issuer != before.issuer:
        connection.execute(_forget, {"provider": provider_id})
    return get_provider(session, provider_id)


def end_provider(session: Session, provider_id: int, *, now: datetime) -> int:
    """End a provider for good: nobody comes in by it any more, and who did is out at once. Give how many sessions ended."""
    connection = session.connection()
    if connection.execute(_end, {"which": provider_id, "at": now}).rowcount == 0:
        raise NotFound
    parties = connection.execute(_parties, {"provider": provider_id}).scalars().all()
    connection.execute(_end_domains, {"provider": provider_id})
    connection.execute(_forget, {"provider": provider_id})
    return end_company_sessions(session, parties, now=now)


def get_provider(session: Session, provider_id: int) -> ProviderView:
    """Give a provider, an ended one too; raise NotFound where there is none."""
    return _one(session, _get, provider=provider_id) or _none()


def find_provider_by_slug(session: Session, slug: str) -> ProviderView | None:
    """Give the live provider of that name in addresses."""
    return _one(session, _by_slug, slug=slug)


def find_provider_by_domain(session: Session, domain: str) -> ProviderView | None:
    """Give the live provider at which a mail domain's people sign in; `domain` as `read_domain` gives it."""
    return _one(session, _by_domain, domain=domain)


def find_provider_of_party(session: Session, party_id: int) -> ProviderView | None:
    """Give the live provider by which a party came in last."""
    return _one(session, _of_party, party=party_id)


def find_providers_of(session: Session, customer_id: int) -> Sequence[ProviderView]:
    """Give an enterprise's live providers, by name."""
    return [_view(row) for row in session.connection().execute(_of_customer, {"customer": customer_id})]


def list_providers(session: Session, *, with_ended: bool = False) -> Sequence[ProviderView]:
    """Give every provider, by its name in addresses."""
    found = [_view(row) for row in session.connection().execute(_all)]
    return [each for each in found if with_ended or each.ended_at is None]


def read_secret(session: Session, keys: Keys, provider: ProviderView) -> str | None:
    """Give what we prove ourselves by at a provider; None for a public client."""
    kept = session.connection().execute(_secret, {"provider": provider.id}).scalar()
    return None if kept is None else keys.decrypt(kept)


def _values(new: NewProvider, now: datetime) -> dict[str, Any]:
    return {
        "name": new.name.strip(), "issuer": new.issuer, "client_id": new.client_id, "scopes": list(new.scopes),
        "document": dict(new.document), "admits": new.admits, "level": new.level, "claims": dict(new.claims), "changed_at": now,
    }  # fmt: skip


def _one(session: Session, statement: sa.Select[Any], **given: object) -> ProviderView | None:
    row = session.connection().execute(statement, given).first()
    return None if row is None else _view(row)


def _none() -> ProviderView:
    raise NotFound


def _view(row: Sequence[Any]) -> ProviderView:
    view = ProviderView(*row)
    return replace(view, scopes=tuple(view.scopes))
