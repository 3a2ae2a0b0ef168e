"""What is different between two documents, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.catalog.document import OfferingDocument
from portal.catalog.reading import write_document


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, with what stands there before and after; None: nothing."""

    place: str
    before: object
    after: object


def compare_documents(before: OfferingDocument | None, after: OfferingDocument) -> Sequence[Difference]:
    """Say what a document changes, place by place in their order; of a new one, everything."""
    former = dict(_flat(write_document(before))) if before is not None else {}
    latter = dict(_flat(write_document(after)))
    places = list(dict.fromkeys([*latter, *former]))
    return [Difference(place, former.get(place), latter.get(place)) for place in places if former.get(place) != latter.get(place)]


def _flat(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{place}.{number}")
    else:
        yield place, value
