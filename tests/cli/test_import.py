"""`flask import`: what is said, how it ends, and that whatever a file holds it is a report and never a trace."""

from __future__ import annotations

import csv
import gzip
import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Database
from portal.catalog import load_catalog
from portal.customers import NewCustomer, NewLine, create_customer
from portal.demo.sources import DATA
from portal.intake.mapping import SHIPPED
from portal.intake.models import ImportRun
from tests.cast import NOW
from tests.cli.conftest import Run
from tests.intake.files import HEADINGS, LI, MAPPING, PEOPLE, SMALL, WANG, changed, mapping_file, rejected, rows_of, write


@pytest.fixture
def stocked(migrated: Database) -> Database:
    """Give a migrated database with the catalogue and one customer, who holds 13857101234."""
    with migrated.writing() as session:
        load_catalog(session)
        create_customer(session, NewCustomer("王爱丽", lines=(NewLine("13857101234"),)), now=NOW)
    return migrated


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file of three customers."""
    return write(tmp_path / "people.csv", PEOPLE)


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    """Give the mapping of that file."""
    return str(mapping_file(tmp_path))


def customers(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM customer")) or 0


def said(output: str) -> dict[str, str]:
    """Give the report's figures by their names."""
    return {name.strip(): figure.strip() for name, _, figure in (line.partition(":") for line in output.splitlines())}


def test_customers_are_imported_and_the_report_says_how_many(stocked: Database, run: Run, file: Path, mapping: str) -> None:
    done = run("import", "customers", str(file), "--mapping", mapping)
    assert done.exit_code == 0, done.output
    report = said(done.stdout)
    assert (report["Added"], report["Changed"], report["Unchanged"], report["Rejected"]) == ("3", "0", "0", "0")
    assert report["Customers of crm"] == "0 before, 3 now."
    assert done.stdout.startswith("3 rows (CSV, utf-8) in ")
    assert "Writing" in done.stderr, "bars go where they are in nobody's way"
    assert customers(stocked) == 4
    with stocked.reading() as session:
        (noted,) = session.scalars(sa.select(ImportRun)).all()
        assert session.scalar(sa.select(AuditEntry.actor).where(AuditEntry.action == "customers.imported")) == "operator"
    assert noted.counts == {"added": 3, "changed": 0, "unchanged": 0, "rejected": 0, "left_out": 0, "missing": 0}
    assert (noted.file_name, noted.source, noted.started_at < noted.ended_at) == ("people.csv", "crm", True)
    assert len({noted.file_sha256, noted.mapping_sha256, "0" * 64}) == 3
    assert run("audit", "verify").exit_code == 0


def test_the_same_file_again_changes_nothing_and_a_changed_one_says_what(stocked: Database, run: Run, file: Path, mapping: str) -> None:
    run("import", "customers", str(file), "--mapping", mapping)
    before = rows_of(stocked)
    again = run("import", "customers", str(file), "--mapping", mapping)
    assert (again.exit_code, said(again.stdout)["Unchanged"]) == (0, "3")
    assert rows_of(stocked) == before
    write(file, [changed(WANG, 姓名="王曦", 等级="银"), LI])
    third = run("import", "customers", str(file), "--mapping", mapping)
    assert third.exit_code == 0
    assert said(third.stdout)["Changed"] == "1 (name 1, tier 1)"
    assert said(third.stdout)["Not in this file any more, and left alone"] == "1"


def test_rejected_rows_go_to_a_file_and_the_command_ends_with_1(stocked: Database, run: Run, file: Path, mapping: str) -> None:
    write(file, [changed(WANG, 手机号="138 5710 1234"), LI, changed(LI, 编号="C-9", 手机号="12"), changed(LI, 编号="C-8", 手机号="13")])
    done = run("import", "customers", str(file), "--mapping", mapping)
    assert done.exit_code == 1, done.output
    assert "  2 rejected: 手机号: A mobile number has 11 digits and starts with 1, such as 138 1234 5678." in done.stdout.splitlines()
    assert "  1 rejected: number: This number belongs to somebody already." in done.stdout.splitlines()
    place = file.with_name("people.csv.rejected.csv")
    assert f"Rejected rows: {place}" in done.stdout
    assert [row["line"] for row in rejected(place)] == ["2", "4", "5"]
    assert "13857101234" not in done.stdout, "the report names nobody"
    assert customers(stocked) == 2


