"""Writes the next revision from what the models have more than the last: `python -m portal.migrations.revise trades`.

What it writes is a proposal to read: renames look like a column gone and another come, and data moves by hand alone.
With `--again`, it writes the revision of that name anew, while that is not released and later ones move data alone.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import ops

from portal.base.db import Database
from portal.migrations.commands import FOLDER, is_special, list_heads, upgrade
from portal.migrations.tables import is_ours, metadata

HEAD = '''"""{title}

Made by `python -m portal.migrations.revise`, and read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


'''


def write(name: str, *, again: bool, folder: Path = FOLDER / "versions") -> Path:
    """Write the revision that leads from the last one to the models, and give where."""
    (head,) = list_heads()
    before = f"{int(_number_of(name, head)) - 1:04d}" if again else head
    revision = f"{int(before) + 1:04d}"
    with tempfile.TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{scratch}/portal.db")
        upgrade(database, before)
        with database.engine.connect() as connection, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
            options = {"compare_type": True, "include_name": is_ours}
            found = produce_migrations(MigrationContext.configure(connection, opts=options), metadata)
        database.close()
    assert found.upgrade_ops is not None
    assert found.downgrade_ops is not None
    path = folder / f"{revision}_{name}.py"
    up, down = _portable(_render(_flat(found.upgrade_ops))), _render(_flat(found.downgrade_ops))
    title = f"Tables of {name.replace('_', ' ')}."
    path.write_text(
        f"{HEAD.format(title=title, revision=revision, before=before)}def upgrade() -> None:\n{up}\n\n\ndef downgrade() -> None:\n{down}\n",
        encoding="utf-8",
    )
    return path


def _number_of(name: str, head: str) -> str:
    """Give the number of the revision that bears this name, the newest one's where none does; later ones move data alone."""
    return next((path.name[:4] for path in sorted((FOLDER / "versions").glob(f"*_{name}.py"))), head)


def _flat(operations: ops.OpContainer) -> list[ops.MigrateOperation]:
    """Give plain operations: adding a nullable column, or one with a default, needs no copy of the table.

    SQLite does not give indexes on expressions back, so that nothing is known of those that stand; new tables get theirs.
    """
    special = {str(index.name): index for table in metadata.tables.values() for index in table.indexes if is_special(index)}
    flat: list[ops.MigrateOperation] = []
    for operation in operations.ops:
        if isinstance(operation, ops.ModifyTableOps):
            flat += _flat(operation)
        elif not isinstance(operation, ops.CreateIndexOp | ops.DropIndexOp) or operation.index_name not in special:
            flat.append(operation)
        if isinstance(operation, ops.CreateTableOp):
            new = metadata.tables[operation.table_name].indexes
            flat += [ops.CreateIndexOp.from_index(index) for index in new if str(index.name) in special]
    return flat


def _portable(code: str) -> str:
    """Write a default of a truth value as both engines take it; it was asked of SQLite, where truth is a number."""
    for number, name in (("0", "false"), ("1", "true")):
        code = code.replace(f'sa.Boolean(), server_default=sa.text("{number}")', f"sa.Boolean(), server_default=sa.{name}()")
        code = code.replace(f"sa.Boolean(), server_default=sa.text('{number}')", f"sa.Boolean(), server_default=sa.{name}()")
    return code


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
    if sys.argv[-1].startswith("-") or len(sys.argv) == 1:
        sys.exit(__doc__)
    sys.stdout.write(f"{write(sys.argv[-1], again='--again' in sys.argv)}\n")
