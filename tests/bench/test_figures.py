"""Figures against their marks, what is printed, what is kept, and how the command ends: no data needed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import command, figures
from bench.figures import MARKS, Figure, Mark, as_json, as_table, exit_code, judge
from bench.timing import p95

GOOD = [Figure("view.cpu", 1.5, "sqlite", 10_000), Figure("login.rate", 0.9, "sqlite", 10_000)]


def test_the_marks_are_the_issues() -> None:
    bounds = {key: str(mark) for key, mark in MARKS.items() if mark.bound is not None}
    assert bounds == {
        "view.cpu": "≤ 2",
        "view.growth": "≤ 1.25",
        "view.statements": "≤ 12",
        "search.p95": "≤ 2",
        "search.growth": "≤ 1.5",
        "login.rate": "≥ 0.8",
        "login.whole_core": "≥ 20",
        "login.whole_p95": "≤ 300",
        "weight.home": "≤ 100",
        "weight.counter": "≤ 120",
        "weight.ministore": "≤ 40",
        "weight.component": "≤ 2000",
        "memory.worker": "≤ 200",
        "import.rate": "≥ 0.3",
        "import.memory": "≤ 300",
        "redeem.service": "≥ 0.5",
        "redeem.web": "≥ 0.15",
        "tokens.machine": "≥ 0.5",
        "tokens.refresh": "≥ 0.5",
        "tokens.introspect": "≥ 0.5",
        "tokens.machine_core": "≥ 250",
        "tokens.refresh_core": "≥ 150",
        "tokens.introspect_core": "≥ 400",
        "grants.growth": "≤ 1.3",
        "rush.sold_1": "= 1",
        "rush.sold_5": "= 1",
        "rush.sold_200": "= 1",
        "rush.flash_1": "= 1",
        "rush.flash_5": "= 1",
        "rush.flash_200": "= 1",
        "rush.reserved": "= 0",
        "rush.campaigns": "= 1",
        "rush.codes": "= 1",
        "rush.one_code": "= 1",
        "rush.errors": "= 0",
        "orders.rate": "≥ 50",
        "orders.growth": "≤ 1.2",
        "list.statements": "≤ 10",
        "list.cpu": "≤ 2.5",
        "evaluate.mixed": "≤ 2",
        "evaluate.asked": "≤ 2",
    }


@pytest.mark.parametrize(
    ("key", "value", "met"),
    [
        ("view.cpu", 2.0, True),
        ("view.cpu", 2.001, False),
        ("login.rate", 0.8, True),
        ("login.rate", 0.799, False),
        ("weight.home", 100.1, False),
        ("view.page", 10**9, None),
        ("rush.sold_5", 1.0, True),
        ("rush.sold_5", 1.2, False),
        ("rush.sold_5", 0.8, False),
        ("rush.reserved", 0, True),
    ],
)
def test_a_figure_meets_its_mark_up_to_the_mark_itself(key: str, value: float, met: bool | None) -> None:
    (verdict,) = judge([Figure(key, value, "sqlite", 10)])
    assert verdict.met is met


def test_one_missed_mark_makes_the_exit_code_1_and_none_leaves_it_0() -> None:
    impossible = {**MARKS, "view.cpu": Mark("nobody gets below its floor", "×", 0.5)}
    assert exit_code(judge(GOOD)) == 0
    assert exit_code(judge(GOOD, impossible)) == 1


def test_a_figure_told_for_information_misses_nothing() -> None:
    assert exit_code(judge([Figure("weight.script", 9_999, "sqlite", 10)])) == 0


def test_a_row_tells_value_unit_mark_and_whether_it_is_met() -> None:
    table = as_table(judge([*GOOD, Figure("view.statements", 13, "sqlite", 10_000)]))
    lines = table.splitlines()
    assert len(lines) == 4
    assert all(part in lines[1] for part in ("view", "sqlite", "10,000", "1.50", "×", "≤ 2", "✓ met"))
    assert all(part in lines[3] for part in ("13.00", "≤ 12", "✗ missed"))


def test_json_says_the_same_as_objects() -> None:
    rows = json.loads(as_json(judge(GOOD)))
    assert rows[0] == {
        "name": "view",
        "figure": "cpu",
        "title": MARKS["view.cpu"].title,
        "db": "sqlite",
        "scale": 10_000,
        "value": 1.5,
        "unit": "×",
        "mark": "≤ 2",
        "met": True,
    }
    assert rows[1]["met"] is True


def test_results_are_kept_by_day_name_engine_and_scale_with_what_they_were_taken_on(tmp_path: Path) -> None:
    kept = command.keep(GOOD, tmp_path, at=datetime(2026, 11, 22, 10, tzinfo=UTC))
    assert [path.name for path in kept] == ["2026-11-22-view-sqlite-10000.json", "2026-11-22-login-sqlite-10000.json"]
    content = json.loads(kept[0].read_text("utf-8"))
    assert content["rows"] == json.loads(as_json(judge(GOOD[:1])))
    assert content["machine"]["cpus"] >= 1
    assert content["machine"]["packages"]["sqlalchemy"]
    assert kept[0].stat().st_size < 4_000


def test_the_slowest_twentieth_begins_where_95_of_100_stay_below() -> None:
    assert p95([float(value) for value in range(1, 102)]) == pytest.approx(96.0)


def test_a_name_nobody_knows_is_refused_before_anything_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["views"])
    assert ended.value.code == 2
    assert "no measurement is called views" in capsys.readouterr().err


def test_without_a_name_the_measurements_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == [
        *("view", "search", "login", "weight", "memory", "import", "redeem", "tokens", "grants", "rush", "orders", "list", "evaluate"),
    ]


def test_every_figure_has_a_measurement() -> None:
    assert {key.partition(".")[0] for key in figures.MARKS} == set(command.MEASUREMENTS)
