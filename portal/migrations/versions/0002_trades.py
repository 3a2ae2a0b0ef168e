"""Tables of trades.

Made by `python -m portal.migrations.revise`, and read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "earning_rule",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("purse", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("per", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("daily_cap", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("months_kept", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_earning_rule")),
        info={"kind": "reference"},
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("mapping_sha256", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        info={"kind": "global"},
    )
    op.create_table(
        "price_list",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_price_list")),
        info={"kind": "reference"},
    )
    op.create_table(
        "offering_price",
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_offering_price_amount")),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_offering_price_offering_code_offering")),
        sa.ForeignKeyConstraint(["price_list"], ["price_list.code"], name=op.f("fk_offering_price_price_list_price_list")),
        sa.PrimaryKeyConstraint("price_list", "offering_code", "unit", name=op.f("pk_offering_price")),
        info={"kind": "reference"},
    )
    op.create_table(
        "stock_claim",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=True),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_stock_claim_offering_code_offering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_claim")),
        info={"kind": "global"},
    )
    op.create_index("ix_stock_claim_holder", "stock_claim", ["holder"], unique=False)
    op.create_index("ix_stock_claim_offering", "stock_claim", ["offering_code", "id"], unique=False)
    op.create_table(
        "stock_unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_stock_unit_offering_code_offering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_unit")),
        info={"kind": "global"},
    )
    op.create_index("ix_stock_unit_offering", "stock_unit", ["offering_code", "id"], unique=False)
    op.create_table(
        "customer_order",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("placed_for", sa.String(), nullable=True),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_order_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("customer_id", "key", name=op.f("uq_customer_order_customer_id_key")),
        sa.UniqueConstraint("customer_id", "reference", name=op.f("uq_customer_order_customer_id_reference")),
        info={"kind": "customer"},
    )
    op.create_index(
        "ix_customer_order_placed",
        "customer_order",
        ["customer_id", sa.literal_column("placed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "embed_client",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_embed_client_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_client")),
        info={"kind": "global"},
    )
    op.create_table(
        "imported_customer",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_imported_customer_customer_id_customer")),
        sa.PrimaryKeyConstraint("source", "external_id", name=op.f("pk_imported_customer")),
        info={"kind": "global"},
        sqlite_with_rowid=False,
    )
    op.create_index("ix_imported_customer_customer", "imported_customer", ["customer_id"], unique=False)
    op.create_table(
        "points_earned",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_points_earned_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "day", "rule", name=op.f("pk_points_earned")),
        info={"kind": "customer"},
    )
    op.create_table(
        "points_hold",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("purse", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_points_hold_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_points_hold")),
        sa.UniqueConstraint("customer_id", "reference", name=op.f("uq_points_hold_customer_id_reference")),
        info={"kind": "customer"},
    )
    op.create_table(
        "points_lot",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("purse", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("remaining", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("earned_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("remaining BETWEEN 0 AND amount", name=op.f("ck_points_lot_remaining")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_points_lot_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_points_lot")),
        sa.UniqueConstraint("customer_id", "purse", "expires_on", "reason", name=op.f("uq_points_lot_customer_id_purse_expires_on_reason")),
        info={"kind": "customer"},
    )
    op.create_index(
        "ix_points_lot_open",
        "points_lot",
        ["expires_on"],
        unique=False,
        sqlite_where=sa.text("closed_on IS NULL"),
        postgresql_where=sa.text("closed_on IS NULL"),
    )
    op.create_table(
        "assertion_use",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("jti_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["embed_client.id"], name=op.f("fk_assertion_use_client_id_embed_client")),
        sa.PrimaryKeyConstraint("client_id", "jti_hash", name=op.f("pk_assertion_use")),
        info={"kind": "global"},
    )
    op.create_index("ix_assertion_use_expires_at", "assertion_use", ["expires_at"], unique=False)
    op.create_table(
        "embed_key",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("jwk", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["embed_client.id"], name=op.f("fk_embed_key_client_id_embed_client")),
        sa.PrimaryKeyConstraint("client_id", "kid", name=op.f("pk_embed_key")),
        info={"kind": "global"},
    )
    op.create_table(
        "embed_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("employee", sa.String(), nullable=False),
        sa.Column("employee_name", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["embed_client.id"], name=op.f("fk_embed_token_client_id_embed_client")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_embed_token")),
        info={"kind": "global"},
    )
    op.create_index("ix_embed_token_expires_at", "embed_token", ["expires_at"], unique=False)
    op.create_table(
        "ministore",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("welcome", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("colour", sa.String(), nullable=True),
        sa.Column("colour_dark", sa.String(), nullable=True),
        sa.Column("origins", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["embed_client.id"], name=op.f("fk_ministore_client_id_embed_client")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_ministore_customer_id_customer")),
        sa.ForeignKeyConstraint(["price_list"], ["price_list.code"], name=op.f("fk_ministore_price_list_price_list")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_ministore")),
        sa.UniqueConstraint("client_id", name=op.f("uq_ministore_client_id")),
        info={"kind": "global"},
    )
    op.create_table(
        "order_item",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("offering_code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("fulfilment", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_order_item_customer_id_order_id_customer_order"),
        ),
        sa.ForeignKeyConstraint(["offering_code"], ["offering.code"], name=op.f("fk_order_item_offering_code_offering")),
        sa.PrimaryKeyConstraint("customer_id", "order_id", "position", name=op.f("pk_order_item")),
        info={"kind": "customer"},
    )
    op.create_table(
        "order_step",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_order_step_customer_id_order_id_customer_order"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "order_id", "number", name=op.f("pk_order_step")),
        info={"kind": "customer"},
    )
    op.create_table(
        "order_work",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("summary", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "order_id"],
            ["customer_order.customer_id", "customer_order.id"],
            name=op.f("fk_order_work_customer_id_order_id_customer_order"),
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_order_work_taken_by_staff")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_work")),
        info={"kind": "global"},
    )
    op.create_index("ix_order_work_due", "order_work", ["due_at", "order_id"], unique=False)
    op.create_table(
        "points_lot_use",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "hold_id"],
            ["points_hold.customer_id", "points_hold.id"],
            name=op.f("fk_points_lot_use_customer_id_hold_id_points_hold"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "lot_id"],
            ["points_lot.customer_id", "points_lot.id"],
            name=op.f("fk_points_lot_use_customer_id_lot_id_points_lot"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "hold_id", "lot_id", name=op.f("pk_points_lot_use")),
        info={"kind": "customer"},
    )
    op.create_table(
        "allowance_grant",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle_start", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "subscription_id"],
            ["subscription.customer_id", "subscription.id"],
            name=op.f("fk_allowance_grant_customer_id_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "reference", name=op.f("pk_allowance_grant")),
        info={"kind": "customer"},
    )
    op.add_column("offering", sa.Column("summary", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("offering", sa.Column("picture", sa.String(), nullable=True))
    op.add_column("offering", sa.Column("fulfilment", sa.String(), server_default="none", nullable=False))
    op.add_column("offering", sa.Column("stocked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("offering", sa.Column("on_sale", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column("offering", "on_sale")
    op.drop_column("offering", "stocked")
    op.drop_column("offering", "fulfilment")
    op.drop_column("offering", "picture")
    op.drop_column("offering", "summary")
    op.drop_table("allowance_grant")
    op.drop_table("points_lot_use")
    op.drop_index("ix_order_work_due", table_name="order_work")
    op.drop_table("order_work")
    op.drop_table("order_step")
    op.drop_table("order_item")
    op.drop_table("ministore")
    op.drop_index("ix_embed_token_expires_at", table_name="embed_token")
    op.drop_table("embed_token")
    op.drop_table("embed_key")
    op.drop_index("ix_assertion_use_expires_at", table_name="assertion_use")
    op.drop_table("assertion_use")
    op.drop_index(
        "ix_points_lot_open",
        table_name="points_lot",
        sqlite_where=sa.text("closed_on IS NULL"),
        postgresql_where=sa.text("closed_on IS NULL"),
    )
    op.drop_table("points_lot")
    op.drop_table("points_hold")
    op.drop_table("points_earned")
    op.drop_index("ix_imported_customer_customer", table_name="imported_customer")
    op.drop_table("imported_customer")
    op.drop_table("embed_client")
    op.drop_table("customer_order")
    op.drop_index("ix_stock_unit_offering", table_name="stock_unit")
    op.drop_table("stock_unit")
    op.drop_index("ix_stock_claim_offering", table_name="stock_claim")
    op.drop_index("ix_stock_claim_holder", table_name="stock_claim")
    op.drop_table("stock_claim")
    op.drop_table("offering_price")
    op.drop_table("price_list")
    op.drop_table("import_run")
    op.drop_table("earning_rule")
