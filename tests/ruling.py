"""Publishes an offering anew, with other rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portal.base.db import Database
from portal.catalog import find_published, read_document, write_document
from portal.catalog.publishing import publish_document


def rule(database: Database, code: str, **changed: Any) -> None:
    """Publish the document of `code` with these fields changed."""
    with database.writing() as session:
        found = find_published(session, code)
        assert found is not None
        document, version = found
        publish_document(session, read_document(write_document(document) | changed), version + 1, now=datetime.now(UTC))
