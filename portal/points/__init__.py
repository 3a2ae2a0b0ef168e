"""Points: earned by rule, kept in lots that expire oldest first, held and spent once; a double-entry ledger is the truth."""

from portal.points.checks import check_points
from portal.points.data import ELECTRONIC, GRACE_DAYS, GRANT, RULES, SPENDABLE, Purse, RuleData
from portal.points.earning import earn_by_rule, earn_points, expiry_day, list_earning_rules, load_earning_rules
from portal.points.errors import HoldEnded, NotEnoughPoints
from portal.points.expiry import expire_points
from portal.points.holding import hold_points, release_hold, spend_hold
from portal.points.holding_part import hold_part, holding_values, locked_purse, purse_values
from portal.points.opening import OpeningLot, open_purses
from portal.points.queries import (
    Expiring,
    PointsCard,
    PointsHistory,
    PointsMovement,
    list_points_movements,
    points_card,
    sees_points,
)

__all__ = [
    "ELECTRONIC",
    "GRACE_DAYS",
    "GRANT",
    "RULES",
    "SPENDABLE",
    "Expiring",
    "HoldEnded",
    "NotEnoughPoints",
    "OpeningLot",
    "PointsCard",
    "PointsHistory",
    "PointsMovement",
    "Purse",
    "RuleData",
    "check_points",
    "earn_by_rule",
    "earn_points",
    "expire_points",
    "expiry_day",
    "hold_part",
    "hold_points",
    "holding_values",
    "list_earning_rules",
    "list_points_movements",
    "load_earning_rules",
    "locked_purse",
    "open_purses",
    "points_card",
    "purse_values",
    "release_hold",
    "sees_points",
    "spend_hold",
]
