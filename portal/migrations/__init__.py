"""The database's shape through time: Alembic, its revisions, the commands of the command line, and what /readyz asks.

Who changes a database, or asks Alembic, imports `portal.migrations.commands`.
"""

from portal.migrations.shape import is_at_head, newest_revision, present_revision

__all__ = ["is_at_head", "newest_revision", "present_revision"]
