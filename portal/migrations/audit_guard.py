"""What revision 0001 does besides tables: the audit's sixteen chains start, and its entries can no longer be changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CHAINS = 16
START = "0" * 64
REFUSAL = "audit entries are never changed"
_heads = sa.table("audit_head", sa.column("chain"), sa.column("seq"), sa.column("hash"))


def start_chains() -> None:
    """Write the head of each chain."""
    op.bulk_insert(_heads, [{"chain": chain, "seq": 0, "hash": START} for chain in range(CHAINS)])


def refuse_changes() -> None:
    """Have the database itself refuse UPDATE and DELETE of audit entries."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(f"CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$")
    op.execute(
        "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
    )


def allow_changes() -> None:
    """Take the guard away, for a downgrade."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS audit_entry_no_{verb}")
        return
    op.execute("DROP TRIGGER IF EXISTS audit_entry_no_change ON audit_entry")
    op.execute("DROP FUNCTION IF EXISTS refuse_audit_change()")
