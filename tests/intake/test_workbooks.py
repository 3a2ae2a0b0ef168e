"""Workbooks: cells as text, nothing calculated, and what is far too large refused before it is unpacked."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from portal.faces.commands import explain
from portal.intake import Reader, open_sheet
from portal.intake.fields import Fault, cleaned
from portal.intake.workbooks import MOST_TEXT_BYTES, BadWorkbook
from tests.intake.conftest import Import
from tests.intake.files import HEADINGS, PEOPLE, bring_in

Rows = list[tuple[int, list[str], str]]


def saved(folder: Path, rows: Sequence[Sequence[Any]], prepare: Callable[[Workbook], None] | None = None) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    if prepare is not None:
        prepare(book)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def read(path: Path, sheet: str | None = None) -> tuple[tuple[str, ...], Rows]:
    with open_sheet(path, Reader(sheet=sheet)) as opened:
        return opened.header, [(line, list(cells), fault.sentence if fault else "") for line, cells, fault in opened.rows()]


def complaint(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(BadWorkbook) as caught:
        read(path, sheet)
    return explain(caught.value)


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Write a workbook anew with parts changed."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        for each in archive.infolist():
            parts[each.filename] = change(each.filename, archive.read(each))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_cells_are_given_as_text(tmp_path: Path) -> None:
    row = [7, 13957100001, "王若曦", 29.5, 34.0, True, datetime(2024, 3, 5), date(2024, 3, 6), None, "007"]  # noqa: DTZ001 - a cell has no zone
    header, lines = read(saved(tmp_path, [list("abcdefghij"), row]))
    assert header == tuple("abcdefghij")
    assert lines == [(2, ["7", "13957100001", "王若曦", "29.5", "34", "true", "2024-03-05", "2024-03-06", "", "007"], "")]


def test_headings_may_stand_below_empty_rows_and_blank_rows_are_passed_over(tmp_path: Path) -> None:
    header, lines = read(saved(tmp_path, [[], [None, None], ["id", "name", None], [1, "a"], [], [2, "b"], ["id", "name"]]))
    assert header == ("id", "name")
    assert [(line, cells) for line, cells, _ in lines] == [(4, ["1", "a"]), (6, ["2", "b"]), (7, ["id", "name"])]
    assert lines[-1][2] == "The headings stand here again."


def test_a_formula_and_an_error_are_no_values(tmp_path: Path) -> None:
    _, lines = read(saved(tmp_path, [["id", "name"], [1, "=1+1"], [2, "#N/A"], [3, "'=1+1"]]))
    cells = [row[1] for _, row, _ in lines]
    said = []
    for cell in cells:
        try:
            said.append(cleaned(cell))
        except Fault as fault:
            said.append(fault.sentence)
    assert said == ["The cell is a formula: paste it as a value.", "The cell shows an error of the spreadsheet.", "=1+1"]


def test_a_row_with_cells_beyond_the_headings_is_a_fault(tmp_path: Path) -> None:
    _, lines = read(saved(tmp_path, [["id", "name"], [1, "a", "b"]]))
    assert lines == [(2, ["1", "a"], "There are more cells than the 2 headings.")]


def test_a_sheet_is_chosen_by_its_name_else_the_first_that_shows(tmp_path: Path) -> None:
    def three(book: Workbook) -> None:
        book.active.sheet_state = "hidden"
        for name in ("客户", "more"):
            book.create_sheet(name).append([f"id of {name}"])

    path = saved(tmp_path, [["hidden"]], three)
    assert read(path)[0] == ("id of 客户",)
    assert read(path, "more")[0] == ("id of more",)
    assert complaint(path, "none") == "There is no sheet none: there are Sheet, 客户, more."


def test_a_workbook_is_imported_like_a_csv_file(imports: Import, database: Any, keys: Any, now: datetime, tmp_path: Path) -> None:
    imports(PEOPLE)
    path = saved(tmp_path, [HEADINGS, *PEOPLE])
    assert bring_in(database, keys, path, now=now).unchanged == 3


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    assert complaint(saved(tmp_path, [])) == "The sheet is empty."


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(300), b"PK\x05\x06" + bytes(18)])
def test_what_only_begins_like_a_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"PK\x03\x04" + content)
    assert complaint(path) == "This is no workbook that can be read (.xlsx without a password)."


def test_an_archive_of_other_things_and_a_torn_workbook_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no workbook" in complaint(other)
    path = saved(tmp_path, [["id"], *([number] for number in range(500))])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "no workbook" in complaint(path)


def test_a_sheet_that_breaks_off_within_is_refused_and_nothing_is_had_of_it(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id"], *([number] for number in range(500))])
    repacked(path, lambda name, content: content[: len(content) // 2] if name.endswith("sheet1.xml") else content)
    with pytest.raises(BadWorkbook, match="damaged at line"):
        read(path)


def test_a_part_that_unpacks_to_a_hundred_times_its_size_is_refused_unread(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id"], [1]])
    repacked(path, lambda name, content: content + b" " * 30_000_000 if name.endswith("sheet1.xml") else content)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        assert "times its size" in complaint(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_more_text_than_is_kept_in_memory_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id", "x"], [1, "text"]])
    filler = io.BytesIO()
    for number in range(MOST_TEXT_BYTES // 40):
        filler.write(f"<si><t>{number * 7919 % 1_000_003:024d}{number:012d}</t></si>".encode())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", filler.getvalue())
    assert "more text than is read from one" in complaint(path)


@pytest.mark.parametrize("declared", [b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<![CDATA[x]]>"])
def test_entities_and_declarations_are_refused(tmp_path: Path, declared: bytes) -> None:
    path = saved(tmp_path, [["id"], [1]])

    def change(name: str, content: bytes) -> bytes:
        head, mark, rest = content.partition(b"?>")
        return head + mark + declared + rest if name.endswith("sheet1.xml") else content

    assert "declares something of its own" in complaint(repacked(path, change))


def test_a_cell_of_a_megabyte_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id"], [1]])
    huge = b'<c t="inlineStr"><is><t>' + bytes(97 + number * 7 % 26 for number in range(900_000)) + b"</t></is></c></row>"
    repacked(path, lambda name, content: content.replace(b"</row>", huge, 1) if name.endswith("sheet1.xml") else content)
    assert "more text than any should" in complaint(path)


def test_a_sheet_that_says_it_is_huge_is_read_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id", "name"], [1, "a"]])
    repacked(
        path, lambda name, content: content.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"') if name.endswith("sheet1.xml") else content
    )
    assert read(path) == (("id", "name"), [(2, ["1", "a"], "")])


def test_a_row_far_down_is_reached_over_what_is_empty(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id"], [1]])
    repacked(
        path,
        lambda name, content: content.replace(b'r="2"', b'r="90000"').replace(b'r="A2"', b'r="A90000"') if "sheet1" in name else content,
    )
    assert read(path)[1] == [(90_000, ["1"], "")]
