"""Tables of people and providers.

Made by `python -m portal.migrations.revise`, and read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "party_link",
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["other_party_id"], ["party.id"], name=op.f("fk_party_link_other_party_id_party")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_link_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", "other_party_id", name=op.f("pk_party_link")),
        info={"kind": "global"},
    )
    op.create_table(
        "directory_group",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("resource", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_directory_group_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_directory_group")),
        info={"kind": "customer"},
    )
    op.create_table(
        "directory_person",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("user_name_key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("resource", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_directory_person_customer_id_customer")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_directory_person_party_id_party")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_directory_person")),
        info={"kind": "customer"},
    )
    op.create_index("ix_directory_person_external", "directory_person", ["customer_id", "external_id"], unique=False)
    op.create_index("ix_directory_person_party", "directory_person", ["party_id"], unique=False)
    op.create_index("uq_directory_person_user_name", "directory_person", ["customer_id", "user_name_key"], unique=True)
    op.create_table(
        "directory_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_directory_token_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_directory_token_token_hash")),
        info={"kind": "global"},
    )
    op.create_index("ix_directory_token_customer", "directory_token", ["customer_id", "id"], unique=False)
    op.create_table(
        "identity_provider",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("client_secret", sa.String(), nullable=True),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("jwks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("admits", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("claims", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_identity_provider_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_provider")),
        info={"kind": "global"},
    )
    op.create_index("ix_identity_provider_customer", "identity_provider", ["customer_id", "id"], unique=False)
    op.create_index("uq_identity_provider_slug", "identity_provider", ["slug"], unique=True)
    op.create_table(
        "invitation",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("rights", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("accepted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["accepted_by"], ["party.id"], name=op.f("fk_invitation_accepted_by_party")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_invitation_customer_id_customer")),
        sa.ForeignKeyConstraint(["invited_by"], ["party.id"], name=op.f("fk_invitation_invited_by_party")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_invitation")),
        info={"kind": "customer"},
    )
    op.create_index("ix_invitation_expires_at", "invitation", ["expires_at"], unique=False)
    op.create_index("ix_invitation_number", "invitation", ["number", "expires_at"], unique=False)
    op.create_table(
        "directory_address",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "person_id"],
            ["directory_person.customer_id", "directory_person.id"],
            name=op.f("fk_directory_address_customer_id_person_id_directory_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "address_key", "person_id", name=op.f("pk_directory_address")),
        info={"kind": "customer"},
    )
    op.create_table(
        "directory_membership",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "group_id"],
            ["directory_group.customer_id", "directory_group.id"],
            name=op.f("fk_directory_membership_customer_id_group_id_directory_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "person_id"],
            ["directory_person.customer_id", "directory_person.id"],
            name=op.f("fk_directory_membership_customer_id_person_id_directory_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "group_id", "person_id", name=op.f("pk_directory_membership")),
        info={"kind": "customer"},
    )
    op.create_index("ix_directory_membership_person", "directory_membership", ["customer_id", "person_id"], unique=False)
    op.create_table(
        "oauth_exchange",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_oauth_exchange_client_id_oauth_client")),
        sa.PrimaryKeyConstraint("client_id", "id", name=op.f("pk_oauth_exchange")),
        info={"kind": "global"},
    )
    op.create_index("ix_oauth_exchange_at", "oauth_exchange", ["at"], unique=False)
    op.create_table(
        "provider_domain",
        sa.Column("domain", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name=op.f("fk_provider_domain_provider_id_identity_provider")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_provider_domain")),
        info={"kind": "global"},
    )
    op.create_index("ix_provider_domain_provider", "provider_domain", ["provider_id"], unique=False)
    op.create_table(
        "saml_assertion_use",
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assertion_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["identity_provider.id"], name=op.f("fk_saml_assertion_use_provider_id_identity_provider")
        ),
        sa.PrimaryKeyConstraint("provider_id", "assertion_hash", name=op.f("pk_saml_assertion_use")),
        info={"kind": "global"},
    )
    op.create_index("ix_saml_assertion_use_expires_at", "saml_assertion_use", ["expires_at"], unique=False)
    op.create_table(
        "upstream_identity",
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_upstream_identity_party_id_party")),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name=op.f("fk_upstream_identity_provider_id_identity_provider")),
        sa.PrimaryKeyConstraint("provider_id", "subject", name=op.f("pk_upstream_identity")),
        info={"kind": "global"},
    )
    op.create_index("ix_upstream_identity_party", "upstream_identity", ["party_id"], unique=False)
    op.create_table(
        "upstream_request",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("verifier", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("next", sa.String(), nullable=True),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name=op.f("fk_upstream_request_provider_id_identity_provider")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_upstream_request")),
        info={"kind": "global"},
    )
    op.create_index("ix_upstream_request_expires_at", "upstream_request", ["expires_at"], unique=False)
    op.create_table(
        "password_activation",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_password_activation_customer_id_subscription_id_subscription"),
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_password_activation_party_id_party")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_password_activation_staff_id_staff")),
        sa.PrimaryKeyConstraint("customer_id", "subscription_id", name=op.f("pk_password_activation")),
        info={"kind": "customer"},
    )
    op.create_index(
        "ix_audit_entry_client",
        "audit_entry",
        ["subject", "at"],
        unique=False,
        sqlite_where=sa.text("substr(subject, 1, 7) = 'client:'"),
        postgresql_where=sa.text("substr(subject, 1, 7) = 'client:'"),
    )
    op.add_column("customer_role", sa.Column("rights", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("oauth_client", sa.Column("watched_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_oauth_consent_client",
        "oauth_consent",
        ["client_id", "given_at"],
        unique=False,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_oauth_consent_client",
        table_name="oauth_consent",
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_column("oauth_client", "watched_until")
    op.drop_column("customer_role", "rights")
    op.drop_index(
        "ix_audit_entry_client",
        table_name="audit_entry",
        sqlite_where=sa.text("substr(subject, 1, 7) = 'client:'"),
        postgresql_where=sa.text("substr(subject, 1, 7) = 'client:'"),
    )
    op.drop_table("password_activation")
    op.drop_index("ix_upstream_request_expires_at", table_name="upstream_request")
    op.drop_table("upstream_request")
    op.drop_index("ix_upstream_identity_party", table_name="upstream_identity")
    op.drop_table("upstream_identity")
    op.drop_index("ix_saml_assertion_use_expires_at", table_name="saml_assertion_use")
    op.drop_table("saml_assertion_use")
    op.drop_index("ix_provider_domain_provider", table_name="provider_domain")
    op.drop_table("provider_domain")
    op.drop_index("ix_oauth_exchange_at", table_name="oauth_exchange")
    op.drop_table("oauth_exchange")
    op.drop_index("ix_directory_membership_person", table_name="directory_membership")
    op.drop_table("directory_membership")
    op.drop_table("directory_address")
    op.drop_index("ix_invitation_number", table_name="invitation")
    op.drop_index("ix_invitation_expires_at", table_name="invitation")
    op.drop_table("invitation")
    op.drop_index("uq_identity_provider_slug", table_name="identity_provider")
    op.drop_index("ix_identity_provider_customer", table_name="identity_provider")
    op.drop_table("identity_provider")
    op.drop_index("ix_directory_token_customer", table_name="directory_token")
    op.drop_table("directory_token")
    op.drop_index("uq_directory_person_user_name", table_name="directory_person")
    op.drop_index("ix_directory_person_party", table_name="directory_person")
    op.drop_index("ix_directory_person_external", table_name="directory_person")
    op.drop_table("directory_person")
    op.drop_table("directory_group")
    op.drop_table("party_link")
