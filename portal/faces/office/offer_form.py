"""The form of an offer: a document as fields, and what was typed as a document again.

A field is called as the place in the document is, so that what a document is refused for stands beside the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.base.errors import N_
from portal.base.i18n import LANGUAGES
from portal.base.money import minor_digits
from portal.customers import PAPERS
from portal.faces.parts import portal

LONGEST = 4000
SPARE_PRICES = 2
PRICE_FIELDS = ("kind", "amount", "unit", "from_quantity", "usage_unit", "valid_from", "valid_to", "price_list")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the place in the document, what it is called, its type, and options of (value, label)."""

    place: str
    label: str
    type: str = "line"  # line | area | whole | percent | money | moment | yes | choice | picks | codes | members | regions | day | specs
    options: tuple[tuple[str, str], ...] = ()
    hint: str | None = None
    required: bool = False


_KINDS = (
    ("plan", N_("Plan")), ("line", N_("Further line")), ("internet", N_("Internet")), ("add_on", N_("Add-on")), ("bundle", N_("Bundle")),
    ("device", N_("Device")), ("accessory", N_("Accessory")), ("sim", N_("SIM card")), ("service", N_("Service")), ("gift", N_("Gift")),
)  # fmt: skip
_FULFILMENTS = (
    ("none", N_("Nothing to deliver")), ("goods", N_("Goods")), ("voucher", N_("Voucher")), ("data_pack", N_("Data pack")),
    ("service", N_("Somebody comes or sets it up")),
)  # fmt: skip
_CHANNELS = (
    ("web", N_("Online")), ("counter", N_("Counter")), ("ministore", N_("Companies’ stores")), ("sms", N_("Text message")),
    ("partner", N_("Partners")),
)  # fmt: skip
_TIERS = (("standard", N_("Standard")), ("silver", N_("Silver")), ("gold", N_("Gold")))
_WHOM = (("individual", N_("Individuals")), ("organisation", N_("Organisations")))
_NEWNESS = (("all", N_("Everybody")), ("new", N_("Who has nothing from us yet")), ("existing", N_("Who has something from us")))
_PAPERS = tuple((name, each.name) for name, each in PAPERS.items())
KIND_WORDS, CHANNEL_WORDS, TIER_WORDS = dict(_KINDS), dict(_CHANNELS), dict(_TIERS)
PRICE_KINDS = (
    ("", N_("No price")), ("once", N_("Once")), ("monthly", N_("Every month")), ("deposit", N_("Deposit")), ("usage", N_("For usage")),
)  # fmt: skip
USAGE_UNITS = (("", "–"), ("minute", N_("a minute")), ("mb", N_("an MB")), ("message", N_("a message")))

