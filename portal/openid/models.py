"""Tables of the OpenID Provider: who may ask, what was granted, the keys that sign, and what clients are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table

_STANDING = sa.text("revoked_at IS NULL")
_WAITS = sa.text("status = 'pending'")


class OAuthClient(Base):
    """A site, an app or a machine that asks us who somebody is, or acts in its own name."""

    __tablename__ = "oauth_client"
    __table_args__ = (table("global"),)
    id: Mapped[str] = mapped_column(primary_key=True)  # its `client_id`
    name: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))  # the enterprise it belongs to
    first_party: Mapped[bool]  # the operator's own: no consent is asked
    auth_method: Mapped[str]  # none | client_secret_basic | client_secret_post | private_key_jwt
    secret_hash: Mapped[str | None] = mapped_column(sa.String(64))  # SHA-256 of 256 random bits: nothing to guess
    next_secret_hash: Mapped[str | None] = mapped_column(sa.String(64))  # good beside it while a secret is changed
    jwks: Mapped[dict[str, Any] | None] = mapped_column(Json)
    jwks_uri: Mapped[str | None]
    jwks_at: Mapped[datetime | None]  # when its keys were last asked for there; `jwks` holds what was found
    redirect_uris: Mapped[list[str]] = mapped_column(Json)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(Json)
    grant_types: Mapped[list[str]] = mapped_column(Json)
    scopes: Mapped[list[str]] = mapped_column(Json)  # what it may ask for
    subject_type: Mapped[str]  # public | pairwise
    sector: Mapped[str | None]  # the host that pairwise subjects are told apart by
    id_token_alg: Mapped[str]  # ES256 | RS256 | EdDSA
    default_max_age: Mapped[int | None]  # seconds
    default_acr: Mapped[str | None]
    require_par: Mapped[bool]
    require_dpop: Mapped[bool]  # its tokens are bound to a key of its own
    backchannel_logout_uri: Mapped[str | None]
    backchannel_session_required: Mapped[bool]
    settings: Mapped[dict[str, Any]] = mapped_column(Json)  # what else it registered: logo_uri, contacts, client_uri …
    registration_hash: Mapped[str | None] = mapped_column(sa.String(64))  # of its registration access token (RFC 7592)
    watched_until: Mapped[datetime | None]  # until when its calls are noted, for whoever builds it
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Exchange(Base):
    """A call a client made while it was watched: what was asked, what was answered, nothing secret."""

    __tablename__ = "oauth_exchange"
    __table_args__ = (sa.Index("ix_oauth_exchange_at", "at"), table("global"))
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    endpoint: Mapped[str]  # authorize | token | par | userinfo | introspect | revoke | device | logout
    outcome: Mapped[str]  # ok, or the error's code
    description: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(Json)  # names of parameters, grant type, scopes; values of secrets never


class RegistrationToken(Base):
    """An initial access token: whoever has it may register clients, so many and no more (RFC 7591)."""

    __tablename__ = "registration_token"
    __table_args__ = (table("global"),)
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    label: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))
    left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SigningKey(Base):
    """A key of ours. It is published before it signs, and after it has signed its last for as long as that may be checked."""

    __tablename__ = "signing_key"
    __table_args__ = (table("global"),)
    kid: Mapped[str] = mapped_column(primary_key=True)
    alg: Mapped[str]  # ES256 | RS256 | EdDSA
    public: Mapped[dict[str, Any]] = mapped_column(Json)
    private: Mapped[str]  # encrypted with a key derived from PORTAL_SECRET_KEY
    made_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    signs_until: Mapped[datetime | None]  # None: until a next one is made
    published_until: Mapped[datetime | None]


class OAuthConsent(Base):
    """What a person lets a client know or do, until it is taken back."""

    __tablename__ = "oauth_consent"
    __table_args__ = (
        sa.Index("ix_oauth_consent_client", "client_id", "given_at", sqlite_where=_STANDING, postgresql_where=_STANDING),
        table("global"),
    )
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"), primary_key=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OAuthGrant(Base):
    """What a client was granted once: all codes, refresh and access tokens that come of it stand and fall with it."""

    __tablename__ = "oauth_grant"
    __table_args__ = (
        sa.Index("ix_oauth_grant_party", "party_id", "client_id"),
        sa.Index("ix_oauth_grant_session", "session_id", sqlite_where=_STANDING, postgresql_where=_STANDING),
        sa.Index("ix_oauth_grant_expires_at", "expires_at"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str]  # code | device | exchange
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"))
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    customer_id: Mapped[int | None] = mapped_column(Id)  # whom the party acted for
    session_id: Mapped[int | None] = mapped_column(Id)  # the sign-in it came of; offline access outlives that
    sid: Mapped[str | None]  # what the client knows that sign-in by
    subject: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(Json)
    claims: Mapped[dict[str, Any] | None] = mapped_column(Json)  # names asked for one by one (`claims`): {"userinfo": [], "id_token": []}
    offline: Mapped[bool]
    level: Mapped[int]
    methods: Mapped[list[str]] = mapped_column(Json)  # `amr`
    authenticated_at: Mapped[datetime]
    key_thumbprint: Mapped[str | None]  # DPoP: the client's key every token is bound to
    actor: Mapped[dict[str, Any] | None] = mapped_column(Json)  # token exchange: who acts, as `act` says it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # no token of it is good after
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]  # code_reused | refresh_reused | client | owner | staff | logout | consent | … (grants.RevokedBy)


class AuthorizationCode(Base):
    """A code on its way through a browser: good once, within a minute, for whoever asked."""

    __tablename__ = "authorization_code"
    __table_args__ = (sa.Index("ix_authorization_code_expires_at", "expires_at"), table("global"))
    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    grant_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("oauth_grant.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[str]
    redirect_uri: Mapped[str]
    challenge: Mapped[str]  # PKCE, S256 always
    nonce: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RefreshToken(Base):
    """One link of a grant's chain. Its successor's text is derived from its own, so that a lost answer can be given again."""

    __tablename__ = "refresh_token"
    __table_args__ = (sa.Index("ix_refresh_token_expires_at", "expires_at"), table("global"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    grant_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("oauth_grant.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RevokedToken(Base):
    """An access token that was taken back before its time, by its `jti`."""

    __tablename__ = "revoked_token"
    __table_args__ = (sa.Index("ix_revoked_token_expires_at", "expires_at"), table("global"))
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class UsedOnce(Base):
    """A `jti` that was seen: of a client's assertion, of a request object, of a DPoP proof."""

    __tablename__ = "oauth_used_once"
    __table_args__ = (sa.Index("ix_oauth_used_once_expires_at", "expires_at"), table("global"))
    kind: Mapped[str] = mapped_column(primary_key=True)  # client_assertion | request_object | dpop
    issuer: Mapped[str] = mapped_column(primary_key=True)
    jti_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime]


