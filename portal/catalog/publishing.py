"""Publishing: a document becomes the offering, with its prices; every version stays as it was published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.ids import new_mark
from portal.catalog.document import STANDARD_TAX, OfferingDocument, Price
from portal.catalog.held import mark_change
from portal.catalog.models import Offering, OfferingCharge, OfferingPrice, OfferingVersion, PriceList
from portal.catalog.prices import STANDARD
from portal.catalog.reading import write_document


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of an offering as it was published; who made and approved it (None: shipped, or imported on the command line)."""

    version: int
    document: OfferingDocument
    published_at: datetime
    made_by: int | None
    approved_by: int | None


_offering = Offering.metadata.tables["offering"]
_version = OfferingVersion.metadata.tables["offering_version"]
_price = OfferingPrice.metadata.tables["offering_price"]
_charge = OfferingCharge.metadata.tables["offering_charge"]
_published = sa.select(_offering.c.document, _offering.c.version).where(_offering.c.code == sa.bindparam("code"))
_all_published = sa.select(_offering.c.code, _offering.c.document, _offering.c.version, _offering.c.on_sale).order_by(_offering.c.code)
_lists = sa.select(PriceList.code).order_by(PriceList.code)
_versions: sa.Select[Any] = (
    sa.select(_version.c.version, _version.c.document, _version.c.published_at, _version.c.made_by, _version.c.approved_by)
    .where(_version.c.offering_code == sa.bindparam("code"))
    .order_by(_version.c.version.desc())
)
_one_version = _versions.where(_version.c.version == sa.bindparam("which"))
_of_lists: sa.BindParameter[Any] = sa.bindparam("lists", expanding=True)
_standing = sa.select(_price.c.offering_code, _price.c.price_list, _price.c.unit, _price.c.amount).where(
    _price.c.offering_code.in_(sa.bindparam("codes", expanding=True)), _price.c.price_list.in_(_of_lists)
)
_drop_prices = sa.delete(_price).where(_price.c.offering_code == sa.bindparam("code"), _price.c.price_list.in_(_of_lists))
_drop_charges = sa.delete(_charge).where(_charge.c.offering_code == sa.bindparam("code"), _charge.c.price_list.in_(_of_lists))


def list_price_lists(session: Session) -> Sequence[str]:
    """Give the codes of all price lists."""
    return list(session.connection().execute(_lists).scalars())


def find_published(session: Session, code: str) -> tuple[OfferingDocument, int] | None:
    """Give an offering's document, with the standing prices as they are now, and its version; None where there is none."""
    row = session.connection().execute(_published, {"code": code}).first()
    if row is None or row.document is None:
        return None
    (document,) = _with_standing(session, [OfferingDocument.model_validate(row.document)])
    return document, row.version


def find_tax_and_limit(session: Session, code: str) -> tuple[int, int | None]:
    """Give the tax within an offering's price, in hundredths of a per cent, and how many one customer can have, None for any number.

    0 and None for one that is not published. One statement.
    """
    row = session.connection().execute(_published, {"code": code}).first()
    if row is None or row.document is None:
        return 0, None
    return int(row.document.get("tax_basis_points", STANDARD_TAX)), row.document.get("most_per_customer")


def list_published(session: Session) -> Mapping[str, OfferingDocument]:
    """Give the documents of all offerings that have one, by code, with the standing prices as they are now. Two statements."""
    rows = session.connection().execute(_all_published).all()
    documents = [OfferingDocument.model_validate(row.document) for row in rows if row.document is not None]
    return {each.code: each for each in _with_standing(session, documents)}


def list_versions(session: Session, code: str) -> Sequence[VersionView]:
    """Give every version of an offering that was published, the newest first."""
    return [_view(row) for row in session.connection().execute(_versions, {"code": code})]


def get_version(session: Session, code: str, version: int) -> VersionView:
    """Give an offering as it was published at one time, for what was sold by it; NotFound where there was no such version."""
    row = session.connection().execute(_one_version, {"code": code, "which": version}).first()
    if row is None:
        raise NotFound
    return _view(row)


