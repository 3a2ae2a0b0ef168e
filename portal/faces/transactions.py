"""The only doors to the database: faces open transactions, nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy.orm import Session

from portal.faces.parts import portal


@contextmanager
def writing() -> Iterator[Session]:
    """Open a write transaction: returning commits, raising rolls back. The worker is kicked if events were emitted."""
    with portal().db.writing() as session:
        yield session
        emitted = session.info.get("emitted", False)
    if emitted:
        kick = current_app.extensions.get("kick")
        if kick is not None:
            kick()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for reads alone."""
    with portal().db.reading() as session:
        yield session


@contextmanager
def snapshot() -> Iterator[Session]:
    """Open a session for long reads that must see one moment throughout."""
    with portal().db.snapshot() as session:
        yield session
