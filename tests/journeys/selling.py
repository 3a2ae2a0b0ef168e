"""What is sold at an hour, ahead of time, or by a code: put into a running house, and the addresses of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import new_id, to_ref
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.catalog import draft_change, list_published, write_document
from portal.codes import NewBatch, NewPrize, approve_batch, ask_print, draft_batch
from portal.customers import NewDeliveryAddress, add_delivery_address, find_holder
from portal.flashsales import NewSale, announce_sale, draft_sale
from portal.identity import find_staff_id
from portal.presales import NewPresale, announce_presale, draft_presale
from tests.conftest import TEST_SECRET
from tests.journeys.conftest import House
from tests.journeys.letting_in import writing

SOLD, AHEAD = "device_oppo_a3_pro", "device_redmi_note_13"
HOME = NewDeliveryAddress("王爱丽", "13857101234", "330106", "浙江省", "杭州市", "西湖区", "文三路 90 号 3 幢 501 室")


@dataclass(frozen=True, slots=True)
class Selling:
    """Addresses by name: of customers, of marketing, of the order desk."""

    hall: Mapping[str, str]
    marketing: Mapping[str, str]
    till: Mapping[str, str]


def put_up(house: House, number: str) -> Selling:
    """Announce and draft a sale and a pre-sale, make codes, change an offer; give somebody an address, and the desk a difference."""
    settings = Settings(env="test", secret_key=TEST_SECRET)  # type: ignore[arg-type]
    keys, now = make_keys(settings), datetime.now(UTC).astimezone(settings.zone)
    soon, starts, until = now + timedelta(seconds=1), now + timedelta(hours=3), now + timedelta(days=9)
    sale = NewSale(SOLD, {"zh": "两台", "en": "Two"}, "CNY", 66_600, 2, "draw", soon, starts, starts + timedelta(hours=1), 15)
    ahead = NewPresale(AHEAD, {"zh": "预售", "en": "Ahead"}, 10_000, 99_900, "CNY", 9, soon, until, until + timedelta(days=9), 48)
    caps = NewBatch(
        {"zh": "瓶盖", "en": "Caps"},
        "prize",
        100,
        now,
        until,
        prizes=(NewPrize({"zh": "积分", "en": "Points"}, "points", 9_000, None, 50),),
    )
    with writing(house) as session:
        mei, sam = find_staff_id(session, "mei"), find_staff_id(session, "sam")
        sales = [draft_sale(session, sale, staff_id=mei, now=now) for _ in range(2)]
        announce_sale(session, keys, sales[0], staff_id=sam, now=now)
        presales = [draft_presale(session, ahead, staff_id=mei, now=now) for _ in range(2)]
        announce_presale(session, presales[0], staff_id=sam)
        batches = [draft_batch(session, keys, caps, staff_id=mei, now=now) for _ in range(2)]
        approve_batch(session, batches[0], staff_id=sam)
        printed = ask_print(session, batches[0], 0, 9, staff_id=mei, now=now)
        change = draft_change(session, mei, write_document(list_published(session)[SOLD]) | {"category": "sale"}, now=now)
        holder = find_holder(session, number)
        assert holder is not None
        address = add_delivery_address(session, holder.customer_id, HOME, party_id=None, now=now)
        difference = {
            "id": new_id(now), "provider": "sandbox", "day": date(2026, 11, 21), "kind": "payment", "what": "missing_here",
            "reference": f"P{new_id(now)}", "theirs_minor": 500, "ours_minor": None, "status": "open", "found_at": now,
        }  # fmt: skip
        session.execute(sa.insert(Base.metadata.tables["reconciliation_item"]).values(**difference))
    shown, drafted, coming, thought, batch, waiting = map(to_ref, (*sales, *presales, *batches))
    return Selling(
        {"sale": f"/sales/{shown}", "presale": f"/presales/{coming}", "address": f"/me/addresses/{to_ref(address)}"},
        {
            "sale announced": f"/office/sales/{shown}", "sale drafted": f"/office/sales/{drafted}",
            "sale changed": f"/office/sales/{drafted}/change", "pre-sale announced": f"/office/presales/{coming}",
            "pre-sale drafted": f"/office/presales/{thought}", "pre-sale changed": f"/office/presales/{thought}/change",
            "batch": f"/office/codes/{batch}", "batch drafted": f"/office/codes/{waiting}",
            "print": f"/office/codes/prints/{to_ref(printed)}", "change": f"/office/offers/changes/{to_ref(change)}",
            "change edited": f"/office/offers/changes/{to_ref(change)}/edit",
        },
        {"difference": f"/office/payments/{to_ref(int(str(difference['id'])))}"},
    )  # fmt: skip
