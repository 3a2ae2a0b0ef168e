"""Tables of the providers enterprises bring: who they are, for whom they speak, and who came in by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, Key, table


class IdentityProvider(Base):
    """An enterprise's own provider: its employees sign in there and arrive here signed in."""

    __tablename__ = "identity_provider"
    __table_args__ = (
        sa.Index("uq_identity_provider_slug", "slug", unique=True),
        sa.Index("ix_identity_provider_customer", "customer_id", "id"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    slug: Mapped[str]  # in the addresses it sends people back to: never another's
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))
    kind: Mapped[str]  # oidc | saml
    name: Mapped[str]
    issuer: Mapped[str]  # OpenID: its issuer; SAML: its entityID
    client_id: Mapped[str | None]  # OpenID: what we are called there
    client_secret: Mapped[str | None]  # encrypted with a key derived from PORTAL_SECRET_KEY
    scopes: Mapped[list[str]] = mapped_column(Json)
    document: Mapped[dict[str, Any]] = mapped_column(Json)  # what it publishes of itself: addresses, certificates
    jwks: Mapped[dict[str, Any] | None] = mapped_column(Json)
    fetched_at: Mapped[datetime | None]  # when that was last asked for
    admits: Mapped[str]  # list (people on the directory's list alone) | anyone (who comes is put on it)
    level: Mapped[int]  # what a sign-in there is worth here: 1 to 3
    claims: Mapped[dict[str, str]] = mapped_column(Json)  # which of its words we read as user_name, email, name, external_id
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ProviderDomain(Base):
    """A mail domain whose people sign in at one provider."""

    __tablename__ = "provider_domain"
    __table_args__ = (sa.Index("ix_provider_domain_provider", "provider_id"), table("global"))
    domain: Mapped[str] = mapped_column(Key, primary_key=True)  # small letters, IDNA
    provider_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("identity_provider.id"))
    added_at: Mapped[datetime]


class UpstreamRequest(Base):
    """Somebody on the way to a provider: good once, in the browser that set out. Taking it deletes it."""

    __tablename__ = "upstream_request"
    __table_args__ = (sa.Index("ix_upstream_request_expires_at", "expires_at"), table("global"))
    state_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("identity_provider.id"))
    flow_hash: Mapped[str] = mapped_column(sa.String(64))  # of the browser
    nonce: Mapped[str | None]  # OpenID
    verifier: Mapped[str | None]  # PKCE, encrypted
    request_id: Mapped[str | None]  # SAML: what the answer must be an answer to
    next: Mapped[str | None]  # a plain path of ours
    again: Mapped[bool]  # they are to be asked there who they are, however lately they were
    said: Mapped[str | None]  # SAML: what was said of them, encrypted, from the post until their browser comes by itself
    expires_at: Mapped[datetime]


class UpstreamIdentity(Base):
    """Whom a provider calls by which name: the party that signs in here, for as long as it stands."""

    __tablename__ = "upstream_identity"
    __table_args__ = (sa.Index("ix_upstream_identity_party", "party_id"), table("global"))
    provider_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("identity_provider.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id)
    person_id: Mapped[int] = mapped_column(Id)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class SamlAssertionUse(Base):
    """An assertion that was taken: good once."""

    __tablename__ = "saml_assertion_use"
    __table_args__ = (sa.Index("ix_saml_assertion_use_expires_at", "expires_at"), table("global"))
    provider_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("identity_provider.id"), primary_key=True)
    assertion_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime]
