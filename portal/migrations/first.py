"""Makes revision 0001 anew from the models, while nothing is released: `python -m portal.migrations.first`.

After the first release 0001 is history; a change of the models then gets a revision of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from portal.migrations.commands import FOLDER
from portal.migrations.tables import metadata

PATH = FOLDER / "versions" / "0001_first.py"
HEAD = '''"""All tables of the first release, the heads of the audit's chains, and the triggers that guard its entries.

Made by `python -m portal.migrations.first`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations import audit_guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


'''


def write(path: Path = PATH) -> None:
    """Write the revision that makes every table of the models in an empty database."""
    up: list[ops.MigrateOperation] = []
    for table in metadata.sorted_tables:
        up.append(ops.CreateTableOp.from_table(table))
        up += [ops.CreateIndexOp.from_index(index) for index in sorted(table.indexes, key=lambda one: str(one.name))]
    down = [ops.DropTableOp.from_table(table) for table in reversed(metadata.sorted_tables)]
    path.write_text(
        f"{HEAD}def upgrade() -> None:  # noqa: PLR0915 - one for each table\n{_render(up)}\n"
        "    audit_guard.start_chains()\n    audit_guard.refuse_changes()\n\n\n"
        f"def downgrade() -> None:\n    audit_guard.allow_changes()\n{_render(down)}\n",
        encoding="utf-8",
    )


def _render(operations: Sequence[ops.MigrateOperation]) -> str:
    code = render_python_code(ops.UpgradeOps(list(operations)), render_as_batch=False, render_item=_plain)
    lines = [line for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]
    return "\n".join(lines if lines[0].startswith("    ") else [f"    {line}" for line in lines])


def _plain(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Write our own types as what they are in the database: a revision outlives the code it was made from."""
    if kind != "type":
        return False
    if isinstance(item, sa.types.TypeDecorator):
        return "sa.DateTime(timezone=True)" if isinstance(item.impl, sa.DateTime) else repr(item.impl)
    if isinstance(item, sa.JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{PATH}\n")
