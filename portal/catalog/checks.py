"""What an offering says of others, checked against the catalogue as it will be: each fault by its place in the document."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from portal.base.errors import N_
from portal.catalog.document import OfferingDocument

_Faults = Iterator[tuple[str, str]]
_UNKNOWN = N_("There is no offer of this code.")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document is checked against: all offers as they will be, the price lists and the pictures there are."""

    documents: Mapping[str, OfferingDocument]
    price_lists: Collection[str]
    pictures: Collection[str] | None = None  # None: not asked

    def needed_by(self, code: str) -> set[str]:
        """Give everything an offer requires, by itself or through what it requires, and what is in it."""
        found: set[str] = set()
        open_ones = [code]
        while open_ones:
            document = self.documents.get(open_ones.pop())
            if document is None:
                continue
            direct = {*document.requires, *(member.code for member in document.members)}
            open_ones += direct - found
            found |= direct
        return found


def check_document(document: OfferingDocument, around: Surroundings) -> dict[str, str]:
    """Say what stands against publishing a document among the others, by place; nothing: it can be."""
    faults: dict[str, str] = {}
    for check in (_codes, _bundles, _exclusions, _lists):
        for place, sentence in check(document, around):
            faults.setdefault(place, sentence)
    return faults


def _codes(document: OfferingDocument, around: Surroundings) -> _Faults:
    kinds = {each.kind for each in around.documents.values()}
    for name in ("requires", "excludes", "add_on_of"):
        for number, code in enumerate(getattr(document, name)):
            known = code.removeprefix("kind:") in kinds if code.startswith("kind:") else code in around.documents
            if not known:
                yield f"{name}.{number}", _UNKNOWN
    for number, member in enumerate(document.members):
        if member.code not in around.documents:
            yield f"members.{number}.code", _UNKNOWN


def _bundles(document: OfferingDocument, around: Surroundings) -> _Faults:
    for number, member in enumerate(document.members):
        if document.code in _inside(member.code, around):
            yield f"members.{number}.code", N_("A bundle cannot be in itself, not through another one either.")


def _inside(code: str, around: Surroundings) -> set[str]:
    found: set[str] = set()
    open_ones = [code]
    while open_ones:
        document = around.documents.get(open_ones.pop())
        members = {each.code for each in document.members} if document is not None else set()
        open_ones += members - found
        found |= members
    return found


def _exclusions(document: OfferingDocument, around: Surroundings) -> _Faults:
    needed = around.needed_by(document.code)
    for number, code in enumerate(document.excludes):
        if code in needed:
            yield f"excludes.{number}", N_("It cannot exclude what it requires.")
    for name, codes in (("requires", document.requires), ("members", tuple(each.code for each in document.members))):
        for number, code in enumerate(codes):
            other = around.documents.get(code)
            if other is not None and (document.code in other.excludes or (needed - {code}) & set(other.excludes)):
                yield f"{name}.{number}" + (".code" if name == "members" else ""), N_("This excludes it, or something else it needs.")


def _lists(document: OfferingDocument, around: Surroundings) -> _Faults:
    for number, price in enumerate(document.prices):
        if price.price_list not in around.price_lists:
            yield f"prices.{number}.price_list", N_("There is no price list of this name.")
    for number, picture in enumerate(document.pictures):
        if around.pictures is not None and picture not in around.pictures:
            yield f"pictures.{number}", N_("There is no such picture.")
