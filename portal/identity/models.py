"""Tables of credentials, codes, sessions, devices, staff, and of who has whom open at the counter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table


class ServicePassword(Base):
    """The six digits that belong to a subscription's number, as an Argon2id hash. Lowest assurance only."""

    __tablename__ = "service_password"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id, primary_key=True)
    hash: Mapped[str]
    set_at: Mapped[datetime]


class PasswordActivation(Base):
    """What a clerk hands over to who has forgotten a line's service password: good once, for an hour, the newest alone."""

    __tablename__ = "password_activation"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))  # who used the line when it was made
    staff_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class CodeChallenge(Base):
    """A one-time code on its way to a number: bound to flow, number and purpose; stored as a keyed hash."""

    __tablename__ = "code_challenge"
    __table_args__ = (
        sa.Index("ix_code_challenge_flow", "flow_hash", "purpose"),
        sa.Index("ix_code_challenge_expires_at", "expires_at"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    flow_hash: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[str]  # sign_in | step_up | password | counter | link
    number: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(Id)  # None: nobody holds the number; no code can be right
    party_id: Mapped[int | None] = mapped_column(Id)  # who used the number when the code was made
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    vouched: Mapped[bool]  # asked for after a service password was given (right or not: never told)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """How often something was tried since its window began. Rows are counted up where they stand, and start anew."""

    __tablename__ = "throttle"
    __table_args__ = (sa.Index("ix_throttle_window_end", "window_end"), table("global"))
    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    count: Mapped[int]


class LoginSession(Base):
    """A signed-in browser. The cookie's token is stored as a hash only."""

    __tablename__ = "login_session"
    __table_args__ = (
        sa.Index("ix_login_session_party", "party_id", "created_at"),
        sa.Index("ix_login_session_staff", "staff_id", "created_at"),
        sa.Index("ix_login_session_expires_at", "expires_at"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    realm: Mapped[str]  # subscriber | staff
    party_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("party.id"))
    staff_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    customer_id: Mapped[int | None] = mapped_column(Id)  # whom the party acts for now
    number: Mapped[str | None]  # the number that signed in: codes for step-up go there
    level: Mapped[int]  # 1 service password, 2 one-time code, 3 two factors, 4 passkey
    methods: Mapped[list[str]] = mapped_column(Json, server_default="[]")  # `amr` (RFC 8176): pin, sms, pwd, otp, hwk, kba
    authenticated_at: Mapped[datetime | None]  # when somebody last signed in or proved anything here; NULL: when it began
    proved_at: Mapped[datetime | None]  # when level 2 was last proved
    device_id: Mapped[str | None]
    device_label: Mapped[str]
    ip: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_seconds: Mapped[int]  # ends after so long without a request: as the settings stood when it began
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]  # owner | replaced | expired | staff | password | employer | sim_change | number


class KnownDevice(Base):
    """A browser in which a party has signed in before: a stranger's failures do not touch it."""

    __tablename__ = "known_device"
    __table_args__ = (table("global"),)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class SignInEvent(Base):
    """Each attempt to sign in, and how it ended."""

    __tablename__ = "sign_in_event"
    __table_args__ = (
        sa.Index("ix_sign_in_event_party", "party_id", "id"),
        sa.Index("ix_sign_in_event_staff", "staff_id", "id"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    realm: Mapped[str]
    party_id: Mapped[int | None] = mapped_column(Id)
    staff_id: Mapped[int | None] = mapped_column(Id)
    method: Mapped[str]  # code | service_password | web_password | totp | recovery_code | passkey | password_totp | company
    outcome: Mapped[str]  # in | wrong | limited (the wrong try that used up the allowance)
    device_label: Mapped[str]
    ip: Mapped[str]


class Staff(Base):
    """Somebody who works for the operator. A realm of its own; always with a second factor."""

    __tablename__ = "staff"
    __table_args__ = (table("global"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    login: Mapped[str] = mapped_column(unique=True)
    public_number: Mapped[int] = mapped_column(unique=True)  # what customers are told instead of a name
    name: Mapped[str]
    role: Mapped[str]  # clerk | supervisor | order_desk | administrator | marketing
    outlet: Mapped[str]
    password_hash: Mapped[str]
    totp_secret: Mapped[str]  # encrypted with a key derived from PORTAL_SECRET_KEY
    totp_last_step: Mapped[int] = mapped_column(Id, default=0)  # a code is taken once
    totp_confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CustomerOpening(Base):
    """A member of staff has a customer open: by the customer's code or with a reason, for a while."""

    __tablename__ = "customer_opening"
    __table_args__ = (
        sa.Index("ix_customer_opening_staff", "staff_id", "opened_at"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    session_id: Mapped[int] = mapped_column(Id)
    proof: Mapped[str]  # code | reason
    reason: Mapped[str | None]  # a code of the list of reasons
    note: Mapped[str | None]
    lines: Mapped[list[int] | None] = mapped_column(Json)  # what the person who gave the code may see; NULL: everything
    money: Mapped[bool]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class StaffAlert(Base):
    """Something a supervisor should look into: many openings by reason alone, or many customers looked at."""

    __tablename__ = "staff_alert"
    __table_args__ = (sa.Index("ix_staff_alert_at", "at", "id"), table("global"))
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    staff_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    kind: Mapped[str]  # reasons_frequent | views_unusual
    count: Mapped[int]  # within the hour before


class EmbedClient(Base):
    """An enterprise's site that may sign who its employees are: an assertion of its is taken for one store."""

    __tablename__ = "embed_client"
    __table_args__ = (table("global"),)
    id: Mapped[str] = mapped_column(primary_key=True)  # "acme-intranet": the assertion's `iss`
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))
    store: Mapped[str]  # the one store it signs for
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EmbedKey(Base):
    """A public key of an embed client. Several at a time, so that a key can be changed without a pause."""

    __tablename__ = "embed_key"
    __table_args__ = (table("global"),)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("embed_client.id"), primary_key=True)
    kid: Mapped[str] = mapped_column(primary_key=True)
    jwk: Mapped[dict[str, Any]] = mapped_column(Json)  # public part alone
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]  # no assertion signed with it is taken from then on


class AssertionUse(Base):
    """An assertion that was taken: its `jti` is good once."""

    __tablename__ = "assertion_use"
    __table_args__ = (sa.Index("ix_assertion_use_expires_at", "expires_at"), table("global"))
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("embed_client.id"), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime]


class EmbedToken(Base):
    """What a frame acts with for five minutes, as a hash: one employee in one store, framed by one origin."""

    __tablename__ = "embed_token"
    __table_args__ = (sa.Index("ix_embed_token_expires_at", "expires_at"), table("global"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("embed_client.id"))
    employee: Mapped[str]  # the enterprise's number for them
    employee_name: Mapped[str]
    origin: Mapped[str]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Passkey(Base):
    """A passkey of a person's (WebAuthn Level 3): our half of it is the public key."""

    __tablename__ = "passkey"
    __table_args__ = (sa.Index("ix_passkey_party", "party_id", "id"), table("global"))
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    customer_id: Mapped[int] = mapped_column(Id)  # the line they were signed in with: what a session is about while it is theirs
    subscription_id: Mapped[int] = mapped_column(Id)
    credential_id: Mapped[str] = mapped_column(unique=True)  # base64url, as browsers say it
    user_handle: Mapped[str]  # random, the same for all passkeys of a person: the browser keeps it, and it says nothing
    public_key: Mapped[str]  # COSE, base64url
    sign_count: Mapped[int] = mapped_column(Id)  # 0 for good where the authenticator does not count
    name: Mapped[str]
    transports: Mapped[list[str]] = mapped_column(Json)
    synced: Mapped[bool]  # kept in step between a person's devices
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a passkey is to sign: good once, in the browser it was made for, for one purpose. Taking it deletes it."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (sa.Index("ix_passkey_challenge_expires_at", "expires_at"), table("global"))
    challenge_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    flow_hash: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[str]  # register | sign_in | step_up
    party_id: Mapped[int | None] = mapped_column(Id)  # None: whoever signs in
    user_handle: Mapped[str | None]  # what a passkey to be registered is made for
    expires_at: Mapped[datetime]


class Authenticator(Base):
    """A person's authenticator app (TOTP, RFC 6238)."""

    __tablename__ = "authenticator"
    __table_args__ = (table("global"),)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    secret: Mapped[str]  # encrypted with a key derived from PORTAL_SECRET_KEY
    last_step: Mapped[int] = mapped_column(Id)  # a code is taken once
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # NULL: shown and not yet proved; it proves nothing


class RecoveryCode(Base):
    """A code that stands in for a lost authenticator, once."""

    __tablename__ = "recovery_code"
    __table_args__ = (table("global"),)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WebPassword(Base):
    """A person's password for the site, as an Argon2id hash. Level 1 alone; with a second factor level 3."""

    __tablename__ = "web_password"
    __table_args__ = (table("global"),)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    hash: Mapped[str]
    set_at: Mapped[datetime]


class SimChange(Base):
    """When a line last got another SIM: for a while a code by message to it proves little."""

    __tablename__ = "sim_change"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id, primary_key=True)
    changed_at: Mapped[datetime]


class Invitation(Base):
    """Somebody is asked to act for a customer. It is bound to a number: whoever holds that and proves it may accept."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.Index("ix_invitation_number", "number", "expires_at"),
        sa.Index("ix_invitation_expires_at", "expires_at"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[str]
    role: Mapped[str]  # member | payer | delegate | administrator
    rights: Mapped[list[str] | None] = mapped_column(Json)
    subscription_id: Mapped[int | None] = mapped_column(Id)  # the line a member is to use
    until: Mapped[datetime | None]  # when what is given ends by itself
    invited_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]  # accepted | declined | withdrawn
    accepted_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("party.id"))
