"""How goods reach people: what sending costs, and the outlets where they can be picked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.base.i18n import LocalText


@dataclass(frozen=True, slots=True)
class ShippingRule:
    """The operator's rule: one fee an order, none from so much on (of what the goods cost before reductions; None: always a fee).

    The fee contains tax at `tax_basis_points` (600: 6 %).
    """

    fee_minor: int = 0
    free_from_minor: int | None = None
    tax_basis_points: int = 600

    def fee(self, goods_minor: int, *, sends: bool) -> int:
        """Give what sending goods of this price costs; 0 where nothing is sent."""
        if not sends or (self.free_from_minor is not None and goods_minor >= self.free_from_minor):
            return 0
        return self.fee_minor

    def missing(self, goods_minor: int, *, sends: bool) -> int:
        """Give how much more would make sending free; 0 where it is free, or never will be."""
        if not self.fee(goods_minor, sends=sends) or self.free_from_minor is None:
            return 0
        return self.free_from_minor - goods_minor


@dataclass(frozen=True, slots=True)
class Outlet:
    """A shop of the operator's where orders can be picked up. `code` is its stock's place, too."""

    code: str
    name: LocalText
    address: LocalText
    hours: LocalText


_HOURS = {"zh": "每日 9:00–20:00", "en": "Daily 9:00–20:00"}
OUTLETS: tuple[Outlet, ...] = (
    Outlet(
        "xihu",
        {"zh": "西湖营业厅", "en": "West Lake shop"},
        {"zh": "杭州市西湖区文三路 259 号", "en": "259 Wensan Road, Xihu District, Hangzhou"},
        _HOURS,
    ),
    Outlet(
        "binjiang",
        {"zh": "滨江营业厅", "en": "Riverside shop"},
        {"zh": "杭州市滨江区江南大道 1088 号", "en": "1088 Jiangnan Avenue, Binjiang District, Hangzhou"},
        _HOURS,
    ),
    Outlet(
        "jianggan",
        {"zh": "钱江新城营业厅", "en": "Qianjiang shop"},
        {"zh": "杭州市上城区富春路 290 号", "en": "290 Fuchun Road, Shangcheng District, Hangzhou"},
        _HOURS,
    ),
)
"""The outlets as shipped."""

OUTLETS_BY_CODE: Mapping[str, Outlet] = {outlet.code: outlet for outlet in OUTLETS}
