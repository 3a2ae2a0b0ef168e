"""A mapping: a small TOML file that says which column of an operator's file fills which field (docs/importing.md)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from portal.base.errors import Refused
from portal.customers import CORRECTABLE
from portal.intake.fields import ADDRESS, FIELDS, WORDS

SHIPPED = Path(__file__).parent / "mappings"
LARGEST_BYTES = 1_000_000
SEVERAL = ("number",)
MOST_NUMBERS = 5
_TOP = {"source", "delimiter", "encoding", "sheet", "fields", "address", "products", "rules", "owns"}
_OF_FILLING = {"column", "columns", "values", "constant", "default", "format", "split"}
_OF_RULE = {"when", "then", "because"}
_DAYS = ("birth_date", "since")
Then = Literal["reject", "take", "skip"]


class BadMapping(Refused):
    """The mapping cannot be used; the sentence says where and why."""

    code = "bad_mapping"


@dataclass(frozen=True, slots=True)
class Filling:
    """How one field is filled: from columns, or with a constant. `values` turns what stands there into ours."""

    field: str
    columns: tuple[str, ...] = ()
    values: Table[str, str] | None = None
    constant: str | None = None
    default: str | None = None
    day_format: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of rows whose columns hold one of these texts each: rejected, taken whatever later rules say, or left out."""

    when: Table[str, frozenset[str]]
    then: Then
    because: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping as read. `owns`: the fields a later run of it brings up to date."""

    source: str | None
    fillings: tuple[Filling, ...]
    products: tuple[Filling, ...]
    rules: tuple[Rule, ...]
    owns: frozenset[str]
    delimiter: str | None
    encoding: str | None
    sheet: str | None
    sha256: str

    def columns(self) -> list[str]:
        """Give every column it looks at, in its own order, each once."""
        found = [column for filling in (*self.fillings, *self.products) for column in filling.columns]
        return list(dict.fromkeys([*found, *(column for rule in self.rules for column in rule.when)]))

    def offerings(self) -> list[str]:
        """Give every offering it names, each once."""
        named = [code for each in self.products for code in (*(each.values or {}).values(), each.constant, each.default) if code]
        return list(dict.fromkeys(named))


def find_mapping(name: str) -> Path:
    """Give the file a mapping is in: a path, or the name of one that ships. Raises BadMapping."""
    path = Path(name)
    shipped = sorted(each.stem for each in SHIPPED.glob("*.toml"))
    if path.is_file():
        return path
    if name in shipped:
        return SHIPPED / f"{name}.toml"
    raise BadMapping("There is no mapping %(name)s; these ship: %(shipped)s.", name=name, shipped=", ".join(shipped))


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping. Raises BadMapping with the place and what is wrong there."""
    if path.stat().st_size > LARGEST_BYTES:
        raise BadMapping("The mapping is far too large to be one.")
    content = path.read_bytes()
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadMapping("The mapping is no TOML in UTF-8: %(why)s", why=str(error)) from error
    _only(table, _TOP, "the mapping")
    fillings = [_filling(field, told, field) for field, told in _table(table, "fields").items()]
    fillings += [_filling(f"address.{name}", told, f"address.{name}") for name, told in _table(table, "address").items()]
    products = [_filling("products", told, f"products {place}") for place, told in enumerate(_list(table, "products"), 1)]
    rules = [_rule(told, f"rules {place}") for place, told in enumerate(_list(table, "rules"), 1)]
    _check_fields(fillings, products)
    return Mapping(
        source=_text(table, "source"),
        fillings=tuple(fillings),
        products=tuple(products),
        rules=tuple(rules),
        owns=_owned(table, fillings, products),
        delimiter=_text(table, "delimiter"),
        encoding=_text(table, "encoding"),
        sheet=_text(table, "sheet"),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _check_fields(fillings: list[Filling], products: list[Filling]) -> None:
    filled = {each.field for each in fillings}
    if unknown := filled - set(FIELDS):
        fields = ", ".join(name for name in FIELDS if "." not in name)
        raise BadMapping("There is no field %(name)s; the fields are: %(fields)s.", name=min(unknown), fields=fields)
    if "external_id" not in filled or not next(each for each in fillings if each.field == "external_id").columns:
        raise BadMapping("The mapping names no column for external_id, by which a customer is known again.")
    if not filled & {"name", "number"}:
        raise BadMapping("The mapping fills neither name nor number: nobody could be found.")
    if products and "number" not in filled:
        raise BadMapping("The mapping fills products but no number: a product belongs to a line.")
    if {"since", "tenure_months"} <= filled:
        raise BadMapping("The mapping fills since and tenure_months, which say the same: leave one out.")


def _owned(table: Table[str, Any], fillings: list[Filling], products: list[Filling]) -> frozenset[str]:
    """Give what a later run may change: what is filled, or less where the mapping says so."""
    filled = {each.field.partition(".")[0] for each in fillings} | ({"products"} if products else set())
    ownable = filled & set(CORRECTABLE)
    if "owns" not in table:
        return frozenset(ownable)
    named = table["owns"]
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise BadMapping("owns: give a list of fields.")
    if wrong := set(named) - ownable:
        raise BadMapping("owns: %(name)s is not filled here, or is never changed.", name=min(wrong))
    return frozenset(named)


def _filling(field: str, told: Any, place: str) -> Filling:
    if isinstance(told, str):
        return Filling(field, (told,))
    if isinstance(told, list):
        told = {"columns": told}
    if not isinstance(told, dict):
        raise BadMapping("%(place)s: give a column, or a table with column or constant.", place=place)
    _only(told, _OF_FILLING, place)
    columns = told.get("columns", [told["column"]] if "column" in told else [])
    if not isinstance(columns, list) or not all(isinstance(each, str) and each for each in columns):
        raise BadMapping("%(place)s: columns are named by their headings.", place=place)
    if bool(columns) == ("constant" in told):
        raise BadMapping("%(place)s: give a column or a constant, one of the two.", place=place)
    if len(columns) > 1 and field not in SEVERAL:
        raise BadMapping("%(place)s: only number is filled from several columns.", place=place)
    if len(columns) > MOST_NUMBERS:
        raise BadMapping("%(place)s: a customer has %(most)s numbers at most.", place=place, most=MOST_NUMBERS)
    if "format" in told and field not in _DAYS:
        raise BadMapping("%(place)s: only days have a format.", place=place)
    if "split" in told and field != "products":
        raise BadMapping("%(place)s: only products are split.", place=place)
    values = _values(field, told["values"], place) if "values" in told else None
    texts = {name: _text(told, name, place) for name in ("constant", "default", "format", "split")}
    return Filling(field, tuple(columns), values, texts["constant"], texts["default"], texts["format"], texts["split"] or None)


def _values(field: str, told: Any, place: str) -> Table[str, str]:
    if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
        raise BadMapping('%(place)s: values is a table such as { "Yes" = "yes" }.', place=place)
    ours = WORDS.get(field)
    for value in told.values():
        if ours is not None and value and value.casefold() not in ours:
            raise BadMapping("%(place)s: %(value)s is none of %(ours)s.", place=place, value=value, ours=", ".join(ours))
    return {key.strip().casefold(): value for key, value in told.items()}


def _rule(told: Any, place: str) -> Rule:
    if not isinstance(told, dict):
        raise BadMapping("%(place)s: a rule is a table.", place=place)
    _only(told, _OF_RULE, place)
    when, then, because = told.get("when"), told.get("then"), told.get("because")
    if not isinstance(when, dict) or not when or then not in ("reject", "take", "skip") or not isinstance(because, str) or not because:
        raise BadMapping("%(place)s: a rule has when (columns and texts), then (reject, take or skip) and because.", place=place)
    return Rule({column: _texts(texts, place) for column, texts in when.items()}, then, because)


def _texts(told: Any, place: str) -> frozenset[str]:
    texts = told if isinstance(told, list) else [told]
    if not all(isinstance(each, str) for each in texts):
        raise BadMapping("%(place)s: write what the column holds between quotes.", place=place)
    return frozenset(each.strip().casefold() for each in texts)


def _table(table: Table[str, Any], name: str) -> Table[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise BadMapping("%(name)s: give a table.", name=name)
    if name == "address":
        _only(found, set(ADDRESS), name)
    return found


def _list(table: Table[str, Any], name: str) -> list[Any]:
    found = table.get(name, [])
    if not isinstance(found, list):
        raise BadMapping("%(name)s: give tables headed [[%(name)s]].", name=name)
    return found


def _text(table: Table[str, Any], name: str, place: str = "the mapping") -> str | None:
    found = table.get(name)
    if found is not None and not isinstance(found, str):
        raise BadMapping("%(place)s: %(name)s is a text between quotes.", place=place, name=name)
    return found


def _only(table: Table[str, Any], known: set[str], place: str) -> None:
    if unknown := set(table) - known:
        raise BadMapping(
            "%(place)s: %(name)s means nothing here; known are %(known)s.", place=place, name=min(unknown), known=", ".join(sorted(known))
        )
