"""The catalogue in memory: read once, valid as long as the mark in the database is the one it was read under.

The mark is asked in the same transaction as whatever is priced, so a change holds on every node from its commit on, and nobody
prices by what was. It is random, not a count: what was read in a transaction that rolled back, or before a backup was put back,
is never taken for something later. Price lists, of which there may be ten thousand, are read singly and few are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.ids import new_mark
from portal.catalog.document import OfferingDocument, Price, Texts
from portal.catalog.models import CatalogState, Offering, OfferingCharge, OfferingPrice

MOST_LISTS = 64
"""So many price lists are kept in memory, those used last."""
_THE_ONE = 1


@dataclass(frozen=True, slots=True)
class Charge:
    """One price of an offering on a list, standing or for a time, from so many pieces on."""

    kind: str
    unit: str
    usage_unit: str | None
    from_quantity: int
    valid_from: datetime | None
    valid_to: datetime | None
    amount: int

    def holds(self, at: datetime) -> bool:
        """Say whether it holds at a moment."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


ListCharges = Mapping[str, Sequence[Charge]]
"""What a price list says, by offering."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A published offering: its document, read, and what is asked of it often."""

    document: OfferingDocument
    version: int
    name: Mapping[str, str]
    summary: Mapping[str, str] | None
    description: Mapping[str, str] | None
    words: Mapping[str, str] | None
    allowances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """The catalogue as it will be: at a moment, with these documents in the place of the published ones."""

    at: datetime
    documents: tuple[OfferingDocument, ...] = ()


