"""The first pass: rows against each other, rules, reasons, and that no row is counted twice or lost."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.customers import create_customer, find_holder
from portal.intake import Tally, open_sheet, stage_file
from portal.intake.rows import customer_of
from portal.intake.staging import AT_ONCE
from tests.cast import Cast
from tests.intake.conftest import Import
from tests.intake.files import KEYS, LI, PEOPLE, SMALL, WANG, changed, job_for, mapping_file, reasons, rejected, write

SMALL_HEADINGS = ("id", "name", "number")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (changed(WANG, 编号=""), "编号: The id is missing."),
        (changed(WANG, 姓名="", 手机号=""), "There is neither a name nor a number."),
        (changed(WANG, 手机号=""), "There are products but no number they belong to."),
        (changed(WANG, 手机号="12345"), "手机号: A mobile number has 11 digits and starts with 1, such as 138 1234 5678."),
        (changed(WANG, 手机号="1.3957E+10"), "手机号: Enter a mobile number, such as 138 1234 5678."),
        (changed(WANG, 手机号="+1 202 555 0100"), "手机号: Enter a number of this country; numbers from abroad cannot be used here."),
        (changed(WANG, 出生日期="1988-02-30"), "出生日期: There is no such day."),
        (changed(WANG, 入网日期="2027-01-01"), "入网日期: The day lies before 1900 or in the future."),
        (changed(WANG, 性别="猫"), "性别: The value is not known."),
        (changed(WANG, 合约="三年"), "合约: The value is not known."),
        (changed(WANG, 套餐="无限"), "套餐: The value is not known."),
        (changed(WANG, 姓名="王" * 101), "姓名: It is longer than 100 characters."),
        (changed(WANG, 姓名="王\x00"), "姓名: There is a control character in it."),
        (changed(WANG, 地址="一" * 201), "地址: It is longer than 200 characters."),
        (WANG[:-1], "There are 13 cells where the headings are 14."),
    ],
)
def test_a_row_that_is_wrong_is_rejected_with_the_column_and_a_sentence(imports: Import, row: tuple[str, ...], reason: str) -> None:
    tally = imports([row, LI], dry_run=True)
    assert reasons(tally) == {reason: 1}
    assert (tally.rows, tally.added, tally.rejected) == (2, 1, 1)


def test_of_two_rows_with_one_id_or_one_number_the_first_stands(imports: Import, tmp_path: Path) -> None:
    rows = [WANG, changed(LI, 编号="C-1"), changed(KEYS, 手机号="+86 139-5710-0001"), LI]
    tally = imports(rows, rejects=tmp_path / "no.csv")
    assert tally.added == 2
    told = [row["reason"] for row in rejected(tmp_path / "no.csv")]
    assert told == ["Another row above has this id. (line 2)", "Another row above has this number. (line 2)"]


def test_a_row_that_was_rejected_still_bears_its_id(imports: Import) -> None:
    tally = imports([changed(WANG, 手机号="1"), WANG])
    assert (tally.added, tally.rejected) == (0, 2)


def test_the_same_number_in_two_columns_of_a_row_is_one_line(imports: Import, database: Database) -> None:
    mapping = SMALL.replace('"number"', '["number", "second"]')
    imports([("1", "王", "13957100001", "139 5710 0001")], headings=(*SMALL_HEADINGS, "second"), mapping=mapping)
    with database.reading() as session:
        assert find_holder(session, "13957100001") is not None


def test_twenty_thousand_times_the_same_row_is_one_customer_and_a_report(imports: Import, tmp_path: Path) -> None:
    tally = imports([("1", "王若曦", "13957100001")] * 20_000, headings=SMALL_HEADINGS, mapping=SMALL, rejects=tmp_path / "no.csv")
    assert (tally.added, tally.rejected) == (1, 19_999)
    assert reasons(tally) == {"Another row above has this id.": 19_999}
    assert len(rejected(tmp_path / "no.csv")) == 19_999


RULES = """
[[rules]]
when = { name = ["left", "gone"] }
then = "skip"
because = "has left"
[[rules]]
when = { name = "", number = "13957100001" }
then = "take"
because = "known by the number"
[[rules]]
when = { name = "" }
then = "reject"
because = "Nobody has no name."
"""


def test_rules_leave_out_take_and_reject_and_are_counted(imports: Import) -> None:
    rows = [("1", "Left ", "13957100009"), ("2", "", "13957100001"), ("3", "", "13957100002"), ("4", "王", "13957100003")]
    tally = imports(rows, headings=SMALL_HEADINGS, mapping=SMALL + RULES)
    assert (tally.rows, tally.added, tally.left_out, tally.rejected) == (4, 2, 1, 1)
    assert tally.rules == Counter({("left out", "has left"): 1, ("taken", "known by the number"): 1})
    assert reasons(tally) == {"name: Nobody has no name.": 1}


def test_a_row_that_is_left_out_still_names_its_customer(imports: Import) -> None:
    imports([("1", "王", "13957100009")], headings=SMALL_HEADINGS, mapping=SMALL + RULES)
    tally = imports([("1", "gone", "13957100009")], headings=SMALL_HEADINGS, mapping=SMALL + RULES)
    assert (tally.left_out, tally.missing, tally.changed) == (1, 0, 0)


def test_progress_is_told_to_the_end(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    file = write(tmp_path / "many.csv", [(str(place), "王", "") for place in range(2 * AT_ONCE + 5)], SMALL_HEADINGS)
    told: list[tuple[int, int]] = []
    with open_sheet(file) as sheet, stage_file(sheet, job_for(database, mapping_file(tmp_path, SMALL), now), lambda *at: told.append(at)):
        pass
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    assert len(told) == 3


def test_nothing_is_left_behind_on_the_disk(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    file, mapping = write(folder / "file.csv", PEOPLE), mapping_file(folder)
    with open_sheet(file) as sheet, stage_file(sheet, job_for(database, mapping, now)) as staging:
        assert sorted(folder.iterdir()) == [file, mapping]
        assert [face.external_id for faces in staging.faces() for face in faces] == ["C-1", "C-2", "C-3"]


_ids = st.sampled_from(["1", "2", "3", "4", "", "\x01", "x" * 70])
_people = st.sampled_from(["王", "left", "", "李\n", "n" * 101])
_numbers = st.sampled_from(["13957100001", "139 5710 0002", "13957100003", "", "12", "13857101234"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(st.lists(st.tuples(_ids, _people, _numbers) | st.tuples(_ids, _people), max_size=12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_taken_left_out_or_rejected_and_never_two_of_these(imports: Import, rows: list[tuple[str, ...]]) -> None:
    tally: Tally = imports(rows, headings=SMALL_HEADINGS, mapping=SMALL + RULES, dry_run=True)
    filled = [row for row in rows if any(row) or len(row) != 3]
    assert tally.rows == len(filled)
    assert tally.rows == tally.accepted + tally.left_out + tally.rejected
    assert sum(tally.reasons.values()) == tally.rejected
    assert tally.accepted <= 4, "no id is taken twice"


@pytest.mark.parametrize("row", PEOPLE)
def test_a_row_describes_somebody_whom_the_portal_itself_would_make(
    row: tuple[str, ...], database: Database, cast: Cast, now: datetime, tmp_path: Path
) -> None:
    job = job_for(database, mapping_file(tmp_path), now)
    with open_sheet(write(tmp_path / "one.csv", [row])) as sheet, stage_file(sheet, job) as staging:
        ((face,),) = staging.faces()
        told = customer_of(face.external_id, staging.values_of(face.line), job)
    with database.writing() as session:
        made = create_customer(session, told, now=now)
        assert find_holder(session, told.lines[0].number).customer_id == made.customer_id  # type: ignore[union-attr]
