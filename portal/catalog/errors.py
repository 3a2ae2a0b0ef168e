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
