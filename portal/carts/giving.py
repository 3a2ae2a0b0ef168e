"""What comes along with what was bought: gifts, and what a bundle holds, whether or not it is sold by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.carts.asking import Asking
from portal.catalog import Charges, OfferTerms, OfferView, count_stock, find_pictures, get_offering, price_offerings


def find_along(session: Session, asking: Asking, codes: Collection[str], *, now: datetime) -> Mapping[str, OfferView]:
    """Give these offerings by code, priced where the list sells them and at no price where it does not; what is gone is missing.

    Two statements where all of them are sold, two more for each that is not.
    """
    sold = dict(
        price_offerings(
            session, asking.price_list, dict.fromkeys(sorted(codes), 1), shopper=asking.shopper, channel=asking.channel, now=now,
            place=asking.place,
        )
    )  # fmt: skip
    for code in sorted(set(codes) - sold.keys()):
        found = _unsold(session, asking, code)
        if found is not None:
            sold[code] = found
    return sold


def _unsold(session: Session, asking: Asking, code: str) -> OfferView | None:
    try:
        found = get_offering(session, code)
    except NotFound:
        return None
    return OfferView(
        code=found.code,
        version=0,
        kind=found.kind,
        category=None,
        name=found.name,
        summary=found.summary,
        description=None,
        picture=found.picture,
        pictures=tuple(find_pictures(session, [code]).values()),
        fulfilment=found.fulfilment,
        stocked=found.stocked,
        left=count_stock(session, code).free if found.stocked else None,
        charges=Charges(0, 0, 0, {}, asking.currency),
        terms=OfferTerms(),
        requires=(),
        excludes=(),
        add_on_of=(),
        members=(),
        presale=None,
        tax_basis_points=0,
        channels=(),
        most_per_customer=None,
        barred=(),
        allowances=found.allowances,
    )
