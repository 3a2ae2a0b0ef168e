"""Tables of single sign on.

Made by `python -m portal.migrations.revise`, and read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oauth_used_once",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("jti_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "issuer", "jti_hash", name=op.f("pk_oauth_used_once")),
        info={"kind": "global"},
    )
    op.create_index("ix_oauth_used_once_expires_at", "oauth_used_once", ["expires_at"], unique=False)
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.String(length=64), nullable=False),
        sa.Column("flow_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_handle", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_passkey_challenge")),
        info={"kind": "global"},
    )
    op.create_index("ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"], unique=False)
    op.create_table(
        "revoked_token",
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_token")),
        info={"kind": "global"},
    )
    op.create_index("ix_revoked_token_expires_at", "revoked_token", ["expires_at"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("alg", sa.String(), nullable=False),
        sa.Column("public", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("private", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
        info={"kind": "global"},
    )
    op.create_table(
        "authenticator",
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("last_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_authenticator_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_authenticator")),
        info={"kind": "global"},
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("user_handle", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("transports", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_passkey_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
        info={"kind": "global"},
    )
    op.create_index("ix_passkey_party", "passkey", ["party_id", "id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recovery_code_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", "code_hash", name=op.f("pk_recovery_code")),
        info={"kind": "global"},
    )
    op.create_table(
        "web_password",
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_web_password_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_web_password")),
        info={"kind": "global"},
    )
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_party", sa.Boolean(), nullable=False),
        sa.Column("auth_method", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("next_secret_hash", sa.String(length=64), nullable=True),
        sa.Column("jwks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("jwks_uri", sa.String(), nullable=True),
        sa.Column("jwks_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("redirect_uris", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("post_logout_redirect_uris", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("grant_types", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=True),
        sa.Column("id_token_alg", sa.String(), nullable=False),
        sa.Column("default_max_age", sa.Integer(), nullable=True),
        sa.Column("default_acr", sa.String(), nullable=True),
        sa.Column("require_par", sa.Boolean(), nullable=False),
        sa.Column("require_dpop", sa.Boolean(), nullable=False),
        sa.Column("backchannel_logout_uri", sa.String(), nullable=True),
        sa.Column("backchannel_session_required", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("registration_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_oauth_client_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client")),
        info={"kind": "global"},
    )
    op.create_table(
        "registration_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_registration_token_customer_id_customer")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_registration_token")),
        info={"kind": "global"},
    )
    op.create_table(
        "logout_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_logout_delivery_client_id_oauth_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logout_delivery")),
        info={"kind": "global"},
    )
    op.create_index("ix_logout_delivery_client", "logout_delivery", ["client_id", "created_at"], unique=False)
    op.create_index(
        "ix_logout_delivery_due",
        "logout_delivery",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "oauth_client_session",
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_oauth_client_session_client_id_oauth_client")),
        sa.PrimaryKeyConstraint("session_id", "client_id", name=op.f("pk_oauth_client_session")),
        sa.UniqueConstraint("sid", name=op.f("uq_oauth_client_session_sid")),
        info={"kind": "global"},
    )
    op.create_table(
        "oauth_consent",
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_oauth_consent_client_id_oauth_client")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_oauth_consent_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", "client_id", name=op.f("pk_oauth_consent")),
        info={"kind": "global"},
    )
    op.create_table(
        "oauth_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sid", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("claims", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("methods", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_thumbprint", sa.String(), nullable=True),
        sa.Column("actor", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_oauth_grant_client_id_oauth_client")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_oauth_grant_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
        info={"kind": "global"},
    )
    op.create_index("ix_oauth_grant_expires_at", "oauth_grant", ["expires_at"], unique=False)
    op.create_index("ix_oauth_grant_party", "oauth_grant", ["party_id", "client_id"], unique=False)
    op.create_index(
        "ix_oauth_grant_session",
        "oauth_grant",
        ["session_id"],
        unique=False,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "pushed_request",
        sa.Column("uri_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("params", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_pushed_request_client_id_oauth_client")),
        sa.PrimaryKeyConstraint("uri_hash", name=op.f("pk_pushed_request")),
        info={"kind": "global"},
    )
    op.create_index("ix_pushed_request_expires_at", "pushed_request", ["expires_at"], unique=False)
    op.create_table(
        "authorization_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["oauth_grant.id"], name=op.f("fk_authorization_code_grant_id_oauth_grant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_authorization_code")),
        info={"kind": "global"},
    )
    op.create_index("ix_authorization_code_expires_at", "authorization_code", ["expires_at"], unique=False)
    op.create_index(op.f("ix_authorization_code_grant_id"), "authorization_code", ["grant_id"], unique=False)
    op.create_table(
        "device_authorization",
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("user_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_device_authorization_client_id_oauth_client")),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["oauth_grant.id"], name=op.f("fk_device_authorization_grant_id_oauth_grant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_hash", name=op.f("pk_device_authorization")),
        sa.UniqueConstraint("user_hash", name=op.f("uq_device_authorization_user_hash")),
        info={"kind": "global"},
    )
    op.create_index("ix_device_authorization_expires_at", "device_authorization", ["expires_at"], unique=False)
    op.create_index(op.f("ix_device_authorization_grant_id"), "device_authorization", ["grant_id"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["oauth_grant.id"], name=op.f("fk_refresh_token_grant_id_oauth_grant"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
        info={"kind": "global"},
    )
    op.create_index("ix_refresh_token_expires_at", "refresh_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_token_grant_id"), "refresh_token", ["grant_id"], unique=False)
    op.create_table(
        "sim_change",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_sim_change_customer_id_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "subscription_id", name=op.f("pk_sim_change")),
        info={"kind": "customer"},
    )
    op.add_column(
        "login_session", sa.Column("methods", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="[]", nullable=False)
    )
    op.add_column("login_session", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("login_session", "authenticated_at")
    op.drop_column("login_session", "methods")
    op.drop_table("sim_change")
    op.drop_index(op.f("ix_refresh_token_grant_id"), table_name="refresh_token")
    op.drop_index("ix_refresh_token_expires_at", table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index(op.f("ix_device_authorization_grant_id"), table_name="device_authorization")
    op.drop_index("ix_device_authorization_expires_at", table_name="device_authorization")
    op.drop_table("device_authorization")
    op.drop_index(op.f("ix_authorization_code_grant_id"), table_name="authorization_code")
    op.drop_index("ix_authorization_code_expires_at", table_name="authorization_code")
    op.drop_table("authorization_code")
    op.drop_index("ix_pushed_request_expires_at", table_name="pushed_request")
    op.drop_table("pushed_request")
    op.drop_index(
        "ix_oauth_grant_session",
        table_name="oauth_grant",
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_index("ix_oauth_grant_party", table_name="oauth_grant")
    op.drop_index("ix_oauth_grant_expires_at", table_name="oauth_grant")
    op.drop_table("oauth_grant")
    op.drop_table("oauth_consent")
    op.drop_table("oauth_client_session")
    op.drop_index(
        "ix_logout_delivery_due",
        table_name="logout_delivery",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_logout_delivery_client", table_name="logout_delivery")
    op.drop_table("logout_delivery")
    op.drop_table("registration_token")
    op.drop_table("oauth_client")
    op.drop_table("web_password")
    op.drop_table("recovery_code")
    op.drop_index("ix_passkey_party", table_name="passkey")
    op.drop_table("passkey")
    op.drop_table("authenticator")
    op.drop_table("signing_key")
    op.drop_index("ix_revoked_token_expires_at", table_name="revoked_token")
    op.drop_table("revoked_token")
    op.drop_index("ix_passkey_challenge_expires_at", table_name="passkey_challenge")
    op.drop_table("passkey_challenge")
    op.drop_index("ix_oauth_used_once_expires_at", table_name="oauth_used_once")
    op.drop_table("oauth_used_once")