SECTIONS: tuple[tuple[str, str, tuple[Field, ...]], ...] = (
    ("what", N_("What it is"), (
        Field("name.zh", N_("Name in Chinese"), required=True), Field("name.en", N_("Name in English"), required=True),
        Field("summary.zh", N_("In one line, in Chinese")), Field("summary.en", N_("In one line, in English")),
        Field("description.zh", N_("Description in Chinese"), "area"), Field("description.en", N_("Description in English"), "area"),
        Field("specifications", N_("What it is made of"), "specs", hint=N_("A line each, such as 颜色：白色 | Colour: White.")),
        Field("kind", N_("Kind"), "choice", _KINDS), Field("category", N_("Shelf"), hint=N_("Small letters, such as phones.")),
        Field("picture", N_("Icon")), Field("fulfilment", N_("How it is delivered"), "choice", _FULFILMENTS),
        Field("stocked", N_("Sold as long as there are pieces of it"), "yes"), Field("on_sale", N_("On sale"), "yes"),
        Field("tax_basis_points", N_("Tax in its price"), "percent"),
    )),
    ("who", N_("For whom, where and when"), (
        Field("channels", N_("Where it is sold"), "picks", _CHANNELS),
        Field("valid_from", N_("From"), "moment"), Field("valid_to", N_("Until"), "moment"),
        Field("eligibility.kinds", N_("Who buys it"), "picks", _WHOM),
        Field("eligibility.tiers", N_("Of these tiers only"), "picks", _TIERS),
        Field("eligibility.customers", N_("New or not"), "choice", _NEWNESS),
        Field("eligibility.regions", N_("In these provinces only"), "regions", hint=N_("With spaces between them.")),
        Field("eligibility.tenure_months_min", N_("Customer for so many months at least"), "whole"),
        Field("eligibility.tenure_months_max", N_("Customer for so many months at most"), "whole"),
        Field("eligibility.age_min", N_("So old at least"), "whole"), Field("eligibility.age_max", N_("So old at most"), "whole"),
        Field("eligibility.documents", N_("Only to those who have shown"), "picks", _PAPERS),
        Field("eligibility.enterprise", N_("For enterprises and those who work for them alone"), "yes"),
        Field("most_per_customer", N_("So many for one customer at most"), "whole"),
    )),
    ("with", N_("Together with others"), (
        Field("requires", N_("Needs all of these"), "codes", hint=N_("Codes of offers, with spaces between them.")),
        Field("add_on_of", N_("Needs one of these"), "codes", hint=N_("kind:plan stands for every plan.")),
        Field("excludes", N_("Never with"), "codes"),
        Field("members", N_("What is in the bundle"), "members", hint=N_("Codes of offers; 2 x extra_line for two of them.")),
    )),
    ("presale", N_("Sold before it is there"), (
        Field("presale.deposit_minor", N_("Deposit"), "money", hint=N_("All empty: it is sold once it is there.")),
        Field("presale.available_from", N_("There from"), "day"),
        Field("presale.opens_at", N_("Sold ahead from"), "moment"), Field("presale.closes_at", N_("Sold ahead until"), "moment"),
    )),
    ("terms", N_("Terms"), (
        Field("terms.months_bound", N_("Bound for so many months"), "whole"),
        Field("terms.early_end_minor", N_("Ending early costs at most"), "money"),
        Field("terms.notice_days", N_("Notice in days"), "whole"),
        Field("terms.return_days", N_("Can be returned for so many days"), "whole"),
        Field("terms.words.zh", N_("Terms in Chinese"), "area"), Field("terms.words.en", N_("Terms in English"), "area"),
    )),
)  # fmt: skip
_DEFAULTS: Mapping[str, Any] = {
    "channels": ["web", "counter", "ministore"], "on_sale": True, "tax_basis_points": 1300, "terms.return_days": 7,
    "eligibility.customers": "all", "fulfilment": "none",
}  # fmt: skip
_UNREAD = {"money": N_("Enter an amount, such as 50 or 49.90."), "percent": N_("Enter a percentage, such as 20 or 12.5.")}
_COLONS: Mapping[str, str] = {"zh": "：", "en": ": "}
Values = dict[str, Any]


def values_of(data: Mapping[str, Any]) -> Values:
    """Give what the form shows of a document: texts, lists of what is picked, and True or False."""
    values: Values = {"code": data.get("code", "")}
    for _, _, fields in SECTIONS:
        for each in fields:
            values[each.place] = _shown(each, _find(data, each.place, _DEFAULTS.get(each.place)))
    prices = [dict(each) for each in data.get("prices", ())]
    for number, price in enumerate([*prices, *({} for _ in range(SPARE_PRICES))]):
        for name in PRICE_FIELDS:
            values[f"prices.{number}.{name}"] = _price_shown(name, price)
    return values | {"prices": len(prices) + SPARE_PRICES, "pictures": list(data.get("pictures", ()))}


