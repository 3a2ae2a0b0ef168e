"""Numbers: how people write them, and who holds, or held, each of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import phonenumbers
import sqlalchemy as sa
from phonenumbers import NumberParseException, PhoneNumberType
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.events import emit
from portal.customers.events import NumberFreed
from portal.customers.models import NumberHolding, Subscription

LONGEST_SPELLING = 40
_SPELLED = re.compile(r"\+?[\d\s()/.·-]+")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−─ー"), "-")
_CHINA_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_NOT_A_NUMBER = N_("Enter a mobile number, such as 138 1234 5678.")
_WRONG_LENGTH = N_("A mobile number has 11 digits and starts with 1, such as 138 1234 5678.")
_FOREIGN = N_("Enter a number of this country; numbers from abroad cannot be used here.")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a number now: the line it belongs to, whose customer that is, and the person who uses it."""

    number: str
    customer_id: int
    subscription_id: int
    party_id: int


class NumberInUse(Refused):
    """Somebody holds the number."""

    code = "number_in_use"
    sentence = N_("This number belongs to somebody already.")


def parse_number(text: str, country: str = "CN") -> str:
    """Give the national digits of a mobile number of `country` however it was written: 11 digits for China.

    Understands +86, 0086 and 86 in front, spaces, hyphens, dots, brackets, full-width digits and the unseen marks that
    come with copying. Raises Invalid for everything else, however long it is.
    """
    if country == "CN" and _CHINA_MOBILE.fullmatch(text) and text.isascii():  # as most are written: nothing to look into
        return text
    if len(text) > LONGEST_SPELLING:
        raise Invalid({"number": _NOT_A_NUMBER})
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf").strip()
    if not _SPELLED.fullmatch(plain):
        raise Invalid({"number": _NOT_A_NUMBER})
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    try:
        number = phonenumbers.parse(plain, country)
    except NumberParseException as error:
        raise Invalid({"number": _WRONG_LENGTH if country == "CN" else _NOT_A_NUMBER}) from error
    if number.country_code != phonenumbers.country_code_for_region(country):
        raise Invalid({"number": _FOREIGN})
    digits = phonenumbers.national_significant_number(number)
    if country == "CN":
        # phonenumbers lags behind new segments, so China's rule is its numbering plan's: 11 digits, 13 to 19 in front.
        if not _CHINA_MOBILE.fullmatch(digits):
            raise Invalid({"number": _WRONG_LENGTH})
    elif not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        raise Invalid({"number": _NOT_A_NUMBER})
    return digits


def write_e164(number: str, country: str = "CN") -> str:
    """Write national digits, as `parse_number` gives them, for the world outside: `+8613857101234` (ITU-T E.164)."""
    return f"+{phonenumbers.country_code_for_region(country)}{number}"


_holding = sa.select(NumberHolding.number, NumberHolding.customer_id, NumberHolding.subscription_id, NumberHolding.party_id).where(
    NumberHolding.valid_to.is_(None)
)
_by_number = _holding.where(NumberHolding.number == sa.bindparam("number"))
_by_numbers = _holding.where(NumberHolding.number.in_(sa.bindparam("numbers", expanding=True)))
_held = sa.select(NumberHolding.number, NumberHolding.valid_from).where(
    NumberHolding.valid_to.is_(None),
    NumberHolding.number.in_(sa.bindparam("numbers", expanding=True)),
    NumberHolding.party_id == sa.bindparam("party"),
)
_by_line = _holding.join(
    Subscription,
    sa.and_(
        Subscription.number == NumberHolding.number,
        Subscription.customer_id == NumberHolding.customer_id,
        Subscription.id == NumberHolding.subscription_id,
    ),
).where(Subscription.customer_id == sa.bindparam("customer_id"), Subscription.id == sa.bindparam("subscription_id"))


def find_holder(session: Session, number: str) -> Holder | None:
    """Give who holds `number` (as `parse_number` gives it) now, or None. One statement."""
    row = session.connection().execute(_by_number, {"number": number}).first()
    return None if row is None else Holder(*row)


def find_holders(session: Session, numbers: Sequence[str]) -> Mapping[str, Holder]:
    """Give who holds each of `numbers` (some thousand at most) now, without those that nobody holds. One statement."""
    rows = session.connection().execute(_by_numbers, {"numbers": numbers}) if numbers else ()
    return {row.number: Holder(*row) for row in rows}


def find_held(session: Session, party_id: int, numbers: Sequence[str]) -> Mapping[str, datetime]:
    """Give which of `numbers` a person holds now, each with since when. One statement."""
    rows = session.connection().execute(_held, {"numbers": numbers, "party": party_id}) if numbers else ()
    return {row.number: row.valid_from for row in rows}


def get_holder_of_line(session: Session, customer_id: int, subscription_id: int) -> Holder:
    """Give who holds the number of a customer's line now; NotFound for a line that is not theirs or has ended."""
    row = session.execute(_by_line, {"customer_id": customer_id, "subscription_id": subscription_id}).first()
    if row is None:
        raise NotFound
    return Holder(*row)


def take_number(session: Session, holder: Holder, *, now: datetime) -> None:
    """Note that `holder` has the number from `now` on. Raises NumberInUse while somebody holds it, however close the race."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = session.execute(
        insert(NumberHolding)
        .values(
            number=holder.number,
            valid_from=now,
            valid_to=None,
            customer_id=holder.customer_id,
            subscription_id=holder.subscription_id,
            party_id=holder.party_id,
        )
        .on_conflict_do_nothing()
        .returning(NumberHolding.number)
    ).first()
    if made is None:
        raise NumberInUse


def free_number(session: Session, holder: Holder, *, now: datetime) -> None:
    """End the present holding at `now`; one that began at this very moment never was. What hung on the number is told of it."""
    of_line = (
        NumberHolding.number == holder.number,
        NumberHolding.customer_id == holder.customer_id,
        NumberHolding.subscription_id == holder.subscription_id,
        NumberHolding.valid_to.is_(None),
    )
    session.execute(sa.delete(NumberHolding).where(*of_line, NumberHolding.valid_from == now))
    session.execute(sa.update(NumberHolding).where(*of_line).values(valid_to=now))
    freed = NumberFreed(holder.customer_id, holder.number, holder.subscription_id, holder.party_id, now.isoformat())
    emit(session, freed, now=now)
