"""Flash sales and pre-sales as forms: what was typed, read into what they are, every fault beside its field."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from portal.base.errors import N_, Invalid, PortalError
from portal.base.money import Money
from portal.catalog import POINTS, list_offerings
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.faces.words import text
from portal.flashsales import NewSale, Rule, SaleView
from portal.payments import read_amount
from portal.presales import NewPresale, PresaleView

SALE_FIELDS = (
    "offering_code", "name_zh", "name_en", "unit", "amount", "pieces", "rule", "opens_at", "starts_at", "ends_at", "pay_minutes",
)  # fmt: skip
PRESALE_FIELDS = (
    "offering_code", "name_zh", "name_en", "amount_minor", "deposit_minor", "most", "opens_at", "closes_at", "releases_at", "pay_hours",
    "keeps_deposit",
)  # fmt: skip
_WRITTEN = "%Y-%m-%dT%H:%M"


def things_to_sell() -> list[tuple[str, str]]:
    """Give what can be sold by the piece, as options of a form."""
    with reading() as db:
        found = [each for each in list_offerings(db) if each.stocked]
    return [(each.code, text(dict(each.name))) for each in found]


def sale_of(state: FormState) -> NewSale:
    """Read a flash sale. Raises Invalid for what cannot be read; whether it makes sense is asked where it is drafted."""
    values, wrong = state.values, _unknown(state)
    in_points = values["unit"] == POINTS
    new = NewSale(
        offering_code=values["offering_code"],
        name={"zh": values["name_zh"].strip(), "en": values["name_en"].strip()},
        unit=POINTS if in_points else portal().settings.currency,
        amount=_whole("amount", values, wrong) if in_points else _money("amount", values, wrong),
        pieces=_whole("pieces", values, wrong),
        rule=cast("Rule", values["rule"]),
        opens_at=_moment("opens_at", values, wrong),
        starts_at=_moment("starts_at", values, wrong),
        ends_at=_moment("ends_at", values, wrong),
        pay_minutes=_whole("pay_minutes", values, wrong),
    )
    if wrong:
        raise Invalid(wrong)
    return new


def presale_of(state: FormState) -> NewPresale:
    """Read a pre-sale, as `sale_of`."""
    values, wrong = state.values, _unknown(state)
    new = NewPresale(
        offering_code=values["offering_code"],
        name={"zh": values["name_zh"].strip(), "en": values["name_en"].strip()},
        deposit_minor=_money("deposit_minor", values, wrong),
        amount_minor=_money("amount_minor", values, wrong),
        currency=portal().settings.currency,
        most=_whole("most", values, wrong) if values["most"].strip() else None,
        opens_at=_moment("opens_at", values, wrong),
        closes_at=_moment("closes_at", values, wrong),
        releases_at=_moment("releases_at", values, wrong),
        pay_hours=_whole("pay_hours", values, wrong),
        keeps_deposit=values["keeps_deposit"] == "yes",
    )
    if wrong:
        raise Invalid(wrong)
    return new


def form_of_sale(sale: SaleView | None) -> FormState:
    """Give a sale as its form shows it; an empty one for a new sale."""
    if sale is None:
        return FormState(dict.fromkeys(SALE_FIELDS, "") | {"unit": portal().settings.currency, "rule": "first_come", "pay_minutes": "15"})
    amount = str(sale.amount) if sale.in_points else str(Money(sale.amount, sale.unit).amount)
    values = {
        "offering_code": sale.offering_code, "name_zh": sale.name.get("zh", ""), "name_en": sale.name.get("en", ""), "unit": sale.unit,
        "amount": amount, "pieces": str(sale.pieces), "rule": sale.rule, "pay_minutes": str(sale.pay_minutes),
    }  # fmt: skip
    return FormState(values | {name: _write(getattr(sale, name)) for name in ("opens_at", "starts_at", "ends_at")})


def form_of_presale(presale: PresaleView | None) -> FormState:
    """Give a pre-sale as its form shows it; an empty one for a new one."""
    if presale is None:
        return FormState(dict.fromkeys(PRESALE_FIELDS, "") | {"pay_hours": "48"})
    values = {
        "offering_code": presale.offering_code, "name_zh": presale.name.get("zh", ""), "name_en": presale.name.get("en", ""),
        "amount_minor": str(Money(presale.amount_minor, presale.currency).amount),
        "deposit_minor": str(Money(presale.deposit_minor, presale.currency).amount), "most": str(presale.most or ""),
        "pay_hours": str(presale.pay_hours), "keeps_deposit": "yes" if presale.keeps_deposit else "",
    }  # fmt: skip
    return FormState(values | {name: _write(getattr(presale, name)) for name in ("opens_at", "closes_at", "releases_at")})


def rules_to_choose() -> list[tuple[str, str, str]]:
    """Give the rules a flash sale can go by."""
    return [
        ("first_come", gettext("In the order of coming"), gettext("Who comes before the start gets a place by lot, later ones behind.")),
        ("draw", gettext("By lot"), gettext("Entry closes at the start; then the order is drawn.")),
    ]


@contextmanager
def beside_fields() -> Iterator[None]:
    """Put a fault of the name beside both of its fields."""
    try:
        yield
    except Invalid as refusal:
        if "name" in refusal.fields:
            said = refusal.fields.pop("name")
            refusal.fields |= {"name_zh": said, "name_en": said}
        raise


def _unknown(state: FormState) -> dict[str, str]:
    known = {code for code, _ in things_to_sell()}
    return {} if state.values["offering_code"] in known else {"offering_code": N_("Choose what is sold.")}


def _whole(name: str, values: Any, wrong: dict[str, str]) -> int:
    digits = unicodedata.normalize("NFKC", values[name]).strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        wrong[name] = N_("Enter a whole number.")
        return 0
    return int(digits)


def _money(name: str, values: Any, wrong: dict[str, str]) -> int:
    try:
        return read_amount(unicodedata.normalize("NFKC", values[name]).strip(), portal().settings.currency)
    except PortalError:
        wrong[name] = N_("Enter an amount, such as 499.00.")
        return 0


def _moment(name: str, values: Any, wrong: dict[str, str]) -> datetime:
    try:
        return datetime.strptime(values[name].strip(), _WRITTEN).replace(tzinfo=portal().settings.zone).astimezone(UTC)
    except ValueError:
        wrong[name] = N_("Enter a day and a time.")
        return datetime.max.replace(tzinfo=UTC)


def _write(moment: datetime) -> str:
    return moment.astimezone(portal().settings.zone).strftime(_WRITTEN)
