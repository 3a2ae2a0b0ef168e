"""States of orders by the names they have now: what was fulfilled is completed.

By hand. Nodes of the release before go on writing "fulfilled" while they run; this release reads both names (orders.states.FORMER),
and a later one carries what was written meanwhile.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_order = sa.table("customer_order", sa.column("customer_id"), sa.column("status"))
_step = sa.table("order_step", sa.column("customer_id"), sa.column("kind"))


def upgrade() -> None:
    _rename("fulfilled", "completed")


def downgrade() -> None:
    _rename("completed", "fulfilled")


def _rename(before: str, after: str) -> None:
    op.execute(sa.update(_order).where(_order.c.status == before).values(status=after))
    op.execute(sa.update(_step).where(_step.c.kind == before).values(kind=after))