def typed_values(form: MultiDict[str, str]) -> Values:
    """Give what was typed, to be shown again as it was."""
    values: Values = {"code": form.get("code", "")[:60]}
    for _, _, fields in SECTIONS:
        for each in fields:
            if each.type == "picks":
                values[each.place] = [value[:60] for value in form.getlist(each.place)]
            else:
                values[each.place] = form.get(each.place) == "yes" if each.type == "yes" else form.get(each.place, "")[:LONGEST]
    count = 0
    while f"prices.{count}.kind" in form and count < 100:
        values |= {f"prices.{count}.{name}": form.get(f"prices.{count}.{name}", "")[:60] for name in PRICE_FIELDS}
        count += 1
    return values | {"prices": count, "pictures": [each[:64] for each in form.getlist("pictures")]}


def data_of(values: Values, former: Mapping[str, Any]) -> dict[str, Any]:
    """Make a document's data of what was typed; what the form does not ask stays as it was. What cannot be read stays a text."""
    data: dict[str, Any] = deepcopy(dict(former)) | {"code": values["code"].strip()}
    for _, _, fields in SECTIONS:
        for each in fields:
            if each.type != "specs" or _lines(values[each.place]) != _shown(each, former.get(each.place)):
                _put(data, each.place, _read(each, values[each.place]))
    for inner, outer in ((data["terms"], "words"), (data, "summary"), (data, "description"), (data, "presale")):
        if not inner.get(outer):  # nothing at all is nothing; half of it is told
            inner.pop(outer, None)
    data["prices"] = [
        _price_of(values, number) for number in range(values["prices"]) if values[f"prices.{number}.kind"]
    ]  # an empty row is none
    data["pictures"] = values["pictures"]
    return data


def at_fields(errors: Mapping[str, str], values: Values) -> dict[str, str]:
    """Give errors by the field each stands beside: of `requires.0` that is `requires`; what has none is of the whole ("")."""
    known = set(values) | {"note", "publish_at"}
    found: dict[str, str] = {}
    for place, said in errors.items():
        steps = place.split(".")
        near = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
        found.setdefault(next((each for each in near if each in known), ""), said)
    return found


def unread(values: Values) -> dict[str, str]:
    """Give, by its place, what an amount or a percentage has to look like wherever what was typed is none."""
    fields = (each for _, _, fields in SECTIONS for each in fields if each.type in _UNREAD)
    found = {each.place: _UNREAD[each.type] for each in fields if isinstance(_read(each, values[each.place]), str)}
    for number in range(values["prices"]):
        amount, unit = (values[f"prices.{number}.{name}"].strip() for name in ("amount", "unit"))
        if unit != "points" and amount and isinstance(_minor(amount, unit), str):
            found[f"prices.{number}.amount"] = _UNREAD["money"]
    return found


def _find(data: Mapping[str, Any], place: str, default: Any) -> Any:
    found: Any = data
    for step in place.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return default
        found = found[step]
    return found


def _put(data: dict[str, Any], place: str, value: Any) -> None:
    *path, last = place.split(".")
    for step in path:
        inner = data.get(step)
        data[step] = dict(inner) if isinstance(inner, Mapping) else {}
        data = data[step]
    if value is None:
        data.pop(last, None)
    else:
        data[last] = value


def _shown(each: Field, value: Any) -> Any:
    if each.type in ("yes", "picks"):
        return value or (False if each.type == "yes" else [])
    if value is None:
        return ""
    writers: Mapping[str, Any] = {
        "codes": " ".join, "regions": " ".join, "specs": _specs_shown, "members": _members_shown, "moment": _moment_shown,
        "percent": lambda points: f"{(Decimal(points) / 100).normalize():f}",
        "money": lambda minor: _major(minor, portal().settings.currency),
    }  # fmt: skip
    return writers.get(each.type, str)(value)


def _read(each: Field, value: Any) -> Any:
    if each.type in ("yes", "picks"):
        return value
    text = value.strip()
    if not text:
        return [] if each.type in ("codes", "regions", "members", "specs") else None
    readers: Mapping[str, Any] = {
        "whole": _whole, "percent": lambda typed: _scaled(typed.strip("%％ "), 2), "moment": _moment, "codes": str.split,
        "money": lambda typed: _minor(typed, portal().settings.currency), "members": _members, "specs": _specs,
        "regions": lambda typed: typed.replace("，", " ").replace("、", " ").split(),
    }  # fmt: skip
    return readers.get(each.type, str)(text)


