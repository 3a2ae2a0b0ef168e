"""Tables of selling.

Made by `python -m portal.migrations.revise`, and read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915 - one for each table
    op.create_table(
        "campaign_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_state")),
        info={"kind": "reference"},
    )
    op.create_table(
        "catalog_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_state")),
        info={"kind": "reference"},
    )
    op.create_table(
        "paper_wanted",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("order_id", "kind", "language", name=op.f("pk_paper_wanted")),
        info={"kind": "global"},
    )
    op.create_index(op.f("ix_paper_wanted_wanted_at"), "paper_wanted", ["wanted_at"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("merchant_ref", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("action", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("captured_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_query_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", name=op.f("ck_payment_refunded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("provider", "merchant_ref", name=op.f("uq_payment_provider_merchant_ref")),
        info={"kind": "global"},
    )
    op.create_index("ix_payment_customer", "payment", ["customer_id"], unique=False)
    op.create_index(
        "ix_payment_open",
        "payment",
        ["next_query_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('created', 'pending', 'closing')"),
        postgresql_where=sa.text("status IN ('created', 'pending', 'closing')"),
    )
    op.create_index("ix_payment_paid_at", "payment", ["provider", "paid_at"], unique=False)
    op.create_index("ix_payment_subject", "payment", ["subject"], unique=False)
    op.create_index(
        "uq_payment_subject_open",
        "payment",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("status IN ('created', 'pending', 'paid')"),
        postgresql_where=sa.text("status IN ('created', 'pending', 'paid')"),
    )
    op.create_table(
        "provider_bill_line",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", "day", "number", name=op.f("pk_provider_bill_line")),
        info={"kind": "global"},
    )
    op.create_index("ix_provider_bill_line_reference", "provider_bill_line", ["provider", "reference"], unique=False)
    op.create_table(
        "reconciliation",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("theirs_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ours_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ledger_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "day", name=op.f("pk_reconciliation")),
        info={"kind": "global"},
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("draft", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("draft_status", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("budget_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("hold_out_percent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("goal", sa.String(), nullable=True),
        sa.Column("learned", sa.String(), nullable=True),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_campaign_approved_by_staff")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_campaign_made_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("code", name=op.f("uq_campaign_code")),
        info={"kind": "reference"},
    )
    op.create_table(
        "catalog_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_catalog_change_decided_by_staff")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_catalog_change_made_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_change")),
        info={"kind": "reference"},
    )
    op.create_index("ix_catalog_change_due", "catalog_change", ["status", "publish_at"], unique=False)
    op.create_table(
        "code_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("campaign_code", sa.String(), nullable=True),
        sa.Column("partner", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("voided", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_code_batch_approved_by_staff")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_code_batch_made_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_batch")),
        info={"kind": "reference"},
    )
    op.create_table(
        "flash_sale",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pieces", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_minutes", sa.Integer(), nullable=False),
        sa.Column("seed_hash", sa.String(), nullable=True),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("next_place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_flash_sale_made_by_staff")),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_flash_sale_offering_code_offering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flash_sale")),
        info={"kind": "reference"},
    )
    op.create_table(
        "offering_charge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("usage_unit", sa.String(), nullable=True),
        sa.Column("from_quantity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_offering_charge_amount")),
        sa.CheckConstraint("from_quantity >= 1", name=op.f("ck_offering_charge_from_quantity")),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_offering_charge_offering_code_offering")),
        sa.ForeignKeyConstraint(["price_list"], ["price_list.code"], name=op.f("fk_offering_charge_price_list_price_list")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_charge")),
        info={"kind": "reference"},
    )
    op.create_index("ix_offering_charge_offering", "offering_charge", ["price_list", "offering_code"], unique=False)
    op.create_table(
        "offering_picture",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_offering_picture_made_by_staff")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_offering_picture")),
        info={"kind": "reference"},
    )
    op.create_table(
        "offering_version",
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_offering_version_approved_by_staff")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_offering_version_made_by_staff")),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_offering_version_offering_code_offering")),
        sa.PrimaryKeyConstraint("offering_code", "version", name=op.f("pk_offering_version")),
        info={"kind": "reference"},
    )
    op.create_table(
        "payment_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_event_id", sa.String(), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("merchant_ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_event_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_event")),
        sa.UniqueConstraint("provider", "provider_event_id", name=op.f("uq_payment_event_provider_provider_event_id")),
        info={"kind": "global"},
    )
    op.create_index("ix_payment_event_payment", "payment_event", ["payment_id"], unique=False)
    op.create_index("ix_payment_event_received", "payment_event", ["received_at"], unique=False)
    op.create_table(
        "payment_refund",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refund_ref", sa.String(), nullable=False),
        sa.Column("merchant_ref", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_refund_amount")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_refund_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_refund")),
        sa.UniqueConstraint("merchant_ref", name=op.f("uq_payment_refund_merchant_ref")),
        sa.UniqueConstraint("refund_ref", name=op.f("uq_payment_refund_refund_ref")),
        info={"kind": "global"},
    )
    op.create_index(
        "ix_payment_refund_due",
        "payment_refund",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('wanted', 'asked')"),
        postgresql_where=sa.text("status IN ('wanted', 'asked')"),
    )
    op.create_index("ix_payment_refund_ended", "payment_refund", ["status", "ended_at"], unique=False)
    op.create_index("ix_payment_refund_payment", "payment_refund", ["payment_id"], unique=False)
    op.create_table(
        "presale",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("deposit_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("releases_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_hours", sa.Integer(), nullable=False),
        sa.Column("keeps_deposit", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("taken", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("next_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_presale_made_by_staff")),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_presale_offering_code_offering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presale")),
        info={"kind": "reference"},
    )
    op.create_table(
        "reconciliation_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("theirs_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ours_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("settled_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["settled_by"], ["staff.id"], name=op.f("fk_reconciliation_item_settled_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_item")),
        sa.UniqueConstraint(
            "provider", "day", "kind", "reference", "what", name=op.f("uq_reconciliation_item_provider_day_kind_reference_what")
        ),
        info={"kind": "global"},
    )
    op.create_index("ix_reconciliation_item_status", "reconciliation_item", ["status", "day"], unique=False)
    op.create_table(
        "campaign_counter",
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("uses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spent_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("uses >= 0 AND spent_minor >= 0", name=op.f("ck_campaign_counter_size")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_counter_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("campaign_id", "scope", name=op.f("pk_campaign_counter")),
        info={"kind": "global"},
    )
    op.create_table(
        "campaign_customer",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spent_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("uses >= 0 AND spent_minor >= 0", name=op.f("ck_campaign_customer_size")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_customer_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_campaign_customer_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "campaign_id", name=op.f("pk_campaign_customer")),
        info={"kind": "customer"},
    )
    op.create_table(
        "campaign_use",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_use_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_campaign_use_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_campaign_use")),
        sa.UniqueConstraint("customer_id", "holder", "campaign_id", name=op.f("uq_campaign_use_customer_id_holder_campaign_id")),
        info={"kind": "customer"},
    )
    op.create_index(
        "ix_campaign_use_due",
        "campaign_use",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("status = 'reserved'"),
        postgresql_where=sa.text("status = 'reserved'"),
    )
    op.create_table(
        "campaign_version",
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_campaign_version_approved_by_staff")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_version_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_campaign_version_made_by_staff")),
        sa.PrimaryKeyConstraint("campaign_id", "version", name=op.f("pk_campaign_version")),
        info={"kind": "reference"},
    )
    op.create_table(
        "cart",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("choices", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("seen_total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_cart_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_cart")),
        info={"kind": "customer"},
    )
    op.create_index(
        "uq_cart_open",
        "cart",
        ["customer_id", "owner"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "code_print",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_code_print_asked_by_staff")),
        sa.ForeignKeyConstraint(["batch_id"], ["code_batch.id"], name=op.f("fk_code_print_batch_id_code_batch")),
        sa.ForeignKeyConstraint(["released_by"], ["staff.id"], name=op.f("fk_code_print_released_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_print")),
        info={"kind": "reference"},
    )
    op.create_table(
        "code_prize",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("remaining", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("remaining >= 0", name=op.f("ck_code_prize_remaining")),
        sa.ForeignKeyConstraint(["batch_id"], ["code_batch.id"], name=op.f("fk_code_prize_batch_id_code_batch")),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_code_prize")),
        info={"kind": "reference"},
    )
    op.create_table(
        "code_tally",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["code_batch.id"], name=op.f("fk_code_tally_batch_id_code_batch")),
        sa.PrimaryKeyConstraint("batch_id", "customer_id", "day", name=op.f("pk_code_tally")),
        info={"kind": "global"},
    )
    op.create_table(
        "code_use",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("prize", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["code_batch.id"], name=op.f("fk_code_use_batch_id_code_batch")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_code_use")),
        info={"kind": "global"},
    )
    op.create_index("ix_code_use_customer", "code_use", ["customer_id"], unique=False)
    op.create_index("ix_code_use_holder", "code_use", ["holder"], unique=False)
    op.create_table(
        "customer_paper",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_paper_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "name", name=op.f("pk_customer_paper")),
        info={"kind": "customer"},
    )
    op.create_table(
        "delivery_address",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_delivery_address_customer_id_customer")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_delivery_address_party_id_party")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_delivery_address")),
        info={"kind": "customer"},
    )
    op.create_table(
        "flash_entry",
        sa.Column("sale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("admitted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("device", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["sale_id"], ["flash_sale.id"], name=op.f("fk_flash_entry_sale_id_flash_sale")),
        sa.PrimaryKeyConstraint("sale_id", "customer_id", name=op.f("pk_flash_entry")),
        sa.UniqueConstraint("sale_id", "place", name=op.f("uq_flash_entry_sale_id_place")),
        info={"kind": "global"},
    )
    op.create_index(
        "ix_flash_entry_admitted",
        "flash_entry",
        ["admitted_until"],
        unique=False,
        sqlite_where=sa.text("status = 'admitted'"),
        postgresql_where=sa.text("status = 'admitted'"),
    )
    op.create_index("ix_flash_entry_customer", "flash_entry", ["customer_id"], unique=False)
    op.create_table(
        "presale_place",
        sa.Column("presale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("deposit_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["presale_id"], ["presale.id"], name=op.f("fk_presale_place_presale_id_presale")),
        sa.PrimaryKeyConstraint("presale_id", "customer_id", name=op.f("pk_presale_place")),
        sa.UniqueConstraint("presale_id", "number", name=op.f("uq_presale_place_presale_id_number")),
        info={"kind": "global"},
    )
    op.create_index("ix_presale_place_customer", "presale_place", ["customer_id"], unique=False)
    op.create_table(
        "quote",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_quote_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_quote")),
        sa.UniqueConstraint("customer_id", "number", name=op.f("uq_quote_customer_id_number")),
        info={"kind": "customer"},
    )
    op.create_index(
        "ix_quote_expires",
        "quote",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "cart_item",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("seen_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name=op.f("ck_cart_item_quantity")),
        sa.ForeignKeyConstraint(
            ["customer_id", "cart_id"],
            ["cart.customer_id", "cart.id"],
            name=op.f("fk_cart_item_customer_id_cart_id_cart"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_cart_item_offering_code_offering")),
        sa.PrimaryKeyConstraint("customer_id", "cart_id", "position", name=op.f("pk_cart_item")),
        info={"kind": "customer"},
    )
    op.create_table(
        "order_document",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_order_document_customer_id_order_id_customer_order"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "order_id", "kind", "language", name=op.f("pk_order_document")),
        info={"kind": "customer"},
    )
    op.create_table(
        "order_provision",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_order_provision_customer_id_order_id_customer_order"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "order_id", "position", name=op.f("pk_order_provision")),
        info={"kind": "customer"},
    )
    op.create_index("ix_order_provision_due", "order_provision", ["status", "next_at"], unique=False)
    op.create_table(
        "order_return",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("items", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("refund_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refund_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_order_return_customer_id_order_id_customer_order"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_order_return")),
        sa.UniqueConstraint("customer_id", "key", name=op.f("uq_order_return_customer_id_key")),
        info={"kind": "customer"},
    )
    op.create_table(
        "shipment",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("events", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_shipment_customer_id_order_id_customer_order"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "order_id", "number", name=op.f("pk_shipment")),
        info={"kind": "customer"},
    )
    op.create_index("ix_shipment_due", "shipment", ["status", "next_at"], unique=False)
    op.create_index("ix_shipment_tracking", "shipment", ["carrier", "tracking"], unique=False)
    op.add_column("customer_order", sa.Column("price_list", sa.String(), nullable=True))
    op.add_column("customer_order", sa.Column("payment", sa.String(), server_default="none", nullable=False))
    op.add_column("customer_order", sa.Column("pay_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "customer_order", sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False)
    )
    op.add_column(
        "customer_order",
        sa.Column("refunded_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
    )
    op.add_column(
        "customer_order",
        sa.Column("discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
    )
    op.add_column(
        "customer_order",
        sa.Column("shipping_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
    )
    op.add_column(
        "customer_order", sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False)
    )
    op.add_column(
        "customer_order",
        sa.Column("deposit_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
    )
    op.add_column("customer_order", sa.Column("outlet", sa.String(), nullable=True))
    op.add_column("customer_order", sa.Column("promotion", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("customer_order", sa.Column("documents", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("offering", sa.Column("category", sa.String(), nullable=True))
    op.add_column("offering", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("offering", sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("order_item", sa.Column("offering_version", sa.Integer(), nullable=True))
    op.add_column(
        "order_item", sa.Column("monthly_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False)
    )
    op.add_column(
        "order_item", sa.Column("discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False)
    )
    op.add_column(
        "order_item", sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False)
    )
    op.add_column("order_item", sa.Column("terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("order_item", sa.Column("parent", sa.Integer(), nullable=True))
    op.add_column("order_item", sa.Column("is_gift", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("order_item", sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.add_column("order_item", sa.Column("returned", sa.Integer(), server_default="0", nullable=False))
    op.add_column("order_work", sa.Column("task", sa.String(), server_default="prepare", nullable=False))
    op.add_column("order_work", sa.Column("role", sa.String(), server_default="order_desk", nullable=False))
    op.add_column("order_work", sa.Column("outlet", sa.String(), nullable=True))
    op.create_index("ix_order_work_role", "order_work", ["role", "due_at"], unique=False)
    op.add_column("stock_claim", sa.Column("place", sa.String(), server_default="central", nullable=False))
    op.drop_index(op.f("ix_stock_claim_offering"), table_name="stock_claim")
    op.create_index("ix_stock_claim_place", "stock_claim", ["offering_code", "place", "id"], unique=False)
    op.add_column("stock_unit", sa.Column("place", sa.String(), server_default="central", nullable=False))
    op.drop_index(op.f("ix_stock_unit_offering"), table_name="stock_unit")
    op.create_index("ix_stock_unit_place", "stock_unit", ["offering_code", "place", "id"], unique=False)


def downgrade() -> None:  # noqa: PLR0915 - one for each table
    op.drop_index("ix_stock_unit_place", table_name="stock_unit")
    op.create_index(op.f("ix_stock_unit_offering"), "stock_unit", ["offering_code", "id"], unique=False)
    op.drop_column("stock_unit", "place")
    op.drop_index("ix_stock_claim_place", table_name="stock_claim")
    op.create_index(op.f("ix_stock_claim_offering"), "stock_claim", ["offering_code", "id"], unique=False)
    op.drop_column("stock_claim", "place")
    op.drop_index("ix_order_work_role", table_name="order_work")
    op.drop_column("order_work", "outlet")
    op.drop_column("order_work", "role")
    op.drop_column("order_work", "task")
    op.drop_column("order_item", "returned")
    op.drop_column("order_item", "subscription_id")
    op.drop_column("order_item", "is_gift")
    op.drop_column("order_item", "parent")
    op.drop_column("order_item", "terms")
    op.drop_column("order_item", "tax_minor")
    op.drop_column("order_item", "discount_minor")
    op.drop_column("order_item", "monthly_minor")
    op.drop_column("order_item", "offering_version")
    op.drop_column("offering", "document")
    op.drop_column("offering", "version")
    op.drop_column("offering", "category")
    op.drop_column("customer_order", "documents")
    op.drop_column("customer_order", "promotion")
    op.drop_column("customer_order", "outlet")
    op.drop_column("customer_order", "deposit_minor")
    op.drop_column("customer_order", "tax_minor")
    op.drop_column("customer_order", "shipping_minor")
    op.drop_column("customer_order", "discount_minor")
    op.drop_column("customer_order", "refunded_minor")
    op.drop_column("customer_order", "paid_minor")
    op.drop_column("customer_order", "pay_by")
    op.drop_column("customer_order", "payment")
    op.drop_column("customer_order", "price_list")
    op.drop_index("ix_shipment_tracking", table_name="shipment")
    op.drop_index("ix_shipment_due", table_name="shipment")
    op.drop_table("shipment")
    op.drop_table("order_return")
    op.drop_index("ix_order_provision_due", table_name="order_provision")
    op.drop_table("order_provision")
    op.drop_table("order_document")
    op.drop_table("cart_item")
    op.drop_index(
        "ix_quote_expires", table_name="quote", sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'")
    )
    op.drop_table("quote")
    op.drop_index("ix_presale_place_customer", table_name="presale_place")
    op.drop_table("presale_place")
    op.drop_index("ix_flash_entry_customer", table_name="flash_entry")
    op.drop_index(
        "ix_flash_entry_admitted",
        table_name="flash_entry",
        sqlite_where=sa.text("status = 'admitted'"),
        postgresql_where=sa.text("status = 'admitted'"),
    )
    op.drop_table("flash_entry")
    op.drop_table("delivery_address")
    op.drop_table("customer_paper")
    op.drop_index("ix_code_use_holder", table_name="code_use")
    op.drop_index("ix_code_use_customer", table_name="code_use")
    op.drop_table("code_use")
    op.drop_table("code_tally")
    op.drop_table("code_prize")
    op.drop_table("code_print")
    op.drop_index("uq_cart_open", table_name="cart", sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
    op.drop_table("cart")
    op.drop_table("campaign_version")
    op.drop_index(
        "ix_campaign_use_due",
        table_name="campaign_use",
        sqlite_where=sa.text("status = 'reserved'"),
        postgresql_where=sa.text("status = 'reserved'"),
    )
    op.drop_table("campaign_use")
    op.drop_table("campaign_customer")
    op.drop_table("campaign_counter")
    op.drop_index("ix_reconciliation_item_status", table_name="reconciliation_item")
    op.drop_table("reconciliation_item")
    op.drop_table("presale")
    op.drop_index("ix_payment_refund_payment", table_name="payment_refund")
    op.drop_index("ix_payment_refund_ended", table_name="payment_refund")
    op.drop_index(
        "ix_payment_refund_due",
        table_name="payment_refund",
        sqlite_where=sa.text("status IN ('wanted', 'asked')"),
        postgresql_where=sa.text("status IN ('wanted', 'asked')"),
    )
    op.drop_table("payment_refund")
    op.drop_index("ix_payment_event_received", table_name="payment_event")
    op.drop_index("ix_payment_event_payment", table_name="payment_event")
    op.drop_table("payment_event")
    op.drop_table("offering_version")
    op.drop_table("offering_picture")
    op.drop_index("ix_offering_charge_offering", table_name="offering_charge")
    op.drop_table("offering_charge")
    op.drop_table("flash_sale")
    op.drop_table("code_batch")
    op.drop_index("ix_catalog_change_due", table_name="catalog_change")
    op.drop_table("catalog_change")
    op.drop_table("campaign")
    op.drop_table("reconciliation")
    op.drop_index("ix_provider_bill_line_reference", table_name="provider_bill_line")
    op.drop_table("provider_bill_line")
    op.drop_index(
        "uq_payment_subject_open",
        table_name="payment",
        sqlite_where=sa.text("status IN ('created', 'pending', 'paid')"),
        postgresql_where=sa.text("status IN ('created', 'pending', 'paid')"),
    )
    op.drop_index("ix_payment_subject", table_name="payment")
    op.drop_index("ix_payment_paid_at", table_name="payment")
    op.drop_index(
        "ix_payment_open",
        table_name="payment",
        sqlite_where=sa.text("status IN ('created', 'pending', 'closing')"),
        postgresql_where=sa.text("status IN ('created', 'pending', 'closing')"),
    )
    op.drop_index("ix_payment_customer", table_name="payment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_paper_wanted_wanted_at"), table_name="paper_wanted")
    op.drop_table("paper_wanted")
    op.drop_table("catalog_state")
    op.drop_table("campaign_state")
