"""CSV files: whichever way they are written they are read right, or it is said what is wrong, with the line."""

from __future__ import annotations

import csv
import gzip
import os
import tracemalloc
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.base.errors import PortalError
from portal.faces.commands import explain
from portal.intake import Reader, Unreadable, open_sheet
from portal.intake.encodings import Undecipherable
from portal.intake.sheets import LONGEST_LINE, Sheet
from tests.intake.files import HEADINGS, LI, PEOPLE, WANG, text_of

Lines = list[tuple[int, list[str], str]]
FRENCH = "id,name\n1,Éloïse Lefèvre\n2,Benoît Côté\n3,Zoé Müller\n4,Françoise Çelik\n"


def read(path: Path, reader: Reader | None = None) -> tuple[tuple[str, ...], Lines]:
    """Give the headings, and of each row its line, its cells and what is wrong with it."""
    with open_sheet(path, reader or Reader()) as sheet:
        return sheet.header, [(line, list(cells), fault.sentence if fault else "") for line, cells, fault in sheet.rows()]


def saved(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def complaint(path: Path, reader: Reader | None = None) -> str:
    with pytest.raises((Unreadable, Undecipherable)) as caught:
        read(path, reader)
    return explain(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_the_characters_of_a_file_are_found_out(tmp_path: Path, encoding: str) -> None:
    header, lines = read(saved(tmp_path, text_of(PEOPLE), encoding))
    assert header == HEADINGS
    assert [cells for _, cells, _ in lines] == [list(row) for row in PEOPLE]


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-16-le", "UTF-16-LE"), ("utf-16-be", "utf-16-be"), ("big5", "big5"), ("gb18030", "GBK")]
)
def test_the_characters_of_a_file_may_be_said(tmp_path: Path, encoding: str, named: str) -> None:
    _, lines = read(saved(tmp_path, "id,name\n1,王大同\n", encoding), Reader(encoding=named))
    assert lines == [(2, ["1", "王大同"], "")]


def test_french_is_not_taken_for_chinese(tmp_path: Path) -> None:
    path = saved(tmp_path, FRENCH, "cp1252")
    assert complaint(path).startswith("Line 2 is not UTF-8, and which characters it is written in cannot be told.")
    assert read(path, Reader(encoding="cp1252"))[1][0][1] == ["1", "Éloïse Lefèvre"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\n\n,,\n", "The file has no headings."),
        (b"\xef\xbb\xbf", "The file has no headings."),
        ("id,name\n1,王\n".encode("utf-32"), "UTF-32"),
        ("id,name\n1,wang\n".encode("utf-16-le"), "--encoding utf-16-le"),
        (b"id,name\n1,\x80\xff\n", "Line 2 is not UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or an encrypted workbook"),
        (b'id,"name\n1,2\n', "headings cannot be read"),
        (b"x" * (LONGEST_LINE + 5), "headings cannot be read"),
        (",".join(map(str, range(1200))).encode(), "1200 columns"),
        (gzip.compress(b"id,name\n", mtime=0), "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in complaint(saved(tmp_path, content))


def test_an_encoding_nobody_knows_and_one_that_does_not_fit_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "id,name\n1,王\n2,李\n", "gbk")
    assert "klingon is no encoding known here" in complaint(path, Reader(encoding="klingon"))
    assert complaint(path, Reader(encoding="utf-8")) == "Line 2 cannot be read as utf-8-sig."


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n"])
def test_a_delimiter_is_one_character(tmp_path: Path, delimiter: str) -> None:
    assert "one character" in complaint(saved(tmp_path, "a,b\n"), Reader(delimiter))


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_cells_may_be_parted_otherwise(tmp_path: Path, delimiter: str) -> None:
    path = saved(tmp_path, text_of(PEOPLE, delimiter=delimiter))
    assert read(path, Reader(delimiter))[1][1][1] == list(LI)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system_and_the_last_not_at_all(tmp_path: Path, end: str) -> None:
    path = saved(tmp_path, end.join(["id,name", "1,a", "", "2,b", ",", "3,c"]))
    assert read(path)[1] == [(2, ["1", "a"], ""), (4, ["2", "b"], ""), (6, ["3", "c"], "")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1", "There are 1 cells where the headings are 3."),
        ("1,a,b,c", "There are 4 cells where the headings are 3."),
        ("id,name,note", "The headings stand here again."),
        ('1,"a"b,c', "Something follows a closing quotation mark."),
        ("1," + "x" * 200_000 + ",c", "A quotation mark is opened and never closed."),
        ("1," + "x" * LONGEST_LINE + ",c", "The line is longer than 1,000,000 characters."),
    ],
)
def test_a_row_that_is_wrong_is_given_in_its_place_and_the_next_are_read(tmp_path: Path, row: str, said: str) -> None:
    _, lines = read(saved(tmp_path, f"id,name,note\n0,x,y\n{row}\n2,x,y\n"))
    assert [(line, wrong) for line, _, wrong in lines] == [(2, ""), (3, said), (4, "")]


def test_a_quote_that_is_never_closed_costs_the_lines_it_swallows_and_says_which(tmp_path: Path) -> None:
    path = saved(tmp_path, 'id,name\n1,a\n2,"b\n3,c\n4,d\n')
    with open_sheet(path) as sheet:
        rows = list(sheet.rows())
    assert [line for line, _, _ in rows] == [2, 3]
    assert rows[1][2] is not None
    assert (rows[1][2].sentence, rows[1][2].value) == ("A quotation mark is opened and never closed.", "lines 3 to 5")


def test_a_quote_that_the_next_row_closes_costs_these_two_alone(tmp_path: Path) -> None:
    _, lines = read(saved(tmp_path, 'id,name\n1,"a\n2,"b"\n3,c\n'))
    assert [(line, bool(wrong)) for line, _, wrong in lines] == [(2, True), (4, False)]


def test_zero_bytes_are_given_as_they_stand(tmp_path: Path) -> None:
    assert read(saved(tmp_path, b"id,name\n1,a\0b\n"))[1] == [(2, ["1", "a\0b"], "")]


def test_a_line_of_two_hundred_megabytes_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    with path.open("wb") as file:
        file.write(b"id,name\n1,a\n2,")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b"\n3,c\n")
    tracemalloc.start()
    try:
        lines = read(path)[1]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(line, bool(wrong)) for line, _, wrong in lines] == [(2, False), (3, True), (4, False)]
    assert peak < 20_000_000, peak


