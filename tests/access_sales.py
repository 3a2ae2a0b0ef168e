"""Flash sales and pre-sales: their ids are everybody's once announced; a draft, and what there is not, are nothing to the public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.catalog import add_stock
from portal.flashsales import NewSale, announce_sale, draft_sale
from portal.presales import NewPresale, announce_presale, draft_presale
from tests.cast import NOW

THING, NAME = "device_redmi_note_13", {"zh": "手机", "en": "Handset"}
ONE_SALE = ("show_sale", "tell_sale_state", "give_calendar", "show_sale_place", "enter_one_sale", "leave_one_sale")
MY_PIECE = ("ask_piece", "order_one_piece", "give_draw")
ONE_PRESALE = ("show_presale", "take_one_place", "give_up_one_place", "ask_rest", "order_one_rest")
SALES_DESK = ("show_one_sale", "ask_sale_change", "change_one_sale", "announce_one_sale", "call_off_one_sale")
PRESALES_DESK = (
    "show_one_presale", "ask_presale_change", "change_one_presale", "announce_one_presale", "release_some_pieces", "end_one_presale",
)  # fmt: skip
OPEN = {f"site.{name}" for name in ("list_public_sales", "show_sale", "tell_sale_state", "give_calendar", "give_draw", "show_presale")}


def put_sales(session: Session, keys: Keys, made_by: int, announced_by: int) -> dict[str, int]:
    """Put an announced sale and one that is a draft, and the same of pre-sales."""
    hour = timedelta(hours=1)
    sale = NewSale(THING, NAME, "CNY", 100, 1, "first_come", NOW + hour, NOW + 2 * hour, NOW + 3 * hour, 10)
    presale = NewPresale(THING, NAME, 100, 1_000, "CNY", None, NOW - hour, NOW + hour, NOW + 2 * hour, 24)
    add_stock(session, THING, 1, now=NOW)
    made = {
        "sale": draft_sale(session, sale, staff_id=made_by, now=NOW),
        "draft": draft_sale(session, sale, staff_id=made_by, now=NOW),
        "presale": draft_presale(session, presale, staff_id=made_by, now=NOW),
        "presale's draft": draft_presale(session, presale, staff_id=made_by, now=NOW),
    }
    announce_sale(session, keys, made["sale"], staff_id=announced_by, now=NOW)
    announce_presale(session, made["presale"], staff_id=announced_by)
    return made


def _public(field: str, there: str, draft: str) -> Any:
    def foreign(nowhere: int, world: Any) -> list[tuple[str, dict[str, object]]]:
        return [(role, {field: each}) for role in ("alice", "charlie") for each in (world.sales[draft], nowhere)]

    return lambda world: {field: world.sales[there]}, foreign


def _of_the_desk(field: str, there: str) -> Any:
    def foreign(nowhere: int, _: Any) -> list[tuple[str, dict[str, object]]]:
        return [(role, {field: nowhere}) for role in ("mei", "sam")]

    return lambda world: {field: world.sales[there]}, foreign


IDS: dict[str, Any] = {
    **{f"site.{name}": _public("sale_id", "sale", "draft") for name in ONE_SALE + MY_PIECE},
    **{f"site.{name}": _public("presale_id", "presale", "presale's draft") for name in ONE_PRESALE},
    **{f"office.{name}": _of_the_desk("sale_id", "draft") for name in SALES_DESK},
    **{f"office.{name}": _of_the_desk("presale_id", "presale's draft") for name in PRESALES_DESK},
}
