"""What the access matrices need to know of offers: one that is published, a change of it, a picture, and those there are not."""

from __future__ import annotations

from typing import Any

from portal.catalog import Picture, draft_change, keep_picture, list_published, write_document
from tests.cast import NOW

Values = dict[str, object]
OFFER, PICTURE = "sim_card", "ab" * 32


def put_change(session: Any, writer: int) -> dict[str, int]:
    """Draft a change of an offer, and keep a picture; give the change's id."""
    keep_picture(session, Picture(PICTURE, "image/webp", 1, 1, b"RIFF"), made_by=writer, now=NOW)
    data = write_document(list_published(session)[OFFER]) | {"category": "sale"}
    return {"offer_change": draft_change(session, writer, data, now=NOW)}


def _of_offer() -> tuple[Any, Any]:
    return (
        lambda _: {"offering": OFFER},
        lambda _, __: [(role, {"offering": "nowhere"}) for role in ("mei", "sam")],
    )


def _of_change(**more: object) -> tuple[Any, Any]:
    def own(world: Any) -> Values:
        return {"change_id": world.shop["offer_change"]} | more

    def foreign(nowhere: int, _: Any) -> list[tuple[str, Values]]:
        return [(role, {"change_id": nowhere} | more) for role in ("mei", "sam")]

    return own, foreign


IDS = {f"office.{name}": _of_offer() for name in ("show_offer", "add_picture", "ask_offer_change", "draft_offer_change")}
IDS |= {f"office.{name}": _of_change() for name in ("show_change", "ask_draft", "write_draft")}
IDS["office.move_change"] = _of_change(step="withdraw")
EXAMPLES: dict[str, Values] = {"public.show_picture": {"picture": PICTURE}}
