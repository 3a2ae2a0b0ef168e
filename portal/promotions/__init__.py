"""Promotions: campaigns as data, evaluated purely; what each has used of its budget and caps."""

from portal.promotions.basket import (
    Basket,
    BasketItem,
    CampaignUseOf,
    Coupon,
    Evaluation,
    ExtraPoints,
    FreeMonths,
    Gift,
    History,
    LineDiscount,
    Reason,
)
from portal.promotions.checking import check_document
from portal.promotions.compiling import LiveCampaigns, LiveDocument, compile_campaigns
from portal.promotions.data import CAMPAIGNS, load_campaigns
from portal.promotions.document import Document
from portal.promotions.errors import CampaignExists, CampaignGone, CampaignState, DocumentFaults, SecondPerson
from portal.promotions.evaluation import evaluate
from portal.promotions.faults import Fault
from portal.promotions.holding import is_held_out
from portal.promotions.known import Known, KnownOffering, get_known
from portal.promotions.live import get_live_campaigns
from portal.promotions.managing import (
    approve_campaign,
    create_campaign,
    edit_campaign,
    end_campaign,
    note_learned,
    pause_campaign,
    reject_campaign,
    resume_campaign,
    submit_campaign,
)
from portal.promotions.queries import (
    CampaignVersionView,
    CampaignView,
    DayUse,
    get_campaign,
    list_calendar,
    list_campaign_days,
    list_campaign_versions,
    list_campaigns,
)
from portal.promotions.reading import read_document, write_document
from portal.promotions.reserving import add_uses, confirm_uses, expire_uses, get_live_for, move_uses, release_uses, reserve_uses
from portal.promotions.shelves import Shelf
from portal.promotions.simulating import CampaignCost, PastBasket, Simulation, simulate

__all__ = [
    "CAMPAIGNS",
    "Basket",
    "BasketItem",
    "CampaignCost",
    "CampaignExists",
    "CampaignGone",
    "CampaignState",
    "CampaignUseOf",
    "CampaignVersionView",
    "CampaignView",
    "Coupon",
    "DayUse",
    "Document",
    "DocumentFaults",
    "Evaluation",
    "ExtraPoints",
    "Fault",
    "FreeMonths",
    "Gift",
    "History",
    "Known",
    "KnownOffering",
    "LineDiscount",
    "LiveCampaigns",
    "LiveDocument",
    "PastBasket",
    "Reason",
    "SecondPerson",
    "Shelf",
    "Simulation",
    "add_uses",
    "approve_campaign",
    "check_document",
    "compile_campaigns",
    "confirm_uses",
    "create_campaign",
    "edit_campaign",
    "end_campaign",
    "evaluate",
    "expire_uses",
    "get_campaign",
    "get_known",
    "get_live_campaigns",
    "get_live_for",
    "is_held_out",
    "list_calendar",
    "list_campaign_days",
    "list_campaign_versions",
    "list_campaigns",
    "load_campaigns",
    "move_uses",
    "note_learned",
    "pause_campaign",
    "read_document",
    "reject_campaign",
    "release_uses",
    "reserve_uses",
    "resume_campaign",
    "simulate",
    "submit_campaign",
    "write_document",
]
