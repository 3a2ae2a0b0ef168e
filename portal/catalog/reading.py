"""Reading and writing documents of offerings, strictly.

A name that no document has is a fault, and every fault is named by its place (`prices.2.amount`). What contradicts itself within
one document is refused here; what contradicts the rest of the catalogue, in `checks`.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from portal.base.errors import N_, Invalid
from portal.catalog.contradictions import contradictions
from portal.catalog.document import OfferingDocument

NOT_THIS = N_("This cannot be used here.")
MISSING = N_("Fill this in.")
UNKNOWN = N_("There is no such thing in an offer.")
_SENTENCES = {
    "missing": MISSING,
    "extra_forbidden": UNKNOWN,
    "string_too_short": MISSING,
    "string_too_long": N_("This is too long."),
    "literal_error": N_("This is none of those there are."),
    "int_type": N_("This is a whole number."),
    "int_from_float": N_("This is a whole number."),
    "greater_than_equal": N_("This is too small."),
    "less_than_equal": N_("This is too large."),
    "timezone_aware": N_("A moment needs its time zone."),
}


def read_document(data: object) -> OfferingDocument:
    """Read a document as it is stored or imported. Raises Invalid: every fault by its place, such as `prices.2.amount`."""
    try:
        document = OfferingDocument.model_validate(data)
    except ValidationError as error:
        raise Invalid({_place(each["loc"]): _SENTENCES.get(each["type"], NOT_THIS) for each in error.errors()}) from error
    faults = contradictions(document)
    if faults:
        raise Invalid(faults)
    return document


def write_document(document: OfferingDocument) -> dict[str, Any]:
    """Write a document as it is stored and exported: without what is as it would be anyway."""
    return document.model_dump(mode="json", exclude_defaults=True)


def _place(steps: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in steps)
