"""What the catalogue refuses."""

from __future__ import annotations

from portal.base.errors import N_, Refused


class SoldOut(Refused):
    """There are fewer units than were asked for."""

    code = "sold_out"
    sentence = N_("There is not that much of it left. Nothing was ordered.")


class ListExists(Refused):
    """A price list of that code is there already."""

    code = "price_list_exists"
    sentence = N_("There is a price list of this name already.")


class ChangeClosed(Refused):
    """The change went further meanwhile: it cannot be treated as it was."""

    code = "change_closed"
    sentence = N_("Somebody was here before you: this change is no longer what it was.")


class OwnChange(Refused):
    """Who made a change does not approve it."""

    code = "own_change"
    sentence = N_("This is your own change. A colleague approves it.")


class ChangedMeanwhile(Refused):
    """Another version was published since the change was drawn."""

    code = "changed_meanwhile"
    sentence = N_("Another version was published meanwhile. Look at the difference, then save the draft anew.")
