"""Codes: batches of millions that are nowhere stored, redeemed once each, some with prizes."""

from portal.codes.batches import (
    BatchLine,
    BatchView,
    PrizeView,
    approve_batch,
    draft_batch,
    drop_draft,
    get_batch,
    list_batches,
    stop_batch,
    void_codes,
)
from portal.codes.claims import CodeUseView, find_use
from portal.codes.coupons import HeldCoupon, expire_coupons, hold_coupon, list_coupons, move_coupons, release_coupon, use_coupon
from portal.codes.entry import CHANNELS, MILLION, NewBatch, NewPrize, Redeemer, Rules
from portal.codes.errors import SENTENCES, BatchNotOpen, CodeRefused, SameHands
from portal.codes.events import CodeRedeemed, PrizeWon
from portal.codes.odds import Drawn, Lots, count_draws, get_lots
from portal.codes.printing import (
    PrintFile,
    PrintNotOpen,
    PrintView,
    ask_print,
    get_print,
    list_prints,
    release_print,
    take_print,
    write_print,
)
from portal.codes.reading import CodeFound, read_code
from portal.codes.redeeming import Prize, Redeemed, look_up_code, redeem_code
from portal.codes.signs import is_code
from portal.codes.texting import Texted, redeem_text

__all__ = [
    "CHANNELS",
    "MILLION",
    "SENTENCES",
    "BatchLine",
    "BatchNotOpen",
    "BatchView",
    "CodeFound",
    "CodeRedeemed",
    "CodeRefused",
    "CodeUseView",
    "Drawn",
    "HeldCoupon",
    "Lots",
    "NewBatch",
    "NewPrize",
    "PrintFile",
    "PrintNotOpen",
    "PrintView",
    "Prize",
    "PrizeView",
    "PrizeWon",
    "Redeemed",
    "Redeemer",
    "Rules",
    "SameHands",
    "Texted",
    "approve_batch",
    "ask_print",
    "count_draws",
    "draft_batch",
    "drop_draft",
    "expire_coupons",
    "find_use",
    "get_batch",
    "get_lots",
    "get_print",
    "hold_coupon",
    "is_code",
    "list_batches",
    "list_coupons",
    "list_prints",
    "look_up_code",
    "move_coupons",
    "read_code",
    "redeem_code",
    "redeem_text",
    "release_coupon",
    "release_print",
    "stop_batch",
    "take_print",
    "use_coupon",
    "void_codes",
    "write_print",
]
