"""The catalogue as a file: JSON, or CSV with a row for each price. What is written is read back as it was.

In CSV the first row of an offering says what it is, further rows add prices; what has no column of its own stands in `more`, as
JSON. No cell begins as a spreadsheet's formula does. An import makes changes, which go their usual way.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.catalog.changes import add_draft, get_surroundings, submit_change
from portal.catalog.checks import check_document
from portal.catalog.document import OfferingDocument
from portal.catalog.publishing import find_published, list_published
from portal.catalog.reading import read_document, write_document

MOST_OFFERINGS = 20_000
MOST_SIGNS = 50_000_000
FORMAT = "onehall-catalogue-1"
_TEXTS = ("name", "summary", "description")
_PLAIN = ("kind", "category", "picture", "fulfilment", "valid_from", "valid_to")
_FLAGS = ("stocked", "on_sale")
_LISTS = ("channels", "requires", "excludes", "add_on_of")
_NUMBERS = ("tax_basis_points", "most_per_customer")
_PRICE = ("price_list", "price_kind", "unit", "amount", "usage_unit", "from_quantity", "price_from", "price_to")
_PRICE_NAMES = {"price_kind": "kind", "price_from": "valid_from", "price_to": "valid_to"}
_WHOLE = ("amount", "from_quantity")
_LOCAL = tuple(f"{name}_{language}" for name in _TEXTS for language in ("zh", "en"))
HEADING = ("code", *_LOCAL, *_PLAIN, *_FLAGS, *_LISTS, *_NUMBERS, *_PRICE, "more")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file, and where: the line (None: not of one line), the offering, the place in it, the sentence."""

    line: int | None
    code: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Written:
    """An offering as a file has it: its data, on which line it begins and on which each of its prices stands."""

    data: Any
    line: int | None = None
    price_lines: tuple[int, ...] = ()

    @property
    def code(self) -> str:
        """What it calls itself."""
        return str(self.data.get("code", "")) if isinstance(self.data, dict) else ""

    def line_of(self, place: str) -> int | None:
        """Give the line a place stands on."""
        steps = place.split(".")
        if steps[0] == "prices" and len(steps) > 1 and steps[1].isdecimal() and int(steps[1]) < len(self.price_lines):
            return self.price_lines[int(steps[1])]
        return self.line


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was read: the documents, of which those in `changed` are not what is published, and every fault."""

    documents: Mapping[str, OfferingDocument]
    changed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = field(default=())


def export_json(session: Session) -> str:
    """Give the whole catalogue as JSON."""
    offerings = [write_document(each) for each in list_published(session).values()]
    return json.dumps({"format": FORMAT, "offerings": offerings}, ensure_ascii=False, indent=1) + "\n"


def export_csv(session: Session) -> str:
    """Give the whole catalogue as CSV with a row for each price; cells that would be formulas begin with an apostrophe."""
    out = io.StringIO()
    rows = csv.DictWriter(out, HEADING, lineterminator="\r\n")
    rows.writeheader()
    for document in list_published(session).values():
        for row in _rows(write_document(document)):
            rows.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def check_file(session: Session, text: str) -> Checked:
    """Read a file, JSON or CSV, and check all of it together: every fault with its line and place. Writes nothing."""
    if len(text) > MOST_SIGNS:
        return _refused(N_("The file is too large."))
    text = text.removeprefix("\ufeff")
    try:
        items = _read_json(text) if text.lstrip()[:1] in ("{", "[") else _read_csv(text)
    except _UnreadableFile as wrong:
        return Checked({}, (), (Fault(wrong.line, "", "", wrong.sentence),))
    if len(items) > MOST_OFFERINGS:
        return _refused(N_("The file is too large."))
    documents, faults = _read_all(items)
    around = get_surroundings(session, documents)
    by_code = {item.code: item for item in items}
    for code, document in documents.items():
        for place, sentence in check_document(document, around).items():
            faults.append(Fault(by_code[code].line_of(place), code, place, sentence))
    published = list_published(session)
    changed = tuple(code for code, document in documents.items() if published.get(code) != document)
    return Checked(documents, changed, tuple(faults))


def import_file(
    session: Session, staff_id: int, text: str, *, note: str = "", publish_at: datetime | None = None, now: datetime
) -> Sequence[int]:
    """Make a submitted change of every offering of a file that differs from what is published; give their ids.

    Raises Invalid with every fault, by "line: code: place". All is drafted, or nothing; what needs something else of the file
    is approved after it.
    """
    checked = check_file(session, text)
    if checked.faults:
        raise Invalid({_where(fault): fault.sentence for fault in checked.faults})
    made = []
    for code in checked.changed:
        published = find_published(session, code)
        version = published[1] if published is not None else 0
        change_id = add_draft(session, staff_id, checked.documents[code], version, note=note, publish_at=publish_at, now=now)
        submit_change(session, change_id, staff_id, now=now)
        made.append(change_id)
    return made


def _where(fault: Fault) -> str:
    return ": ".join(str(part) for part in (fault.line, fault.code, fault.place) if part)


class _UnreadableFile(Exception):
    def __init__(self, line: int | None, sentence: str) -> None:
        super().__init__(sentence)
        self.line, self.sentence = line, sentence


def _refused(sentence: str) -> Checked:
    return Checked({}, (), (Fault(None, "", "", sentence),))


def _read_json(text: str) -> list[Written]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _UnreadableFile(getattr(error, "lineno", None), N_("This is no JSON from here on.")) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("offerings"), list):
        raise _UnreadableFile(1, N_("This is no catalogue: it names no format, or has no offerings."))
    return [Written(each) for each in data["offerings"]]


def _read_csv(text: str) -> list[Written]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if set(reader.fieldnames or ()) != set(HEADING):
            raise _UnreadableFile(1, N_("The heading is not that of a catalogue."))
        found: dict[str, Written] = {}
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                raise _UnreadableFile(line, N_("This line has more or fewer cells than the heading."))
            cells = {name: _bare(value) for name, value in row.items()}
            _take_row(found, cells, line)
    except csv.Error as error:
        raise _UnreadableFile(reader.reader.line_num, N_("This line is no CSV.")) from error
    return list(found.values())


def _take_row(found: dict[str, Written], cells: Mapping[str, str], line: int) -> None:
    code = cells["code"]
    former = found.get(code)
    data = dict(former.data) if former is not None else _offering_of(cells, line)
    lines = former.price_lines if former is not None else ()
    price = {_PRICE_NAMES.get(name, name): _number(cells[name]) if name in _WHOLE else cells[name] for name in _PRICE if cells[name]}
    if price:
        data["prices"] = [*data.get("prices", []), price]
        lines = (*lines, line)
    found[code] = Written(data, former.line if former is not None else line, lines)


def _offering_of(cells: Mapping[str, str], line: int) -> dict[str, Any]:
    data: dict[str, Any] = {"code": cells["code"]}
    if cells["more"]:
        try:
            more = json.loads(cells["more"])
        except (ValueError, RecursionError) as error:
            raise _UnreadableFile(line, N_("The cell “more” is no JSON.")) from error
        if not isinstance(more, dict):
            raise _UnreadableFile(line, N_("The cell “more” is no JSON."))
        data |= more
    for name in _TEXTS:
        text = {language: cells[f"{name}_{language}"] for language in ("zh", "en") if cells[f"{name}_{language}"]}
        if text:
            data[name] = text
    data |= {name: cells[name] for name in _PLAIN if cells[name]}
    data |= {name: {"yes": True, "no": False}.get(cells[name], cells[name]) for name in _FLAGS if cells[name]}
    data |= {name: cells[name].split() for name in _LISTS if cells[name]}
    data |= {name: _number(cells[name]) for name in _NUMBERS if cells[name]}
    return data


def _rows(data: dict[str, Any]) -> Iterable[dict[str, Any]]:
    prices = data.pop("prices", [])
    first: dict[str, Any] = {"code": data.pop("code")}
    for name in _TEXTS:
        for language, text in (data.pop(name, None) or {}).items():
            first[f"{name}_{language}"] = text
    first |= {name: data.pop(name) for name in (*_PLAIN, *_NUMBERS) if name in data}
    first |= {name: "yes" if data.pop(name) else "no" for name in _FLAGS if name in data}
    first |= {name: " ".join(data.pop(name)) for name in _LISTS if data.get(name)}
    if data:
        first["more"] = json.dumps(data, ensure_ascii=False)
    columns = {inner: outer for outer, inner in _PRICE_NAMES.items()}
    lines = [{columns.get(name, name): value for name, value in price.items()} for price in prices] or [{}]
    yield first | lines[0]
    for line in lines[1:]:
        yield {"code": first["code"]} | line


def _read_all(items: Sequence[Written]) -> tuple[dict[str, OfferingDocument], list[Fault]]:
    documents: dict[str, OfferingDocument] = {}
    faults: list[Fault] = []
    for number, item in enumerate(items):
        try:
            document = read_document(item.data)
        except Invalid as invalid:
            code = item.code or f"offerings.{number}"
            faults += [Fault(item.line_of(place), code, place, sentence) for place, sentence in invalid.fields.items()]
            continue
        if document.code in documents:
            faults.append(Fault(item.line, document.code, "code", N_("This is there twice.")))
        documents[document.code] = document
    return documents, faults


def _number(text: str) -> int | str:
    """Give a whole number; anything else stays a text, for the document to refuse by its place."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else text


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell.strip()
