"""Why somebody cannot enter a sale, or cannot order from it: each clear, and none of them an accident."""

from __future__ import annotations

from portal.base.errors import N_, Refused


class NotOpen(Refused):
    """One cannot enter at this moment: too early, too late, or it was called off."""

    code = "sale_not_open"
    sentence = N_("Nobody can enter this sale at the moment. Its times are on its page.")


class SoldOutForGood(Refused):
    """Every piece is paid for, or the sale is over."""

    code = "sale_gone"
    status = 410
    sentence = N_("Every piece is sold. Nothing was taken from you.")


class NotAdmitted(Refused):
    """No piece is kept for this customer: not yet, or no longer."""

    code = "sale_not_admitted"
    sentence = N_("No piece is kept for you at the moment. Your place in line says what comes next.")


class SaleFixed(Refused):
    """A sale that was announced keeps its rule, its times and its price."""

    code = "sale_fixed"
    sentence = N_("This sale is announced: what was published stays as it is. It can only be called off.")


class OwnSale(Refused):
    """Whoever prepared a sale does not announce it."""

    code = "own_sale"
    sentence = N_("You prepared this. Somebody else has to look at it and announce it.")


class TooFewPieces(Refused):
    """Fewer pieces are in stock than are to be announced."""

    code = "too_few_pieces"
    sentence = N_("Only %(left)s pieces are in the central stock. Announce no more than are there.")