def test_when_no_row_is_right_nothing_is_done_and_the_command_ends_with_2(stocked: Database, run: Run, file: Path, mapping: str) -> None:
    write(file, [changed(WANG, 手机号="12")])
    assert run("import", "customers", str(file), "--mapping", mapping).exit_code == 2
    write(file, [])
    empty = run("import", "customers", str(file), "--mapping", mapping)
    assert (empty.exit_code, empty.stdout.startswith("0 rows")) == (2, True)
    with stocked.reading() as session:
        assert session.scalars(sa.select(ImportRun)).all() == []
    assert customers(stocked) == 1


def test_a_dry_run_writes_nothing_but_the_rejected_rows(stocked: Database, run: Run, file: Path, mapping: str, tmp_path: Path) -> None:
    write(file, [*PEOPLE, changed(WANG, 编号="C-9")])
    place = tmp_path / "wrong.csv"
    done = run("import", "customers", str(file), "--mapping", mapping, "--dry-run", "--rejects", str(place))
    assert done.exit_code == 1
    assert "Nothing was written: a dry run." in done.stdout
    assert (said(done.stdout)["To add"], len(rejected(place)), customers(stocked)) == ("3", 1, 1)


def test_a_source_may_be_named_and_keeps_its_ids_to_itself(stocked: Database, run: Run, file: Path, mapping: str) -> None:
    assert run("import", "customers", str(file), "--mapping", mapping, "--source", "old system").exit_code == 0
    assert said(run("import", "customers", str(file), "--mapping", mapping, "--source", "old system").stdout)["Unchanged"] == "3"
    assert run("import", "customers", str(file), "--mapping", mapping).exit_code == 2, "the numbers are taken"
    assert "1 to 40 characters" in run("import", "customers", str(file), "--mapping", mapping, "--source", "s" * 41).stderr


def test_delimiter_and_encoding_may_be_said_in_the_mapping_or_at_the_call(stocked: Database, run: Run, file: Path, tmp_path: Path) -> None:
    file.write_text("id\tname\tnumber\n1\t王\t13957100001\n", "gb18030")
    mapping = str(mapping_file(tmp_path, 'delimiter = "tab"\nencoding = "gb18030"\n' + SMALL))
    assert run("import", "customers", str(file), "--mapping", mapping).exit_code == 0
    plain = str(mapping_file(tmp_path, SMALL))
    again = run("import", "customers", str(file), "--mapping", plain, "--delimiter", "tab", "--encoding", "gb18030")
    assert (again.exit_code, said(again.stdout)["Unchanged"]) == (0, "1")
    wrong = run("import", "customers", str(file), "--mapping", plain, "--encoding", "gb18030")
    assert wrong.exit_code == 2
    assert "is the --delimiter another?" in wrong.stderr


