"""An operator's own file: the whole import against a bare bulk insert of the same rows, and the memory it takes."""

from __future__ import annotations

import contextlib
import csv
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import sqlalchemy as sa

from bench.figures import Figure
from bench.house import House, opened
from bench.places import ROOT
from bench.runs import Run
from bench.sets import BenchError, DataSet
from bench.timing import wall_seconds
from portal.base.bulk import BulkWriter
from portal.base.db import Base, Database
from portal.catalog import load_catalog
from portal.customers import search_keys_of
from portal.demo.names import draw_name
from portal.demo.places import number_of

ROWS, ROUNDS = 20_000, 3
TABLES = (
    *("party", "customer", "customer_role", "account", "subscription", "number_holding", "product", "agreement", "address"),
    *("search_key", "imported_customer"),
)
"""What an import of new customers writes, parents first."""
_MEGA = 1_000_000
_HEADINGS = (
    "编号",
    "姓名",
    "手机号",
    "性别",
    "出生日期",
    "入网日期",
    "合约",
    "付款方式",
    "电子账单",
    "省份",
    "城市",
    "区县",
    "地址",
    "套餐",
    "宽带",
)
_MAPPING = """
source = "bench"
[fields]
external_id = "编号"
name = "姓名"
number = "手机号"
gender = "性别"
birth_date = "出生日期"
since = "入网日期"
term = { column = "合约", values = { "按月" = "monthly", "一年" = "one_year", "两年" = "two_years" } }
payment_method = { column = "付款方式", values = { "银行代扣" = "bank_transfer", "信用卡" = "credit_card" } }
paperless = "电子账单"
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

Rows = Mapping[str, tuple[Sequence[str], Sequence[tuple[Any, ...]]]]


def measure(run: Run) -> list[Figure]:
    """Import a file and insert what came of it, each into an empty database and in turns; then a file of the whole scale."""
    search_keys_of("王", ())  # what reads names is loaded before any clock runs
    count = min(run.scale, run.samples(ROWS))
    imports: list[float] = []
    bares: list[float] = []
    rows: Rows = {}
    for _ in range(ROUNDS):
        data = _blank(run)
        with opened(data) as house:
            file, mapping = _write_files(data.instance, count)
            imports.append(wall_seconds(lambda: _import(house, file, mapping)))  # noqa: B023 - called at once
            rows = rows or _rows(house.parts.db)
        bares.append(_insert(_blank(run), rows))
    rate, bare = count / median(imports), count / median(bares)
    return [
        run.figure("import.rate", rate / bare),
        run.figure("import.rows", rate),
        run.figure("import.bare", bare),
        run.figure("import.memory", _peak_bytes(_blank(run), run.scale) / _MEGA),
    ]


def _blank(run: Run) -> DataSet:
    """Give an empty database with the catalogue."""
    data = run.sets.blank(run.db, run.scale)
    database = Database(data.settings().sqlalchemy_url)
    with database.writing() as session:
        load_catalog(session)
    database.close()
    return data


def _import(house: House, file: Path, mapping: Path) -> None:
    done = house.app.test_cli_runner().invoke(args=["import", "customers", str(file), "--mapping", str(mapping)])
    if done.exit_code:
        raise BenchError(f"the import ended with {done.exit_code}: {done.output[-2000:]}")


def _rows(database: Database) -> Rows:
    """Give what the import wrote, in the order of the keys, which is the one that costs an insert least."""
    found = {}
    with database.reading() as session:
        raw = session.connection()
        for name in TABLES:
            table = Base.metadata.tables[name]
            columns = [column.name for column in table.columns]
            shown = ", ".join(
                f'CAST("{each.name}" AS text)' if isinstance(each.type, sa.JSON) else f'"{each.name}"' for each in table.columns
            )
            order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
            found[name] = columns, [tuple(row) for row in raw.exec_driver_sql(f'SELECT {shown} FROM "{name}" ORDER BY {order}')]
    return found


def _insert(data: DataSet, rows: Rows) -> float:
    """Insert the rows as fast as the engine's own means go, table by table; give the seconds."""
    database = Database(data.settings().sqlalchemy_url)
    bulk = BulkWriter(database.engine)

    def fill() -> None:
        for name, (columns, of_table) in rows.items():
            bulk.write(Base.metadata.tables[name], columns, of_table)

    try:
        return wall_seconds(fill)
    finally:
        database.close()


def _peak_bytes(data: DataSet, count: int) -> int:
    """Import a file of so many rows by the command, in a process of its own; give the most memory it held."""
    file, mapping = _write_files(data.instance, count)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "import", "customers", str(file), "--mapping", str(mapping)]
    with (data.instance / "import.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=data.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            peak = _watch(process)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        raise BenchError(f"the import ended with {process.returncode}: see {data.instance / 'import.log'}")
    file.unlink()
    return peak


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process to end; give the most bytes it was seen to hold, looking fifty times a second.

    What the system itself notes (`ru_maxrss`) begins with what this process held when it started the other.
    """
    seen, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, seen.memory_info().rss)
        time.sleep(0.02)
    return peak


def _write_files(folder: Path, count: int) -> tuple[Path, Path]:
    """Write a file of made-up customers, the same for the same count, and its mapping."""
    file, mapping = folder / f"customers-{count}.csv", folder / "mapping.toml"
    mapping.write_text(_MAPPING, "utf-8")
    draw = random.Random(count)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_HEADINGS)
        writer.writerows(_row(place, draw) for place in range(count))
    return file, mapping


def _row(place: int, draw: random.Random) -> tuple[str, ...]:
    gender = draw.choice(("male", "female"))
    born, since = date(draw.randint(1940, 2005), draw.randint(1, 12), 7), date(draw.randint(2005, 2025), draw.randint(1, 12), 7)
    return (
        *(f"B{place:08d}", draw_name(draw, gender)[0], number_of(place, 0)[0], gender, born.isoformat(), since.isoformat()),
        *(draw.choice(("按月", "一年", "两年")), draw.choice(("银行代扣", "信用卡")), draw.choice("是否"), "浙江省", "杭州市", "西湖区"),
        *(f"文三路 {draw.randint(1, 900)} 号", draw.choice(("畅聊", "大流量")), draw.choice(("光纤", "无"))),
    )