def test_a_file_that_is_changed_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, text_of(PEOPLE))

    def read_slowly() -> None:
        with open_sheet(path) as sheet:
            list(sheet.rows())
            os.utime(path, (1, 1))

    with pytest.raises(Unreadable, match="changed while it was read"):
        read_slowly()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "is no file" in complaint(tmp_path)


def test_how_far_a_file_is_read_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, text_of([WANG] * 3000))

    def share(sheet: Sheet) -> float:
        done, whole = sheet.progress()
        return done / whole

    with open_sheet(path) as sheet:
        start = share(sheet)
        rows = list(sheet.rows())
        assert (len(rows), start < 0.2, share(sheet)) == (3000, True, 1.0)


_cell = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)


@given(st.lists(st.tuples(_cell, _cell, _cell), max_size=8), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_spreadsheet_writes_is_read_back(tmp_path: Path, rows: list[tuple[str, str, str]], encoding: str) -> None:
    out = StringIO()
    csv.writer(out).writerows([("head one", "b", "c"), *rows])
    _, lines = read(saved(tmp_path, out.getvalue(), encoding))
    assert [cells for _, cells, _ in lines] == [list(row) for row in rows if any(row)]


@given(st.binary(max_size=400), st.sampled_from(["auto", "gb18030", "utf-16", "latin-1"]))
@example(b'a,b\n"\n', "auto")
@example(b"PK\x03\x04", "auto")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_rows_or_a_refusal(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = saved(tmp_path, content)
    try:
        header, lines = read(path, Reader(encoding=encoding))
    except PortalError:
        return
    assert all(wrong or len(cells) == len(header) for _, cells, wrong in lines)
    assert len({line for line, _, _ in lines}) == len(lines), "no two rows stand on one line"