BAD_FILES = {
    "empty": b"",
    "blank": b"\n\n  \n",
    "no text": bytes(range(256)) * 40,
    "latin": "id,name,number\n1,Éloïse,13957100001\n".encode("latin-1"),
    "utf-16 without its mark": "id,name,number\n".encode("utf-16-le"),
    "utf-32": "id,name,number\n".encode("utf-32"),
    "a torn quote": b'id,"name,number\n1,2,3\n',
    "headings twice": b"id,name,name,number\n1,a,b,13957100001\n",
    "a column missing": b"id,name\n1,a\n",
    "other delimiters": b"id;name;number\n1;a;13957100001\n",
    "half a workbook": b"PK\x03\x04" + bytes(400),
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(400),
    "zeros": bytes(5000),
    "one long line": b"x" * 3_000_000,
    "zero bytes in every row": b"id,name,number\n1,a\0b,13957100001\n\0,\0,\0\n",
    "every row torn": b'id,name,number\n"1"x,a,b\n"2"x,a,b\n',
    "a huge row": b"id,name,number\n" + b"1," * 200_000 + b"\n",
    "a huge cell": b'id,name,number\n1,"' + b"y" * 500_000 + b'",13957100001\n',
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_whatever_a_file_holds_it_is_a_report_and_never_a_trace(stocked: Database, run: Run, tmp_path: Path, name: str) -> None:
    file, mapping = tmp_path / "bad.csv", str(mapping_file(tmp_path, SMALL))
    file.write_bytes(BAD_FILES[name])
    before = customers(stocked)
    for command in (("customers", str(file), "--mapping", mapping), ("mapping", str(file))):
        done = run("import", *command)
        assert done.exit_code in (0, 2), done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.output
        assert done.exit_code == 0 or done.stderr or done.stdout
    assert run("import", "customers", str(file), "--mapping", mapping).exit_code == 2
    assert customers(stocked) == before


def test_a_mapping_that_is_wrong_is_one_line(stocked: Database, run: Run, file: Path, tmp_path: Path) -> None:
    for text, words in (('[fields]\nname = "x"\n', "external_id"), (MAPPING.replace("voice_large", "voice_huge"), "voice_huge")):
        done = run("import", "customers", str(file), "--mapping", str(mapping_file(tmp_path, text)))
        assert done.exit_code == 2
        assert [line for line in done.stderr.splitlines() if line.startswith("Error: ") and words in line]
    assert "these ship: wa_churn" in run("import", "customers", str(file), "--mapping", "none").stderr


def wa_churn(folder: Path, count: int = 7_043) -> Path:
    """Write wa_churn with an id and a number to each row, as docs/importing.md says."""
    with gzip.open(DATA / "wa_churn.csv.gz", "rt", encoding="utf-8", newline="") as source:
        header, *rows = list(csv.reader(source))[: count + 1]
    numbered = [(f"WA-{place:05d}", f"1391{place:07d}", *row) for place, row in enumerate(rows, 1)]
    return write(folder / "wa_churn.csv", numbered, ("customer_id", "number", *header))


def test_wa_churn_is_imported_by_the_mapping_that_ships(stocked: Database, run: Run, tmp_path: Path) -> None:
    done = run("import", "customers", str(wa_churn(tmp_path)), "--mapping", "wa_churn")
    assert done.exit_code == 0, done.output
    assert (said(done.stdout)["Added"], said(done.stdout)["Left out"]) == ("5,174", "1,869")
    lines = done.stdout.splitlines()
    assert "  11 taken by a rule: joined this month: nothing has been charged yet" in lines
    assert "  1,869 left out by a rule: has left the operator" in lines
    assert customers(stocked) == 5_175


def test_without_the_rule_that_takes_them_the_eleven_blank_totals_are_rejected(stocked: Database, run: Run, tmp_path: Path) -> None:
    shipped = (SHIPPED / "wa_churn.toml").read_text("utf-8")
    first, take, rest = shipped.partition('[[rules]]\nwhen = { total_charges = "", tenure = "0" }')
    assert take
    mapping = mapping_file(tmp_path, first + rest[rest.index("[[rules]]") :])
    file = wa_churn(tmp_path)
    done = run("import", "customers", str(file), "--mapping", str(mapping), "--dry-run")
    assert done.exit_code == 1, done.output
    assert "  11 rejected: total_charges: The total charges are missing." in done.stdout.splitlines()
    rows = rejected(tmp_path / "wa_churn.csv.rejected.csv")
    assert {(row["tenure"], row["total_charges"], row["reason"]) for row in rows} == {
        ("0", "", "total_charges: The total charges are missing.")
    }
    assert len(rows) == 11


def test_a_mapping_is_proposed_that_can_be_used(stocked: Database, run: Run, file: Path, tmp_path: Path) -> None:
    done = run("import", "mapping", str(file))
    assert done.exit_code == 0
    read = tomllib.loads(done.stdout)
    assert read["fields"] == {
        "external_id": "编号",
        "name": "姓名",
        "number": "手机号",
        "gender": "性别",
        "birth_date": "出生日期",
        "since": "入网日期",
        "tier": {"column": "等级", "values": {"金": "gold", "银": "silver"}},
        "term": {"column": "合约", "values": {"两年": "two_years", "按月": "monthly", "一年": "one_year"}},
    }
    assert read["address"] == {"province": "省份", "city": "城市", "area": "区县", "line": "地址"}
    assert '#   宽带: "光纤", "无"' in done.stdout
    mapping = str(mapping_file(tmp_path, done.stdout))
    assert run("import", "customers", str(file), "--mapping", mapping).exit_code == 0


def test_a_proposal_holds_nobodys_data(run: Run, tmp_path: Path) -> None:
    rows = [changed(WANG, 编号=f"C-{place}", 姓名=f"王{place}", 地址=f"secret street {place}") for place in range(40)]
    file = write(tmp_path / "people.csv", [(*row, f"note {row[0]}") for row in rows], (*HEADINGS, "备注"))
    done = run("import", "mapping", str(file))
    assert "secret street" not in done.stdout
    assert "#   备注: many values" in done.stdout


def test_a_file_without_any_known_heading_is_proposed_what_is_missing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text('"a""b",\'=x\n1,2\n', "utf-8")
    done = run("import", "mapping", str(file))
    assert done.exit_code == 0
    assert "# external_id = " in done.stdout
    assert tomllib.loads(done.stdout)["fields"] == {}
