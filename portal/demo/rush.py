"""What the demo's shop has coming up: flash sales, a pre-sale, coupons and caps with codes. Prepared by Mei, released by Sam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.codes import (
    NewBatch,
    NewPrize,
    Rules,
    approve_batch,
    ask_print,
    draft_batch,
    list_batches,
    release_print,
    take_print,
    write_print,
)
from portal.demo.campaigns import APPROVER, WRITER
from portal.flashsales import NewSale, announce_sale, draft_sale, list_shown_sales
from portal.identity import find_staff_id
from portal.presales import NewPresale, announce_presale, draft_presale, list_shown_presales

QUICK, DRAWN, COMING = "device_redmi_note_13", "device_oppo_a3_pro", "device_huawei_mate_60"
QUICK_PIECES, QUICK_MINOR, DRAWN_PIECES, DRAWN_MINOR = 5, 69_900, 3, 99_900
DEPOSIT_MINOR, COMING_MINOR, COMING_PLACES = 20_000, 549_900, 500
DRAW_HOUR = time(20)
FEW_CODES = 5


@dataclass(frozen=True, slots=True)
class PrintedCodes:
    """A batch's name, what its codes are for, and a few of them, as they lie before whoever tries the demo."""

    name: str
    about: str
    codes: Sequence[str]


def announce_sales(session: Session, keys: Keys, *, currency: str, zone: ZoneInfo, now: datetime) -> int:
    """Announce a sale that opens at once and starts in ten minutes, and a draw this evening, where none is coming; give how many."""
    coming = {sale.rule for sale in list_shown_sales(session, now=now, limit=100) if sale.status == "announced" and now < sale.starts_at}
    made_by, approved_by = _staff(session)
    count = 0
    for sale in (_quick(currency, now), _drawn(currency, zone, now)):
        if sale.rule not in coming:
            sale_id = draft_sale(session, sale, staff_id=made_by, now=now)
            announce_sale(session, keys, sale_id, staff_id=approved_by, now=now)
            count += 1
    return count


def announce_coming(session: Session, *, currency: str, now: datetime) -> bool:
    """Announce the pre-sale of a handset that comes in three weeks; False where one is announced."""
    if list_shown_presales(session):
        return False
    made_by, approved_by = _staff(session)
    new = NewPresale(
        COMING, {"zh": "HUAWEI Mate 60 预售", "en": "HUAWEI Mate 60, ahead of time"}, DEPOSIT_MINOR, COMING_MINOR, currency, COMING_PLACES,
        now, now + timedelta(days=14), now + timedelta(days=21), 48,
    )  # fmt: skip
    announce_presale(session, draft_presale(session, new, staff_id=made_by, now=now), staff_id=approved_by)
    return True


def print_codes(session: Session, keys: Keys, *, now: datetime) -> Sequence[PrintedCodes]:
    """Make a batch of caps with prizes and one of welcome coupons, and have a few codes of each printed; none where there are batches."""
    if list_batches(session):
        return ()
    made_by, approved_by = _staff(session)
    return [PrintedCodes(new.name["en"], about, _printed(session, keys, new, made_by, approved_by, now)) for new, about in _batches(now)]


def _printed(session: Session, keys: Keys, new: NewBatch, made_by: int, approved_by: int, now: datetime) -> Sequence[str]:
    batch_id = draft_batch(session, keys, new, staff_id=made_by, now=now)
    approve_batch(session, batch_id, staff_id=approved_by)
    print_id = ask_print(session, batch_id, 0, FEW_CODES - 1, staff_id=made_by, now=now)
    release_print(session, print_id, staff_id=approved_by, now=now)
    lines = "".join(write_print(keys, take_print(session, print_id, staff_id=made_by, now=now))).split("\r\n")
    return [line.split(",")[1] for line in lines[1:] if line]


def _batches(now: datetime) -> Sequence[tuple[NewBatch, str]]:
    until = now + timedelta(days=60)
    caps = NewBatch(
        {"zh": "瓶盖有奖", "en": "Prizes under the cap"}, "prize", 1_000_000, now, until, None, "West Lake Spring",
        rules=Rules(per_customer_day=5),
        prizes=(
            NewPrize({"zh": "88 积分", "en": "88 points"}, "points", 300_000, None, 88),
            NewPrize({"zh": "咖啡券", "en": "A coffee voucher"}, "offering", 100_000, 50, offering_code="gift_coffee"),
            NewPrize({"zh": "谢谢参与", "en": "Nothing this time"}, "nothing", 600_000),
        ),
    )  # fmt: skip
    welcome = NewBatch(
        {"zh": "迎新券", "en": "Welcome coupons"}, "coupon", 10_000, now, until, campaign_code="welcome_code", rules=Rules(per_customer=1),
    )  # fmt: skip
    return (caps, "Redeem a code, in Points, or by a text message"), (welcome, "in the cart: 10 % off accessories and SIM cards")


def _quick(currency: str, now: datetime) -> NewSale:
    name = {"zh": "Redmi Note 13 整点秒杀", "en": "Redmi Note 13, five pieces"}
    starts = now + timedelta(minutes=10)
    return NewSale(
        QUICK, name, currency, QUICK_MINOR, QUICK_PIECES, "first_come", now + timedelta(minutes=1), starts, starts + timedelta(hours=2), 15
    )


def _drawn(currency: str, zone: ZoneInfo, now: datetime) -> NewSale:
    evening = datetime.combine(now.astimezone(zone).date(), DRAW_HOUR, zone)
    starts = evening if evening > now + timedelta(minutes=30) else evening + timedelta(days=1)
    name = {"zh": "OPPO A3 Pro 抽签购", "en": "OPPO A3 Pro, by draw"}
    return NewSale(
        DRAWN, name, currency, DRAWN_MINOR, DRAWN_PIECES, "draw", now + timedelta(minutes=1), starts, starts + timedelta(hours=2), 60
    )


def _staff(session: Session) -> tuple[int, int]:
    return find_staff_id(session, WRITER), find_staff_id(session, APPROVER)