def publish_document(
    session: Session,
    document: OfferingDocument,
    version: int,
    *,
    made_by: int | None = None,
    approved_by: int | None = None,
    now: datetime,
) -> None:
    """Make a document the offering's published version; the price lists it names, or named before, are as it says."""
    former = session.connection().execute(_published, {"code": document.code}).first()
    named = {price.price_list for price in document.prices} | {STANDARD}
    if former is not None and former.document is not None:
        named |= {price.get("price_list", STANDARD) for price in former.document.get("prices", ())}
    connection = session.connection()
    write_offering(session, document, version)
    made = {"document": write_document(document), "published_at": now, "made_by": made_by, "approved_by": approved_by}
    connection.execute(sa.insert(_version), {"offering_code": document.code, "version": version, **made})
    for drop in (_drop_prices, _drop_charges):
        connection.execute(drop, {"code": document.code, "lists": sorted(named)})
    write_prices(session, document)
    mark_change(session)


def write_offering(session: Session, document: OfferingDocument, version: int) -> None:
    """Write an offering's row."""
    stored = write_document(document)
    values: dict[str, Any] = {
        "code": document.code,
        "kind": document.kind,
        "name": document.name.local(),
        "monthly_price_minor": monthly_of(document),
        "allowances": dict(document.allowances),
        "summary": document.summary.local() if document.summary else None,
        "picture": document.picture,
        "fulfilment": document.fulfilment,
        "stocked": document.stocked,
        "on_sale": document.on_sale,
        "category": document.category,
        "version": version,
        "document": stored,
    }
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = insert(_offering).values(values)
    others = {name: made.excluded[name] for name in values if name != "code"}
    session.connection().execute(made.on_conflict_do_update(index_elements=["code"], set_=others))


def write_prices(session: Session, document: OfferingDocument) -> None:
    """Write a document's prices where there are none yet."""
    connection = session.connection()
    standing = [_standing_row(document.code, each) for each in document.prices if _is_standing(each)]
    if standing:
        connection.execute(sa.insert(_price), standing)
    charges = [_charge_row(document.code, each) for each in document.prices if not _is_standing(each)]
    if charges:
        connection.execute(sa.insert(_charge), charges)


def monthly_of(document: OfferingDocument) -> int:
    """Give what a document says it costs every month on the standard list."""
    of_month = (each.amount for each in document.prices if each.kind == "monthly" and each.price_list == STANDARD and each.stands)
    return next(of_month, 0)


def _is_standing(price: Price) -> bool:
    return price.kind == "once" and price.stands


def _standing_row(code: str, price: Price) -> dict[str, Any]:
    return {"price_list": price.price_list, "offering_code": code, "unit": price.unit, "amount": price.amount}


def _charge_row(code: str, price: Price) -> dict[str, Any]:
    return {"id": new_mark(), "offering_code": code, **price.model_dump()}


def _with_standing(session: Session, documents: Collection[OfferingDocument]) -> list[OfferingDocument]:
    """Put standing prices that were set since (set_price) in the place of those the documents were published with."""
    lists = {price.price_list for document in documents for price in document.prices} | {STANDARD}
    params = {"codes": [each.code for each in documents], "lists": sorted(lists)}
    rows = session.connection().execute(_standing, params).all() if documents else []
    now = {(row.offering_code, row.price_list, row.unit): row.amount for row in rows}
    return [_refreshed(document, now) for document in documents]


def _refreshed(document: OfferingDocument, now: Mapping[tuple[str, str, str], int]) -> OfferingDocument:
    prices = tuple(
        each.model_copy(update={"amount": now.get((document.code, each.price_list, each.unit), each.amount)})
        if _is_standing(each)
        else each
        for each in document.prices
    )
    return document if prices == document.prices else document.model_copy(update={"prices": prices})


def _view(row: Any) -> VersionView:
    return VersionView(row.version, OfferingDocument.model_validate(row.document), row.published_at, row.made_by, row.approved_by)
