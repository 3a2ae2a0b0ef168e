"""All tables of the first release, the heads of the audit's chains, and the triggers that guard its entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations import audit_guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915 - one for each table
    op.create_table(
        "audit_entry",
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_audit_entry")),
        info={"kind": "global"},
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "at"], unique=False)
    op.create_index("ix_audit_entry_customer", "audit_entry", ["customer_id", "at", "chain", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
        info={"kind": "global"},
    )
    op.create_table(
        "code_challenge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("flow_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("vouched", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_challenge")),
        info={"kind": "global"},
    )
    op.create_index("ix_code_challenge_expires_at", "code_challenge", ["expires_at"], unique=False)
    op.create_index("ix_code_challenge_flow", "code_challenge", ["flow_hash", "purpose"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_key")),
        info={"kind": "global"},
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("floor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("balance", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("balance BETWEEN -100000000000000000 AND 100000000000000000", name=op.f("ck_ledger_account_size")),
        sa.CheckConstraint("floor IS NULL OR balance >= floor", name=op.f("ck_ledger_account_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("book", "owner", "unit", name=op.f("uq_ledger_account_book_owner_unit")),
        info={"kind": "global"},
    )
    op.create_table(
        "ledger_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_movement")),
        sa.UniqueConstraint("reference", name=op.f("uq_ledger_movement_reference")),
        info={"kind": "global"},
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("receipt", sa.String(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        info={"kind": "global"},
    )
    op.create_index(
        "ix_message_due",
        "message",
        ["available_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('queued','sending')"),
        postgresql_where=sa.text("status IN ('queued','sending')"),
    )
    op.create_index("ix_message_provider_ref", "message", ["provider_ref"], unique=False)
    op.create_index(
        "ix_message_unclear",
        "message",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status = 'uncertain'"),
        postgresql_where=sa.text("status = 'uncertain'"),
    )
    op.create_index(
        "ix_message_waiting",
        "message",
        ["number", "kind", "id"],
        unique=False,
        sqlite_where=sa.text("status IN ('queued','sending')"),
        postgresql_where=sa.text("status IN ('queued','sending')"),
    )
    op.create_table(
        "offering",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("monthly_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("allowances", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_offering")),
        info={"kind": "reference"},
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
        info={"kind": "global"},
    )
    op.create_index(
        "ix_outbox_event_due",
        "outbox_event",
        ["available_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["aggregate", "id"],
        unique=False,
        sqlite_where=sa.text("status <> 'done'"),
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.create_table(
        "party",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        info={"kind": "global"},
    )
    op.create_table(
        "search_key",
        sa.Column("kind", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(collation="C").with_variant(sa.String(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "customer_id", name=op.f("pk_search_key")),
        info={"kind": "global"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sign_in_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("device_label", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_event")),
        info={"kind": "global"},
    )
    op.create_index("ix_sign_in_event_party", "sign_in_event", ["party_id", "id"], unique=False)
    op.create_index("ix_sign_in_event_staff", "sign_in_event", ["staff_id", "id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("public_number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("outlet", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("totp_secret", sa.String(), nullable=False),
        sa.Column("totp_last_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
        sa.UniqueConstraint("public_number", name=op.f("uq_staff_public_number")),
        info={"kind": "global"},
    )
    op.create_table(
        "tariff",
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("price_milli", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_tariff")),
        info={"kind": "reference"},
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
        info={"kind": "global"},
    )
    op.create_index("ix_throttle_window_end", "throttle", ["window_end"], unique=False)
    op.create_table(
        "tray_message",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_tray_message")),
        info={"kind": "global"},
    )
    op.create_index("ix_tray_message_number", "tray_message", ["number", "received_at"], unique=False)
    op.create_table(
        "customer",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_customer_party_id_party")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer")),
        info={"kind": "customer"},
    )
    op.create_index("ix_customer_party", "customer", ["party_id"], unique=False)
    op.create_table(
        "handled_event",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["outbox_event.id"], name=op.f("fk_handled_event_event_id_outbox_event"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "handler", name=op.f("pk_handled_event")),
        info={"kind": "global"},
    )
    op.create_table(
        "known_device",
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_known_device_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", "device_id", name=op.f("pk_known_device")),
        info={"kind": "global"},
    )
    op.create_table(
        "ledger_entry",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("balance_after", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_entry_account_id_ledger_account")),
        sa.ForeignKeyConstraint(["movement_id"], ["ledger_movement.id"], name=op.f("fk_ledger_entry_movement_id_ledger_movement")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("movement_id", "account_id", name=op.f("uq_ledger_entry_movement_id_account_id")),
        info={"kind": "global"},
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("device_label", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_login_session_party_id_party")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_login_session_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
        info={"kind": "global"},
    )
    op.create_index("ix_login_session_expires_at", "login_session", ["expires_at"], unique=False)
    op.create_index("ix_login_session_party", "login_session", ["party_id", "created_at"], unique=False)
    op.create_index("ix_login_session_staff", "login_session", ["staff_id", "created_at"], unique=False)
    op.create_table(
        "staff_alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_alert_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_alert")),
        info={"kind": "global"},
    )
    op.create_index("ix_staff_alert_at", "staff_alert", ["at", "id"], unique=False)
    op.create_table(
        "account",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_method", sa.String(), nullable=False),
        sa.Column("paperless", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_account_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_account")),
        info={"kind": "customer"},
    )
    op.create_table(
        "address",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_address_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_address")),
        info={"kind": "customer"},
    )
    op.create_table(
        "agreement",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_agreement_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_agreement")),
        info={"kind": "customer"},
    )
    op.create_table(
        "customer_opening",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("money", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_opening_customer_id_customer")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_customer_opening_staff_id_staff")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_customer_opening")),
        info={"kind": "customer"},
    )
    op.create_index("ix_customer_opening_staff", "customer_opening", ["staff_id", "opened_at"], unique=False)
    op.create_table(
        "customer_role",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_role_customer_id_customer")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_customer_role_party_id_party")),
        sa.PrimaryKeyConstraint("customer_id", "party_id", "role", name=op.f("pk_customer_role")),
        info={"kind": "customer"},
    )
    op.create_index("ix_customer_role_party", "customer_role", ["party_id"], unique=False)
    op.create_table(
        "interaction",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("params", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_interaction_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_interaction")),
        info={"kind": "customer"},
    )
    op.create_index(
        "ix_interaction_timeline", "interaction", ["customer_id", sa.literal_column("at DESC"), sa.literal_column("id DESC")], unique=False
    )
    op.create_table(
        "bill",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("cycle_end", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "account_id"], ["account.customer_id", "account.id"], name=op.f("fk_bill_customer_id_account_id_account")
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_bill")),
        sa.UniqueConstraint("customer_id", "account_id", "cycle_start", name=op.f("uq_bill_customer_id_account_id_cycle_start")),
        info={"kind": "customer"},
    )
    op.create_table(
        "subscription",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("activated_on", sa.Date(), nullable=False),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "account_id"],
            ["account.customer_id", "account.id"],
            name=op.f("fk_subscription_customer_id_account_id_account"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_subscription_customer_id_customer")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_subscription_party_id_party")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_subscription")),
        info={"kind": "customer"},
    )
    op.create_table(
        "bill_item",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("part", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "bill_id"],
            ["bill.customer_id", "bill.id"],
            name=op.f("fk_bill_item_customer_id_bill_id_bill"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "bill_id", "position", name=op.f("pk_bill_item")),
        info={"kind": "customer"},
    )
    op.create_table(
        "bucket",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("cycle_end", sa.Date(), nullable=False),
        sa.Column("allowance", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_bucket_customer_id_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "subscription_id", "kind", "cycle_start", name=op.f("pk_bucket")),
        info={"kind": "customer"},
    )
    op.create_table(
        "number_holding",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_number_holding_customer_id_subscription_id_subscription"),
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_number_holding_party_id_party")),
        sa.PrimaryKeyConstraint("number", "valid_from", name=op.f("pk_number_holding")),
        info={"kind": "global"},
    )
    op.create_index(
        "uq_number_holding_current",
        "number_holding",
        ["number"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "product",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("monthly_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_product_customer_id_subscription_id_subscription"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_product_customer_id_customer")),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_product_offering_code_offering")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_product")),
        info={"kind": "customer"},
    )
    op.create_table(
        "service_password",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_service_password_customer_id_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "subscription_id", name=op.f("pk_service_password")),
        info={"kind": "customer"},
    )
    op.create_table(
        "usage_record",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("other_party", sa.String(), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tariff_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charge_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_usage_record_customer_id_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "subscription_id", "id", name=op.f("pk_usage_record")),
        info={"kind": "customer"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_total",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tariff_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charge_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_usage_total_customer_id_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "subscription_id", "cycle_start", "part", name=op.f("pk_usage_total")),
        info={"kind": "customer"},
        sqlite_with_rowid=False,
    )
    audit_guard.start_chains()
    audit_guard.refuse_changes()


def downgrade() -> None:
    audit_guard.allow_changes()
    op.drop_table("usage_total")
    op.drop_table("usage_record")
    op.drop_table("service_password")
    op.drop_table("product")
    op.drop_table("number_holding")
    op.drop_table("bucket")
    op.drop_table("bill_item")
    op.drop_table("subscription")
    op.drop_table("bill")
    op.drop_table("interaction")
    op.drop_table("customer_role")
    op.drop_table("customer_opening")
    op.drop_table("agreement")
    op.drop_table("address")
    op.drop_table("account")
    op.drop_table("staff_alert")
    op.drop_table("login_session")
    op.drop_table("ledger_entry")
    op.drop_table("known_device")
    op.drop_table("handled_event")
    op.drop_table("customer")
    op.drop_table("tray_message")
    op.drop_table("throttle")
    op.drop_table("tariff")
    op.drop_table("staff")
    op.drop_table("sign_in_event")
    op.drop_table("search_key")
    op.drop_table("party")
    op.drop_table("outbox_event")
    op.drop_table("offering")
    op.drop_table("message")
    op.drop_table("ledger_movement")
    op.drop_table("ledger_account")
    op.drop_table("idempotency_key")
    op.drop_table("code_challenge")
    op.drop_table("audit_head")
    op.drop_table("audit_entry")
