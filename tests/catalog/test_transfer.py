"""The catalogue as a file: what is written is read back as it was, and what is wrong in a file is told by line and place."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.errors import Invalid
from portal.catalog import (
    approve_change,
    check_file,
    export_csv,
    export_json,
    import_file,
    list_changes,
    list_published,
    publish_due,
    set_price,
)
from portal.catalog.transfer import HEADING
from tests.cast import NOW

PRICES = [{"unit": "CNY", "amount": 1000}]
CASE: dict[str, Any] = {"code": "case", "kind": "accessory", "name": {"zh": "手机壳", "en": "Case"}, "prices": PRICES}
ROW = {"code": "case", "kind": "accessory", "name_zh": "壳", "name_en": "Case", "unit": "CNY", "amount": "100"}


def as_json(*offerings: Any) -> str:
    return json.dumps({"format": "onehall-catalogue-1", "offerings": offerings})


def as_csv(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    written = csv.DictWriter(out, HEADING)
    written.writeheader()
    written.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("export", [export_json, export_csv])
def test_what_is_exported_is_imported_as_what_it_was(shop: Database, two: tuple[int, int], export: Any) -> None:
    with shop.writing() as session:
        before = list_published(session)
        checked = check_file(session, export(session))
        assert (checked.faults, checked.changed) == ((), ())
        assert checked.documents == before
        assert import_file(session, two[0], export(session), now=NOW) == []


def test_what_differs_becomes_a_change_that_another_approves(shop: Database, two: tuple[int, int]) -> None:
    with shop.writing() as session:
        text = export_json(session).replace('"amount": 109900', '"amount": 99900')
        (change_id,) = import_file(session, two[0], text, note="Autumn prices", now=NOW)
        assert approve_change(session, change_id, two[1], now=NOW).status == "published"
        assert {each.amount for each in list_published(session)["device_redmi_note_13"].prices} == {99_900}
        assert publish_due(session, now=NOW) == []


def test_what_needs_something_else_of_the_file_is_imported_with_it(shop: Database, two: tuple[int, int]) -> None:
    strap = CASE | {"code": "a_strap", "requires": ["case"]}
    with shop.writing() as session:
        assert len(import_file(session, two[0], as_json(strap, CASE), now=NOW)) == 2


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "\tx"])
def test_no_cell_is_a_formula_and_each_is_read_back_as_it_was(shop: Database, two: tuple[int, int], cell: str) -> None:
    text = as_json(CASE | {"name": {"zh": "壳", "en": cell}})
    with shop.writing() as session:
        (change_id,) = import_file(session, two[0], text, now=NOW)
        approve_change(session, change_id, two[1], now=NOW)
        written = export_csv(session)
        assert not [each for row in csv.reader(io.StringIO(written)) for each in row if each.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert check_file(session, written).changed == ()


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        ("", 1, ""),
        ("{", 1, ""),
        ('{"format":\n "x"}', 1, ""),
        ("code,kind\nx,y\n", 1, ""),
        (as_json(CASE | {"kind": "thing"}), None, "kind"),
        (as_json(CASE, CASE), None, "code"),
        (as_json("case"), None, ""),
        (as_json(CASE | {"requires": ["nowhere"]}), None, "requires.0"),
        (as_json(CASE | {"eligibility": {"documents": ["passport"]}}), None, "eligibility.documents.0"),
        (as_csv(ROW | {"more": '{"eligibility": {"documents": ["passport"]}}'}), 2, "eligibility.documents.0"),
        (as_csv(ROW | {"amount": "1.50"}), 2, "prices.0.amount"),
        (
            as_csv(
                ROW,
                {"code": "case", "unit": "CNY", "amount": "200", "from_quantity": "3"},
            ),
            3,
            "prices.1.amount",
        ),
        (as_csv({"code": "case", "more": "{"}), 2, ""),
        (as_csv({"code": "case", "more": "[1]"}), 2, ""),
        (as_csv({"code": "case"}).replace("case,", 'case,"', 1), 2, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_line_and_place_and_nothing_is_drafted(
    shop: Database, two: tuple[int, int], text: str, line: int | None, place: str
) -> None:
    with shop.writing() as session:
        checked = check_file(session, text)
        assert (line, place) in {(each.line, each.place) for each in checked.faults}
        with pytest.raises(Invalid):
            import_file(session, two[0], text, now=NOW)
        assert list_changes(session) == []


def test_a_price_that_was_set_since_is_exported_as_it_stands(shop: Database) -> None:
    with shop.writing() as session:
        set_price(session, "standard", "sim_card", "CNY", 1234)
        assert '"amount": 1234' in export_json(session)
