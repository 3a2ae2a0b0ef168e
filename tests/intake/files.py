"""Files and mappings as an operator has them, and importing them the way the command line does."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.intake import (
    Comparison,
    Job,
    Reader,
    Staging,
    Tally,
    Writing,
    claim_import,
    open_sheet,
    prepare_job,
    read_mapping,
    stage_file,
    write_rejects,
)
from portal.intake.rows import RowReader, Told

HEADINGS = ("编号", "姓名", "手机号", "性别", "出生日期", "入网日期", "等级", "合约", "省份", "城市", "区县", "地址", "套餐", "宽带")
WANG = (
    "C-1",
    "王若曦",
    "13957100001",
    "女",
    "1988-04-17",
    "2019-03-05",
    "金",
    "两年",
    "浙江省",
    "杭州市",
    "西湖区",
    "文三路 90 号",
    "畅聊",
    "光纤",
)
LI = (
    "C-2",
    "李国强",
    "13957100002",
    "男",
    "1971/12/3",
    "2021-07-01",
    "",
    "按月",
    "浙江省",
    "杭州市",
    "上城区",
    "河坊街 1 号",
    "畅聊",
    "无",
)
KEYS = ("C-3", "Alicia Keys", "139 5710 0003", "", "", "2022-01-31", "银", "一年", "", "", "", "", "大流量", "")
PEOPLE = (WANG, LI, KEYS)

MAPPING = """
source = "crm"
[fields]
external_id = "编号"
name = "姓名"
number = "手机号"
gender = "性别"
birth_date = "出生日期"
since = "入网日期"
tier = { column = "等级", values = { "金" = "gold", "银" = "silver" }, default = "standard" }
term = { column = "合约", values = { "按月" = "monthly", "一年" = "one_year", "两年" = "two_years" } }
language = { constant = "zh" }
[address]
province = "省份"
city = "城市"
area = "区县"
line = "地址"
[[products]]
column = "套餐"
values = { "畅聊" = "voice_standard", "大流量" = "voice_large" }
[[products]]
column = "宽带"
values = { "光纤" = "internet_fibre", "无" = "" }
"""
SMALL = 'source = "crm"\n[fields]\nexternal_id = "id"\nname = "name"\nnumber = "number"\n'
OURS = (
    *("party", "customer", "customer_role", "account", "subscription", "number_holding", "product", "agreement", "address"),
    *("search_key", "imported_customer", "interaction", "outbox_event"),
)
"""Every table that an import may write but the notes of the run itself."""

Rows = Iterable[Sequence[str]]


def text_of(rows: Rows, headings: Sequence[str] = HEADINGS, delimiter: str = ",") -> str:
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows([headings, *rows])
    return out.getvalue()


def write(path: Path, rows: Rows, headings: Sequence[str] = HEADINGS) -> Path:
    path.write_text(text_of(rows, headings), "utf-8")
    return path


def mapping_file(folder: Path, text: str = MAPPING) -> Path:
    path = folder / "mapping.toml"
    path.write_text(text, "utf-8")
    return path


def changed(row: Sequence[str], **cells: str) -> tuple[str, ...]:
    """Give a row with other cells: changed(WANG, 姓名="王曦")."""
    return tuple(cells.get(heading, cell) for heading, cell in zip(HEADINGS, row, strict=True))


def job_for(database: Database, mapping: Path, now: datetime, source: str | None = None) -> Job:
    read = read_mapping(mapping)
    with database.reading() as session:
        return prepare_job(session, read, source or read.source or "crm", currency="CNY", country="CN", now=now)


def bring_in(
    database: Database, keys: Keys, file: Path, mapping: str = MAPPING, *, now: datetime, dry_run: bool = False, source: str | None = None,
    reader: Reader | None = None, rejects: Path | None = None,
) -> Tally:  # fmt: skip
    """Import a file, as `flask import customers` does, and give what was found."""
    job = job_for(database, mapping_file(file.parent, mapping), now, source)
    with open_sheet(file, reader or Reader()) as sheet, stage_file(sheet, job) as staging:
        if dry_run:
            with database.reading() as session:
                Comparison(session, staging, job).run()
        else:
            write_all(database, keys, staging, job, file.name)
        if rejects is not None:
            write_rejects(staging, rejects)
        return staging.tally


def write_all(database: Database, keys: Keys, staging: Staging, job: Job, name: str) -> None:
    with database.writing() as session:
        claim_import(session)
        Comparison(session, staging, job).run()
        made = Writing(session, staging, job)
        made.write()
        made.close(keys.audit[0], file_name=name, file_sha256="0" * 64, ended_at=job.now + timedelta(seconds=1))


def read_row(database: Database, row: Sequence[str], mapping: Path, now: datetime) -> Told:
    """Give what one row says."""
    told = RowReader(job_for(database, mapping, now), HEADINGS).read(row)
    assert isinstance(told, Told)
    return told


def rows_of(database: Database, tables: Sequence[str] = OURS) -> Mapping[str, list[tuple[Any, ...]]]:
    """Give every row of these tables, in the order of their keys."""
    with database.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for name in tables
            if (table := Base.metadata.tables[name]) is not None
        }


def reasons(tally: Tally) -> dict[str, int]:
    """Give how often for which reason."""
    return {f"{column}: {sentence}" if column else sentence: count for (column, sentence), count in tally.reasons.items()}


def rejected(path: Path) -> list[dict[str, str]]:
    """Read the file of rejected rows as a spreadsheet does."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
