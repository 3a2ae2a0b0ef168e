"""Loading the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.base.i18n import LocalText
from portal.catalog.data import DEVICES, GIFTS, OFFERINGS, PRICES, TARIFFS
from portal.catalog.models import Offering, OfferingPrice, PriceList, Tariff
from portal.catalog.prices import STANDARD

_STANDARD_NAME: LocalText = {"zh": "标准价目", "en": "Standard prices"}


def load_catalog(session: Session) -> None:
    """Write the shipped offerings, tariffs and standard prices: new ones are added, known ones brought up to date.

    What the operator added is left alone, and so are prices that stand and what was taken off sale.
    """
    _upsert(session, Offering, ("code",), [asdict(each) for each in (*OFFERINGS, *DEVICES, *GIFTS)])
    _upsert(session, Tariff, ("part",), [asdict(each) for each in TARIFFS])
    _upsert(session, PriceList, ("code",), [{"code": STANDARD, "name": _STANDARD_NAME}], keep=True)
    prices = [{"price_list": STANDARD, **asdict(each)} for each in PRICES]
    _upsert(session, OfferingPrice, ("price_list", "offering_code", "unit"), prices, keep=True)


def _upsert(session: Session, model: type[Base], keys: Sequence[str], rows: Sequence[dict[str, Any]], *, keep: bool = False) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(model).values(rows)
    if keep:
        session.execute(statement.on_conflict_do_nothing())
        return
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=others))