def _members_shown(value: Any) -> str:
    return " ".join(f"{one.get('quantity', 1)}x{one['code']}" if one.get("quantity", 1) > 1 else one["code"] for one in value)


def _specs_shown(value: Any) -> str:
    lines = ([f"{one['name'][each]}{_COLONS[each]}{one['value'][each]}" for each in LANGUAGES] for one in value)
    return "\n".join(" | ".join(line) for line in lines)


def _lines(text: str) -> str:
    return "\n".join(text.split("\r\n")).strip()


def _specs(text: str) -> list[dict[str, dict[str, str]] | str]:
    """Read a line for each: name and value in Chinese, a bar, the same in English. What is no such line stays a text."""
    found: list[dict[str, dict[str, str]] | str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = [re.split(r"\s*[:：]\s*", part.strip(), maxsplit=1) for part in re.split(r"[|｜]", line)]
        if len(parts) == len(LANGUAGES) and all(len(part) == 2 for part in parts):
            name, value = (dict(zip(LANGUAGES, column, strict=True)) for column in zip(*parts, strict=True))
            found.append({"name": name, "value": value})
        else:
            found.append(line)
    return found


def _members(text: str) -> list[dict[str, Any]]:
    parts = re.sub(r"\s*[x×]\s*(?=[a-z0-9])", "x", re.sub(r"(\d)\s+[x×]\s+", r"\1x", text)).split()
    found = []
    for part in parts:
        match = re.fullmatch(r"(?:(\d{1,6})x)?(.+)", part)
        number, code = match.groups() if match else (None, part)
        found.append({"code": code, "quantity": int(number)} if number and number != "1" else {"code": code})
    return found


def _price_shown(name: str, price: Mapping[str, Any]) -> str:
    value = price.get(name)
    if name == "unit":
        return str(value or portal().settings.currency)
    if name == "price_list":
        return str(value or "standard")
    if name == "kind":
        return str(value or ("once" if price else ""))
    if value is None:
        return "1" if name == "from_quantity" else ""
    if name == "amount":
        return _major(value, str(price["unit"]))
    return _moment_shown(value) if name.startswith("valid_") else str(value)


def _price_of(values: Values, number: int) -> dict[str, Any]:
    typed = {name: values[f"prices.{number}.{name}"].strip() for name in PRICE_FIELDS}
    price: dict[str, Any] = {name: text for name, text in typed.items() if text}
    price["amount"] = _minor(typed["amount"], typed["unit"])
    if typed["from_quantity"]:
        price["from_quantity"] = _whole(typed["from_quantity"])
    price |= {name: _moment(typed[name]) for name in ("valid_from", "valid_to") if typed[name]}
    return price


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else text


def _minor(text: str, unit: str) -> int | str:
    """Give minor units, exactly; what has more decimals than the currency is not rounded but refused by its place."""
    if unit == "points":
        return _whole(text)
    return _scaled(text, minor_digits(unit))


def _scaled(text: str, digits: int) -> int | str:
    try:
        value = Decimal(text.replace(",", "").replace("，", ""))
        if not value.is_finite() or value.as_tuple().exponent < -digits:  # type: ignore[operator]
            return text
        return int(value.scaleb(digits))  # exact: there are no further decimals
    except (InvalidOperation, ValueError, TypeError):
        return text


def _major(minor: int, unit: str) -> str:
    return str(minor) if unit == "points" else str(Decimal(minor).scaleb(-minor_digits(unit)))


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=portal().settings.zone)).isoformat()


def _moment_shown(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(portal().settings.zone).strftime("%Y-%m-%dT%H:%M")
