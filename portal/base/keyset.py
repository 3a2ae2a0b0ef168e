"""Places in a list that is read newest first: a page goes on from the last item shown, never by counting from the top."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.base.ids import from_ref, to_ref

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def write_place(at: datetime, item_id: int) -> str:
    """Write the place of an item for an address: two references, of its moment in microseconds and of its id."""
    return to_ref((at - _EPOCH) // _MICROSECOND) + to_ref(item_id)


def read_place(place: str) -> tuple[datetime, int]:
    """Read what `write_place` gave; raise ValueError for anything else, of any length."""
    half = len(place) // 2
    moment, item_id = from_ref(place[:half]), from_ref(place[half:])
    if moment > _LATEST:
        raise ValueError("no moment")
    return _EPOCH + moment * _MICROSECOND, item_id
