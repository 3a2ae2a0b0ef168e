"""Loading the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.catalog.data import OFFERINGS, TARIFFS
from portal.catalog.models import Offering, Tariff


def load_catalog(session: Session) -> None:
    """Write the shipped offerings and tariffs: new ones are added, known ones brought up to date, others left alone."""
    _upsert(session, Offering, "code", [asdict(each) for each in OFFERINGS])
    _upsert(session, Tariff, "part", [asdict(each) for each in TARIFFS])


def _upsert(session: Session, model: type[Base], key: str, rows: Sequence[dict[str, Any]]) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(model).values(rows)
    others = {name: statement.excluded[name] for name in rows[0] if name != key}
    session.execute(statement.on_conflict_do_update(index_elements=[key], set_=others))
