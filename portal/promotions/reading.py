"""Reading a campaign's document: into its shape, or every place named where it is not so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from portal.base.errors import N_
from portal.promotions.document import Document
from portal.promotions.errors import DocumentFaults
from portal.promotions.faults import Fault

_MOST_LETTERS = 200_000
_MOST_DEPTH = 12
_UNREADABLE = N_("This is no campaign's document.")
_SENTENCES: Mapping[str, str] = {
    "missing": N_("This is missing."),
    "extra_forbidden": N_("A campaign has no such entry."),
    "union_tag_invalid": N_("There is no such kind."),
    "union_tag_not_found": N_("Say of which kind it is."),
    "literal_error": N_("This is none of what can be chosen here."),
    "greater_than_equal": N_("This is too small."),
    "less_than_equal": N_("This is too large."),
    "too_short": N_("Name at least one."),
    "too_long": N_("These are too many."),
    "string_too_short": N_("This is empty."),
    "string_too_long": N_("This is too long."),
    "int_type": N_("Enter a whole number."),
    "int_from_float": N_("Enter a whole number."),
    "timezone_aware": N_("A moment needs its time zone."),
}
_OTHERWISE = N_("This cannot be read as what belongs here.")


def read_document(raw: Any) -> Document:
    """Read a document as it came (JSON values); raises DocumentFaults, which name every place that is not of the right shape."""
    if not isinstance(raw, dict) or _depth(raw) > _MOST_DEPTH:
        raise DocumentFaults([Fault("", _UNREADABLE)])
    try:
        text = json.dumps(raw, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DocumentFaults([Fault("", _UNREADABLE)]) from error
    if len(text) > _MOST_LETTERS:
        raise DocumentFaults([Fault("", _UNREADABLE)])
    try:
        return Document.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(_place(raw, each["loc"]), _SENTENCES.get(each["type"], _OTHERWISE)) for each in found]
        # A list with a fault within is said to be too short besides: that is left out.
        within = [each for each in faults if not any(other.place.startswith(f"{each.place}.") for other in faults)]
        raise DocumentFaults(within) from error


def write_document(document: Document) -> dict[str, Any]:
    """Write a document as JSON values, without what was left at its default."""
    written: dict[str, Any] = json.loads(document.model_dump_json(exclude_defaults=True))
    return written


def _depth(value: Any, so_far: int = 0) -> int:
    """Give how deep a document is nested, looking no deeper than is allowed."""
    if so_far > _MOST_DEPTH or not isinstance(value, dict | list):
        return so_far
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(each, so_far + isinstance(value, dict)) for each in inner), default=so_far + isinstance(value, dict))


def _place(raw: Any, steps: Sequence[int | str]) -> str:
    """Write where it is, without the names of kinds that pydantic puts in between."""
    place: list[str] = []
    here = raw
    for step in steps:
        if isinstance(here, dict) and step not in here and here.get("kind") == step:
            continue
        place.append(str(step))
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
    return ".".join(place)
