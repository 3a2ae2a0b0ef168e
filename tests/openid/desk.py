"""A desk where clients ask and get: what the faces do with grants and tokens, without the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.openid import (
    AccessToken,
    AuthorizationRequest,
    ClientView,
    Granted,
    GrantedTokens,
    KeyRing,
    NewClient,
    Provider,
    Pushed,
    RequestRefused,
    SignIn,
    TokenRefused,
    create_client,
    end_client,
    introspect_token,
    issue_code,
    mint_tokens,
    push_request,
    read_access_token,
    read_authorization_request,
    redeem_code,
    refresh_tokens,
    revoke_token,
    subject_of,
)
from portal.openid.hashes import challenge_of
from tests.cast import Person

SESSION = 4711
ISSUER = "https://hall.example"
CALLBACK = "https://shop.example/callback"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-1234567890"
SITE_SCOPES = ("openid", "profile", "phone", "customer", "points.read", "offline_access")
SITE = NewClient("Points shop", redirect_uris=[CALLBACK], scopes=SITE_SCOPES)


@dataclass(frozen=True)
class Desk:
    """One provider with its database."""

    database: Database
    provider: Provider

    @property
    def url(self) -> str:
        """Give the database's address, for another process."""
        return self.database.url.render_as_string(hide_password=False)

    def client(self, now: datetime, new: NewClient = SITE, **changes: Any) -> ClientView:
        """Register a client."""
        with self.database.writing() as session:
            made, _ = create_client(session, replace(new, **changes), now=now)
        return made

    def end(self, client: ClientView, now: datetime) -> None:
        """End a client."""
        with self.database.writing() as session:
            end_client(session, client.id, now=now)

    def sign_in(self, person: Person, client: ClientView, now: datetime, **changes: Any) -> SignIn:
        """Give a sign-in of a person by a code, of a minute ago."""
        made = SignIn(
            party_id=person.party_id,
            customer_id=person.customer_id,
            session_id=SESSION,
            sid="sid-of-this",
            subject=subject_of(self.provider.keys, client, person.party_id),
            level=2,
            methods=("sms",),
            authenticated_at=now - timedelta(minutes=1),
            expires_at=now + timedelta(hours=12),
        )
        return replace(made, **changes)

    def ended_sign_in(self, person: Person, now: datetime) -> None:
        """Have the sign-in of all these grants be over, without anybody having heard of it yet."""
        row = {
            "id": SESSION, "token_hash": "0" * 64, "realm": "subscriber", "party_id": person.party_id, "level": 2, "device_label": "",
            "methods": [], "ip": "", "created_at": now, "seen_at": now, "idle_seconds": 60, "expires_at": now, "ended_at": now,
        }  # fmt: skip
        with self.database.writing() as session:
            session.execute(sa.insert(Base.metadata.tables["login_session"]), row)

    def ask(self, client: ClientView, now: datetime, **changes: str | None) -> AuthorizationRequest | RequestRefused:
        """Bring an authorization request; a parameter given as None is left out."""
        with self.database.reading() as session:
            return read_authorization_request(session, list(asking(client, **changes).items()), issuer=ISSUER, now=now)

    def code(self, client: ClientView, person: Person, now: datetime, **changes: str | None) -> str:
        """Have a person grant what is asked; give the code."""
        request = self.ask(client, now, **changes)
        assert isinstance(request, AuthorizationRequest), request
        with self.database.writing() as session:
            return issue_code(session, client, request, self.sign_in(person, client, now), now=now)

    def redeem(self, client: ClientView, code: str, now: datetime, **changes: Any) -> Granted | TokenRefused:
        """Show a code."""
        given = {"code": code, "redirect_uri": CALLBACK, "verifier": VERIFIER, **changes}
        with self.database.writing() as session:
            return redeem_code(session, self.provider, client, now=now, **given)

    def granted(self, client: ClientView, person: Person, now: datetime, **changes: str | None) -> Granted:
        """Go through all of it; give what came of it."""
        granted = self.redeem(client, self.code(client, person, now, **changes), now)
        assert isinstance(granted, Granted), granted
        return granted

    def refresh(self, client: ClientView, token: str | None, now: datetime, **changes: Any) -> Granted | TokenRefused:
        """Show a refresh token."""
        assert token is not None
        with self.database.writing() as session:
            return refresh_tokens(session, self.provider, client, refresh_token=token, now=now, **changes)

    def mint(self, granted: Granted | TokenRefused, now: datetime) -> GrantedTokens:
        """Sign what was granted."""
        assert isinstance(granted, Granted), granted
        return mint_tokens(self.provider, granted, now=now)

    def read(self, token: str, now: datetime) -> AccessToken | None:
        """Read an access token as our API does."""
        with self.database.reading() as session:
            return read_access_token(session, self.provider, token, now=now)

    def introspect(self, client: ClientView, token: str | None, now: datetime) -> Mapping[str, Any]:
        """Ask what a token is."""
        assert token is not None
        with self.database.reading() as session:
            return introspect_token(session, self.provider, client, token, now=now)

    def revoke(self, client: ClientView, token: str | None, now: datetime) -> bool:
        """Take a token back."""
        assert token is not None
        with self.database.writing() as session:
            return revoke_token(session, self.provider, client, token, now=now)

    def count(self, table: str) -> int:
        """Count a table's rows."""
        with self.database.reading() as session:
            return session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables[table])).scalar_one()

    def push(self, client: ClientView, now: datetime, thumbprint: str | None = None, **changes: str | None) -> Pushed | RequestRefused:
        """Hand a request in."""
        with self.database.writing() as session:
            return push_request(session, client, asking(client, **changes).items(), issuer=ISSUER, thumbprint=thumbprint, now=now)

    def pushed_code(self, client: ClientView, person: Person, now: datetime, **changes: str | None) -> str:
        """Have a person grant what was handed in."""
        pushed = self.push(client, now, **changes)
        assert isinstance(pushed, Pushed), pushed
        return self.code(client, person, now, request_uri=pushed.request_uri)

    def everything(self) -> str:
        """Give all that is stored about grants, as one text."""
        names = ("oauth_grant", "authorization_code", "refresh_token", "revoked_token", "pushed_request", "device_authorization")
        with self.database.reading() as session:
            return str([session.execute(sa.select(Base.metadata.tables[name])).all() for name in names])

    def end_of_grant(self) -> str | None:
        """Say by what the only grant was revoked."""
        grant = Base.metadata.tables["oauth_grant"]
        with self.database.reading() as session:
            return session.execute(sa.select(grant.c.revoked_by)).scalar_one()


def asking(client: ClientView, **changes: str | None) -> dict[str, str]:
    """Give the parameters of an ordinary request, changed."""
    params: dict[str, str | None] = {
        "client_id": client.id,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (params | changes).items() if value is not None}


def make_desk(database: Database, keys: Keys, ring: KeyRing) -> Desk:
    """Open the desk."""
    return Desk(database, Provider(ISSUER, keys, ring))
