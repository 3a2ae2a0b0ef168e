"""The database's shape through time: Alembic, its revisions, and the commands the command line and /readyz call."""

from portal.migrations.commands import difference, downgrade, is_at_head, is_known, list_heads, present_revision, upgrade

__all__ = ["difference", "downgrade", "is_at_head", "is_known", "list_heads", "present_revision", "upgrade"]
