"""The command line: which measurements, on which database, at which scale; prints, keeps and judges what they give."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from bench import evaluate, grants, importing, login, machine, memory, orders, redeem, rush, search, shelf, tokens, view, weight
from bench.figures import Figure, as_json, as_table, exit_code, judge
from bench.places import RESULTS, cache
from bench.runs import BASE_SCALE, Run
from bench.sets import ENGINES, BenchError, DataSets, say
from tests.servers.postgres import PostgresError

MEASUREMENTS: Mapping[str, Callable[[Run], list[Figure]]] = {
    "view": view.measure,
    "search": search.measure,
    "login": login.measure,
    "weight": weight.measure,
    "memory": memory.measure,
    "import": importing.measure,
    "redeem": redeem.measure,
    "tokens": tokens.measure,
    "grants": grants.measure,
    "rush": rush.measure,
    "orders": orders.measure,
    "list": shelf.measure,
    "evaluate": evaluate.measure,
}
BROKEN = 2
QUICK = 0.1


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for. Gives 0 when every mark is met, 1 when one is missed, 2 when it could not be measured."""
    options = parse(arguments)
    if not options.names:
        for name, measure in MEASUREMENTS.items():
            print(f"{name:<8} {(sys.modules[measure.__module__].__doc__ or '').splitlines()[0]}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures: list[Figure] = []
    try:
        with DataSets(cache(), fresh=options.fresh) as sets:
            for name, db in product(options.names, engines(options.db)):
                say(f"{name} on {db} with {options.scale:,} customers …")
                taken = MEASUREMENTS[name](Run(sets, db, options.scale, QUICK if options.quick else 1.0))
                if not taken:
                    say(f"{name} is not measured on {db}")
                if not options.quick:
                    keep(taken, RESULTS, at=datetime.now(UTC))
                figures += taken
    except (BenchError, PostgresError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return BROKEN
    verdicts = judge(figures)
    print(as_json(verdicts) if options.json else as_table(verdicts))
    return exit_code(verdicts)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends with a sentence where it makes no sense."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures OneHall. Without a name, lists the measurements.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MEASUREMENTS)} or all")
    parser.add_argument("--db", choices=[*ENGINES, "both"], default="both")
    parser.add_argument("--scale", type=int, default=BASE_SCALE, metavar="N", help="customers in the database (default: 10,000)")
    parser.add_argument("--json", action="store_true", help="rows as JSON objects")
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples, for a first look; nothing is kept")
    parser.add_argument("--fresh", action="store_true", help="load the data again")
    options = parser.parse_args(arguments)
    if "all" in options.names:
        options.names = list(MEASUREMENTS)
    if unknown := [name for name in options.names if name not in MEASUREMENTS]:
        parser.error(f"no measurement is called {', '.join(unknown)}: there are {', '.join(MEASUREMENTS)}")
    if options.scale < 1:
        parser.error("--scale wants one customer at least")
    return options


def engines(db: str) -> list[str]:
    """Give the engines that `--db` names."""
    return list(ENGINES) if db == "both" else [db]


def keep(figures: Sequence[Figure], folder: Path, *, at: datetime) -> list[Path]:
    """Write a file per measurement, engine and scale, with what it was taken on; one of the same day is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[Figure]] = {}
    for each in figures:
        groups.setdefault(f"{at:%Y-%m-%d}-{each.key.partition('.')[0]}-{each.db}-{each.scale}.json", []).append(each)
    for name, group in groups.items():
        rows = [verdict.as_object() for verdict in judge(group)]
        content = {"at": at.isoformat(timespec="seconds"), "machine": machine.facts(), "rows": rows}
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return [folder / name for name in groups]