class PushedRequest(Base):
    """An authorization request a client handed in by itself (RFC 9126), named in its browser by a `request_uri`."""

    __tablename__ = "pushed_request"
    __table_args__ = (sa.Index("ix_pushed_request_expires_at", "expires_at"), table("global"))
    uri_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"))
    params: Mapped[dict[str, str]] = mapped_column(Json)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class DeviceAuthorization(Base):
    """A device without a keyboard that waits for somebody to let it in (RFC 8628)."""

    __tablename__ = "device_authorization"
    __table_args__ = (sa.Index("ix_device_authorization_expires_at", "expires_at"), table("global"))
    device_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"))
    scopes: Mapped[list[str]] = mapped_column(Json)
    status: Mapped[str]  # pending | allowed | refused | used
    grant_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("oauth_grant.id", ondelete="CASCADE"), index=True)
    interval_seconds: Mapped[int]
    polled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ClientSession(Base):
    """A client that was told of a sign-in, and by which name: who is to be told of its end."""

    __tablename__ = "oauth_client_session"
    __table_args__ = (table("global"),)
    session_id: Mapped[int] = mapped_column(Id, primary_key=True)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"), primary_key=True)
    sid: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    told_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LogoutDelivery(Base):
    """The end of a sign-in on its way to a client's back channel."""

    __tablename__ = "logout_delivery"
    __table_args__ = (
        sa.Index("ix_logout_delivery_due", "next_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        sa.Index("ix_logout_delivery_client", "client_id", "created_at"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("oauth_client.id"))
    sid: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str]  # owner | replaced | expired | staff | password | employer | sim_change
    status: Mapped[str]  # pending | delivered | given_up
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