@dataclass(slots=True)
class Catalogue:
    """All offerings as of one mark, and the price lists that were asked for."""

    mark: int | None
    entries: Mapping[str, Entry]
    lists: OrderedDict[str, ListCharges] = field(default_factory=OrderedDict)

    def expand(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Give codes with every `kind:plan` replaced by the codes of that kind."""
        if not any(code.startswith("kind:") for code in codes):
            return tuple(codes)
        found: dict[str, None] = {}
        for code in codes:
            kind = code.removeprefix("kind:")
            same = [each for each, entry in self.entries.items() if entry.document.kind == kind]
            found |= dict.fromkeys(sorted(same) if code != kind else [code])
        return tuple(found)


_state = CatalogState.metadata.tables["catalog_state"]
mark_now = sa.select(_state.c.version).where(_state.c.id == _THE_ONE)
_mark = FrequentStatement(mark_now)
_offerings: sa.Select[Any] = sa.select(
    Offering.code, Offering.version, Offering.document, Offering.kind, Offering.name, Offering.summary, Offering.picture,
    Offering.fulfilment, Offering.stocked, Offering.on_sale, Offering.category, Offering.allowances,
).order_by(Offering.code)  # fmt: skip
_none = sa.null()
_charges: sa.CompoundSelect[Any] = sa.union_all(
    sa.select(
        OfferingPrice.offering_code, sa.literal("once"), OfferingPrice.unit, sa.cast(_none, sa.String()), sa.literal(1),
        sa.cast(_none, OfferingCharge.valid_from.type), sa.cast(_none, OfferingCharge.valid_to.type), OfferingPrice.amount,
    ).where(OfferingPrice.price_list == sa.bindparam("price_list")),
    sa.select(
        OfferingCharge.offering_code, OfferingCharge.kind, OfferingCharge.unit, OfferingCharge.usage_unit,
        OfferingCharge.from_quantity, OfferingCharge.valid_from, OfferingCharge.valid_to, OfferingCharge.amount,
    ).where(OfferingCharge.price_list == sa.bindparam("price_list")),
)  # fmt: skip
_held: WeakKeyDictionary[Any, Catalogue] = WeakKeyDictionary()
_lock = threading.Lock()


def mark_change(session: Session) -> None:
    """Note that the catalogue is another: whoever holds it in memory reads it anew. Every write to offerings or prices ends so."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = insert(CatalogState).values(id=_THE_ONE, version=new_mark())
    session.connection().execute(made.on_conflict_do_update(index_elements=["id"], set_={"version": made.excluded.version}))


def get_catalogue(session: Session) -> Catalogue:
    """Give the catalogue as it is in this transaction. One statement, two where it has changed."""
    return keep_catalogue(session, _mark.scalar(session, {}))


def held_catalogue(session: Session) -> Catalogue | None:
    """Give what is in memory, right or not: only to guess by."""
    return _held.get(session.connection().engine.pool)


def find_pictures(session: Session, codes: Collection[str]) -> Mapping[str, str]:
    """Give the first picture of each of these offerings that has one, by code: its hash.

    As the catalogue is in memory, without a statement; where there is none yet it is read. A picture that was changed this
    moment may be the one before: it is still there, and nothing depends on it.
    """
    if not codes:
        return {}
    entries = (held_catalogue(session) or get_catalogue(session)).entries
    return {code: entries[code].document.pictures[0] for code in codes if code in entries and entries[code].document.pictures}


def keep_catalogue(session: Session, mark: int | None) -> Catalogue:
    """Give the catalogue as of a mark that was read in this transaction: the one in memory where it is of it."""
    connection = session.connection()
    pool = connection.engine.pool
    held = _held.get(pool)
    if held is not None and mark is not None and held.mark == mark:
        return held
    entries = {row.code: _entry(row) for row in connection.execute(_offerings)}
    made = Catalogue(mark, entries)
    if mark is not None:
        with _lock:
            _held[pool] = made
    return made


def get_charges(session: Session, catalogue: Catalogue, price_list: str) -> ListCharges:
    """Give what a list says, from memory or by one statement; an unknown list says nothing."""
    with _lock:
        known = catalogue.lists.get(price_list)
        if known is not None:
            catalogue.lists.move_to_end(price_list)
            return known
    found: dict[str, list[Charge]] = {}
    for row in session.connection().execute(_charges, {"price_list": price_list}):
        found.setdefault(row[0], []).append(Charge(*row[1:]))
    with _lock:
        catalogue.lists[price_list] = found
        while len(catalogue.lists) > MOST_LISTS:
            catalogue.lists.popitem(last=False)
    return found


def overlay(catalogue: Catalogue, preview: Preview) -> Catalogue:
    """Give the catalogue with a preview's documents in it; it is nobody's memory."""
    changed = {document.code: entry_of(document, 0) for document in preview.documents}
    return Catalogue(None, {**catalogue.entries, **changed})


def overlay_charges(charges: ListCharges, preview: Preview, price_list: str) -> ListCharges:
    """Give a list's charges with those of a preview's documents: a list that a document names is as it says."""
    changed: dict[str, Sequence[Charge]] = dict(charges)
    for document in preview.documents:
        mine = [charge_of(price) for price in document.prices if price.price_list == price_list]
        if mine or price_list == "standard":
            changed[document.code] = mine
    return changed


def charge_of(price: Price) -> Charge:
    """Give a document's price as a charge."""
    return Charge(price.kind, price.unit, price.usage_unit, price.from_quantity, price.valid_from, price.valid_to, price.amount)


def entry_of(document: OfferingDocument, version: int) -> Entry:
    """Make ready what is asked of a document often."""
    return Entry(
        document,
        version,
        document.name.local(),
        document.summary.local() if document.summary else None,
        document.description.local() if document.description else None,
        document.terms.words.local() if document.terms.words else None,
        {str(part): amount for part, amount in document.allowances.items()},
    )


def _entry(row: Any) -> Entry:
    if row.document is not None:
        document = OfferingDocument.model_validate(row.document)
        if document.on_sale != row.on_sale:  # taken off at once, whatever is published
            document = document.model_copy(update={"on_sale": row.on_sale})
        return entry_of(document, row.version)
    document = OfferingDocument.model_construct(  # written by hand: what its columns say, and nothing else
        code=row.code,
        kind=row.kind,
        category=row.category,
        name=_texts(row.name),
        summary=_texts(row.summary) if row.summary else None,
        picture=row.picture,
        fulfilment=row.fulfilment,
        stocked=row.stocked,
        on_sale=row.on_sale,
        allowances=row.allowances,
    )
    return entry_of(document, row.version)


def _texts(text: Mapping[str, str]) -> Texts:
    first = next(iter(text.values()), "")
    return Texts.model_construct(zh=text.get("zh", first), en=text.get("en", first))
