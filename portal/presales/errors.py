"""Why somebody cannot have a place in a pre-sale, or not do with it what was asked."""

from __future__ import annotations

from portal.base.errors import N_, Refused


class PresaleNotOpen(Refused):
    """No deposit is taken at this moment."""

    code = "presale_not_open"
    sentence = N_("No places are given at the moment. The times are on the page of the pre-sale.")


class PresaleFull(Refused):
    """Every place is taken."""

    code = "presale_full"
    sentence = N_("Every place is taken. Nothing was charged.")


class NotInvited(Refused):
    """The rest cannot be paid now: the place was not invited yet, or its time is over."""

    code = "presale_not_invited"
    sentence = N_("It is not your turn at the moment. Your number says what comes next.")


class CannotGiveUp(Refused):
    """The place cannot be given up any more."""

    code = "presale_fixed_place"
    sentence = N_("This place can no longer be given up: it was released, bought, or given up before.")


class PresaleFixed(Refused):
    """A pre-sale that was announced keeps its price, its deposit and its rule."""

    code = "presale_fixed"
    sentence = N_("This pre-sale is announced: what was published stays as it is.")


class OwnPresale(Refused):
    """Whoever prepared a pre-sale does not announce it."""

    code = "own_presale"
    sentence = N_("You prepared this. Somebody else has to look at it and announce it.")
