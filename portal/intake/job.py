"""What an import is told: the mapping, whose customers they are, and what the portal sells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import Refused
from portal.catalog import OfferingView, list_offerings
from portal.customers import CORRECTABLE
from portal.intake.fields import ADDRESS, Setting
from portal.intake.mapping import Mapping as Columns

SOLD_KINDS = ("plan", "line", "internet", "add_on")
LONGEST_SOURCE = 40


class BadSource(Refused):
    """The source has no name that can be used."""

    code = "bad_source"
    sentence = "Give the source a name of 1 to 40 characters."


@dataclass(frozen=True, slots=True)
class Job:
    """One import. `owns`: the fields a later file changes; `sold`: the offerings of which a row's products are a full account."""

    mapping: Columns
    source: str
    offerings: Mapping[str, OfferingView]
    owns: tuple[str, ...]
    sold: tuple[str, ...]
    currency: str
    country: str
    now: datetime
    today: date

    @property
    def owned(self) -> frozenset[str]:
        """The fields owned as rows name them: each part of an address by itself."""
        return frozenset(self.owns) | {f"address.{name}" for name in ADDRESS if "address" in self.owns}

    @property
    def setting(self) -> Setting:
        """What reading a cell depends on."""
        return Setting(self.today, self.country)


def prepare_job(session: Session, mapping: Columns, source: str, *, currency: str, country: str, now: datetime) -> Job:
    """Give the job of importing by `mapping` what belongs to `source` (an id is known again within it). Raises BadSource."""
    source = source.strip()
    if not 1 <= len(source) <= LONGEST_SOURCE or not source.isprintable():
        raise BadSource
    offerings = {each.code: each for each in list_offerings(session) if each.kind in SOLD_KINDS}
    owns = tuple(field for field in CORRECTABLE if field in mapping.owns)
    named = mapping.offerings()
    sold = tuple(offerings) if any(each.values is None and each.columns for each in mapping.products) else tuple(named)
    return Job(mapping, source, offerings, owns, sold, currency, country, now, today(now))
