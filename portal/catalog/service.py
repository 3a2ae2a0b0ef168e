"""Loading the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.base.i18n import LocalText
from portal.catalog.data import TARIFFS
from portal.catalog.document import OfferingDocument
from portal.catalog.held import mark_change
from portal.catalog.models import Offering, OfferingCharge, OfferingPrice, PriceList, Tariff
from portal.catalog.pictures import Picture, keep_picture
from portal.catalog.prices import STANDARD
from portal.catalog.publishing import write_offering, write_prices
from portal.catalog.reading import read_document
from portal.catalog.shop_data import shipped_documents

_STANDARD_NAME: LocalText = {"zh": "标准价目", "en": "Standard prices"}
_known = sa.select(Offering.code, Offering.version, Offering.on_sale, Offering.document)
_priced = sa.union(
    sa.select(OfferingPrice.offering_code).where(OfferingPrice.price_list == STANDARD),
    sa.select(OfferingCharge.offering_code).where(OfferingCharge.price_list == STANDARD),
)


def load_catalog(session: Session) -> None:
    """Write the shipped offerings, tariffs and standard prices: new ones are added, known ones brought up to date.

    What the operator added or published since is left alone, and so are prices that stand, what was taken off sale and pictures
    that were hung.
    """
    _upsert(session, Tariff, ("part",), [asdict(each) for each in TARIFFS])
    _upsert(session, PriceList, ("code",), [{"code": STANDARD, "name": _STANDARD_NAME}], keep=True)
    known = {row.code: row for row in session.execute(_known)}
    priced = set(session.execute(_priced).scalars())
    for data in shipped_documents():
        document = read_document(data)
        there = known.get(document.code)
        if there is not None and there.version > 1:
            continue
        if there is not None:
            document = document.model_copy(update={"on_sale": there.on_sale, "pictures": _pictures_of(there.document)})
        write_offering(session, document, 1)
        if document.code not in priced:
            write_prices(session, document)
    mark_change(session)


def hang_pictures(session: Session, pictures: Mapping[str, Picture], *, now: datetime) -> int:
    """Give shipped offerings their pictures, by code; give how many got one.

    Only where there is none yet and nothing was published since: what the operator did is left alone. One statement where
    there is nothing to do.
    """
    bare = [row for row in session.execute(_known) if row.version == 1 and row.document is not None and not _pictures_of(row.document)]
    hung = [row for row in bare if row.code in pictures]
    for row in hung:
        picture = pictures[row.code]
        keep_picture(session, picture, made_by=None, now=now)
        document = OfferingDocument.model_validate({**row.document, "on_sale": row.on_sale, "pictures": [picture.hash]})
        write_offering(session, document, 1)
    if hung:
        mark_change(session)
    return len(hung)


def _pictures_of(document: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple((document or {}).get("pictures", ()))


def _upsert(session: Session, model: type[Base], keys: Sequence[str], rows: Sequence[dict[str, Any]], *, keep: bool = False) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(model).values(rows)
    if keep:
        session.execute(statement.on_conflict_do_nothing())
        return
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=others))
