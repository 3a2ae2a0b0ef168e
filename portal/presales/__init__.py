"""Pre-sales: a deposit and a number now, the rest when the thing has come."""

from portal.presales.errors import CannotGiveUp, NotInvited, OwnPresale, PresaleFixed, PresaleFull, PresaleNotOpen
from portal.presales.inviting import Invited, list_presales_due, order_rest, settle_presale
from portal.presales.places import DEPOSIT, Buyer, PlaceView, count_places, find_place, give_up_place, list_places_of, take_place
from portal.presales.sales import (
    NewPresale,
    PresaleView,
    announce_presale,
    draft_presale,
    edit_presale,
    end_presale,
    find_shown_presale,
    get_presale,
    list_presales,
    list_shown_presales,
    release_pieces,
)

__all__ = [
    "DEPOSIT",
    "Buyer",
    "CannotGiveUp",
    "Invited",
    "NewPresale",
    "NotInvited",
    "OwnPresale",
    "PlaceView",
    "PresaleFixed",
    "PresaleFull",
    "PresaleNotOpen",
    "PresaleView",
    "announce_presale",
    "count_places",
    "draft_presale",
    "edit_presale",
    "end_presale",
    "find_place",
    "find_shown_presale",
    "get_presale",
    "give_up_place",
    "list_places_of",
    "list_presales",
    "list_presales_due",
    "list_shown_presales",
    "order_rest",
    "release_pieces",
    "settle_presale",
    "take_place",
]
