"""The file of rejected rows: mended, it is imported as it stands; opened in a spreadsheet, it does nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.base.db import Database
from portal.faces.commands import explain
from portal.intake import rejects_path
from portal.intake.fields import Fault, cleaned
from portal.intake.rejects import BadRejects, harmless
from tests.intake.conftest import Import
from tests.intake.files import HEADINGS, KEYS, LI, PEOPLE, WANG, bring_in, changed, rejected

BAD = changed(WANG, 手机号="+86 12", 姓名="=HYPERLINK(0)")


def test_a_rejected_row_stands_there_with_its_cells_line_and_reason(imports: Import, tmp_path: Path) -> None:
    place = tmp_path / "no.csv"
    imports([LI, BAD, KEYS], rejects=place)
    assert place.read_bytes().startswith(b"\xef\xbb\xbf"), "a spreadsheet knows UTF-8 by its mark"
    assert place.stat().st_mode & 0o777 == 0o600, "it holds people's data"
    (row,) = rejected(place)
    assert list(row) == [*HEADINGS, "line", "reason"]
    assert (row["line"], row["编号"], row["姓名"], row["手机号"]) == ("3", "C-1", "'=HYPERLINK(0)", "'+86 12")
    assert row["reason"] == "手机号: A mobile number has 11 digits and starts with 1, such as 138 1234 5678. (+86 12)"


def test_rejected_rows_are_mended_and_imported_from_their_own_file(imports: Import, database: Database, keys, now, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "no.csv"
    imports([LI, BAD], rejects=place)
    place.write_text(place.read_text("utf-8-sig").replace("'+86 12,", "'+86 13957100001,"), "utf-8-sig")
    tally = bring_in(database, keys, place, now=now, rejects=tmp_path / "again.csv")
    assert (tally.rows, tally.added, tally.missing) == (1, 1, 1)
    with database.reading() as session:
        names = set(session.connection().exec_driver_sql("SELECT name FROM party").scalars())
    assert "=HYPERLINK(0)" in names, "the apostrophe was the spreadsheet's, not the name's"


def test_rows_rejected_again_do_not_gather_columns(imports: Import, database: Database, keys, now, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = tmp_path / "no.csv", tmp_path / "again.csv"
    imports([LI, BAD], rejects=first)
    bring_in(database, keys, first, now=now, rejects=second)
    (row,) = rejected(second)
    assert list(row) == [*HEADINGS, "line", "reason"]
    assert row["line"] == "2"


def test_rows_of_any_width_keep_their_place_in_the_file(imports: Import, tmp_path: Path) -> None:
    place = tmp_path / "no.csv"
    imports([WANG[:3], (*LI, "extra", "more"), changed(KEYS, 姓名="a\x1fb")], rejects=place)
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {len(HEADINGS) + 2}
    assert [row[-2] for row in rows[1:]] == ["2", "3", "4"]
    assert rows[2][-3] == "无 extra more"


def test_without_rejected_rows_the_file_of_an_earlier_run_goes(imports: Import, tmp_path: Path) -> None:
    usual, other = tmp_path / "customers.csv.rejected.csv", tmp_path / "mine.csv"
    for place in (usual, other):
        imports([BAD], rejects=place)
        assert place.exists()
        imports(PEOPLE, rejects=place)
    assert (usual.exists(), other.exists()) == (False, True), "a file named by hand is nobody else's to remove"


def test_rejected_rows_never_take_the_place_of_what_is_read(tmp_path: Path) -> None:
    file, mapping = tmp_path / "a.csv", tmp_path / "m.toml"
    assert rejects_path(file, None, mapping) == tmp_path / "a.csv.rejected.csv"
    for taken in (file, mapping, tmp_path / "." / "a.csv"):
        with pytest.raises(BadRejects) as caught:
            rejects_path(file, taken, mapping)
        assert "need a file of their own" in explain(caught.value)
    with pytest.raises(BadRejects, match="no folder"):
        rejects_path(file, tmp_path / "none" / "a.csv")


def test_a_place_that_cannot_be_written_is_said(imports: Import, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(BadRejects, match="cannot be written"):
        imports([BAD], rejects=tmp_path / "taken.csv")
    assert [each.name for each in tmp_path.glob("*.new")] == []


@given(st.text(max_size=20))
@example("=1+1")
@example("\t=1")
@example("\r")
@example("-")
def test_no_cell_that_is_written_is_calculated(text: str) -> None:
    written = harmless(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert "\0" not in written
    if "\0" in text:
        return
    try:
        assert cleaned(written) == cleaned(text)
    except Fault:
        with pytest.raises(Fault):
            cleaned(text)
