"""Refusals of points."""

from __future__ import annotations

from portal.base.errors import N_, Refused


class NotEnoughPoints(Refused):
    """More points are wanted than can be spent today."""

    code = "not_enough_points"
    sentence = N_("There are not enough points for this. Nothing was taken.")


class HoldEnded(Refused):
    """The points were given back already, or spent already: a hold ends once."""

    code = "hold_ended"
    sentence = N_("These points were settled another way already.")
