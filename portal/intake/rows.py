"""A row by a mapping: which customer it speaks of and what it says, or what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.base.clock import month_start
from portal.catalog import OfferingView
from portal.customers import NewAddress, NewCustomer, NewLine, NewProduct
from portal.intake.columns import BoundRule, Column, find_places
from portal.intake.fields import ADDRESS, Fault
from portal.intake.job import Job
from portal.intake.mapping import BadMapping
from portal.intake.mapping import Mapping as Columns

MOST_PRODUCTS = 40
_ADDRESS_FIELDS = tuple(f"address.{name}" for name in ADDRESS)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Values = dict[str, Any]
"""What a row says, by field; JSON can hold it. A field that is blank in the row is not in it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says. `rule`: the sentence of the rule it was taken by, if one was."""

    external_id: str
    values: Values
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that a rule of the mapping leaves out, and the rule's sentence."""

    because: str


class RowReader:
    """Reads rows of one file by one mapping. Raises MissingColumns, and BadMapping for what only now shows to be wrong."""

    def __init__(self, job: Job, header: Sequence[str]) -> None:
        mapping, setting = job.mapping, job.setting
        places = find_places(mapping, header)
        _check_offerings(mapping, job.offerings)
        self._fields = [(each.field, Column.of(each, places, setting)) for each in mapping.fillings]
        self._products = [column for each in mapping.products for column in Column.of(each, places, setting)]
        self._rules = [BoundRule(rule, places) for rule in mapping.rules]
        self._offerings = job.offerings
        self._id = next(columns[0] for field, columns in self._fields if field == "external_id")

    def find_id(self, cells: Sequence[str]) -> str:
        """Give the id a row bears, as far as it can be read: "" where it cannot."""
        try:
            return str(self._id.value(cells) or "")
        except (Fault, IndexError):
            return ""

    def read(self, cells: Sequence[str]) -> Told | LeftOut:
        """Give what a row says, or that it is left out. Raises Fault for the first thing wrong with it."""
        rule = self._judge(cells)
        if isinstance(rule, LeftOut):
            return rule
        values: Values = {}
        for field, columns in self._fields:
            if field == "number":
                if numbers := [number for column in columns if (number := column.value(cells)) is not None]:
                    values[field] = list(dict.fromkeys(numbers))
            elif (value := columns[0].value(cells)) is not None:
                values[field] = value
        if self._products:
            values["products"] = self._codes(cells)
        external_id = values.pop("external_id", None)
        if external_id is None:
            raise Fault("The id is missing.", column=self._id.name)
        _check_number(values)
        return Told(external_id, values, rule)

    def _judge(self, cells: Sequence[str]) -> str | LeftOut | None:
        """Give what the first rule that fits says: the sentence of one that takes the row, or that it is left out."""
        for rule in self._rules:
            if rule.fits(cells):
                if rule.then == "reject":
                    raise Fault(rule.because, column=rule.column)
                return LeftOut(rule.because) if rule.then == "skip" else rule.because
        return None

    def _codes(self, cells: Sequence[str]) -> list[str]:
        """Give the codes of the offerings a row names, in the mapping's order, each once."""
        found: dict[str, None] = {}
        for column in self._products:
            for code in column.value(cells) or ():
                if code not in self._offerings:
                    raise Fault("There is no such offering.", column=column.name, value=code)
                found[code] = None
        if len(found) > MOST_PRODUCTS:
            raise Fault(f"There are more than {MOST_PRODUCTS} products.")
        return list(found)


def _check_number(values: Values) -> None:
    """Raise Fault for a row without a number that needs one."""
    if "number" in values:
        return
    if "name" not in values:
        raise Fault("There is neither a name nor a number.")
    if values.get("products"):
        raise Fault("There are products but no number they belong to.")


def written(values: Values) -> str:
    """Write what a row says as a text that `json` reads, the same for the same values in the same order."""
    return _encode(values)


def fingerprint(values: Values, text: str, owned: AbstractSet[str]) -> str:
    """Give a hash of what a row says of the fields `owned`: a row with the same hash says nothing new. `text` is `written`."""
    if not values.keys() <= owned:
        text = _encode({field: value for field, value in values.items() if field in owned})
    return hashlib.sha256(text.encode()).hexdigest()


def asked_of(values: Values, owns: Sequence[str]) -> list[str]:
    """Give which of the fields owned a row says something of."""
    return [field for field in owns if field in values or (field == "address" and any(name in values for name in _ADDRESS_FIELDS))]


def customer_of(external_id: str, values: Values, job: Job) -> NewCustomer:
    """Give the customer a row describes; what it does not say is as for anybody new. Without a name it bears its id."""
    get = values.get
    since = _since(values, job.today)
    numbers = get("number")
    lines: tuple[NewLine, ...] = ()
    if numbers:
        products = tuple([_product(job.offerings[code], since) for code in get("products", ())])
        first = NewLine(numbers[0], get("line_kind", "mobile"), products, get("device"), get("region"))
        lines = (first, *map(NewLine, numbers[1:]))
    born = date.fromisoformat(values["birth_date"]) if "birth_date" in values else None
    return NewCustomer(
        get("name", external_id), lines, get("gender"), born, get("language"), get("tier", "standard"), since, job.currency,
        get("payment_method", "bank_transfer"), get("paperless", True), get("term", "monthly"), _address(values),
    )  # fmt: skip


def _since(values: Values, today: date) -> date:
    """Give the day somebody became a customer: of a count of months, the first of that month."""
    if "since" in values:
        return date.fromisoformat(values["since"])
    return month_start(today, values["tenure_months"]) if "tenure_months" in values else today


def _product(offering: OfferingView, since: date) -> NewProduct:
    return NewProduct(offering.code, offering.kind, offering.name, offering.monthly_price_minor, since)  # type: ignore[arg-type]


def _address(values: Values) -> NewAddress | None:
    parts = [values.get(name, "") for name in _ADDRESS_FIELDS]
    return NewAddress(*parts) if any(parts) else None


def _check_offerings(mapping: Columns, offerings: Mapping[str, OfferingView]) -> None:
    unknown = [code for code in mapping.offerings() if code not in offerings]
    if unknown:
        raise BadMapping(
            "The catalogue has no offering %(unknown)s for a line; it has: %(known)s.",
            unknown=", ".join(unknown),
            known=", ".join(offerings) or "none",
        )
