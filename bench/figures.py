"""What is measured, in which unit, and the mark it must meet; whether a run meets them all is decided here alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MISSED, MET = 1, 0


@dataclass(frozen=True, slots=True)
class Mark:
    """What a figure says, its unit, and its bound: at most, or `at_least`. Without a bound it is told for information."""

    title: str
    unit: str
    bound: float | None = None
    at_least: bool = False

    def met_by(self, value: float) -> bool | None:
        """Whether `value` is good enough; None where there is nothing to meet."""
        if self.bound is None:
            return None
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return "" if self.bound is None else f"{'≥' if self.at_least else '≤'} {self.bound:g}"


MARKS: Mapping[str, Mark] = {
    "view.cpu": Mark("CPU of a customer page ÷ CPU of the same SQL by bare driver and the same template", "×", 2.0),
    "view.growth": Mark("p95 of a customer page ÷ the same at 10,000 customers", "×", 1.25),
    "view.statements": Mark("most statements of a customer page", "", 12),
    "view.page": Mark("CPU of a customer page", "ms"),
    "view.floor": Mark("CPU of the same SQL by bare driver and the same template", "ms"),
    "view.p95": Mark("p95 of a customer page", "ms"),
    "search.p95": Mark("p95 of a keystroke's search, service call", "ms", 2.0),
    "search.growth": Mark("p95 of a keystroke's search ÷ the same at 10,000 customers", "×", 1.5),
    "login.rate": Mark("service-password sign-ins a second ÷ bare Argon2id verifications a second", "×", 0.8, at_least=True),
    "login.way": Mark("the whole way to it, four requests ÷ the same", "×"),
    "login.sign_ins": Mark("whole ways a second", "/s"),
    "login.verifications": Mark("bare Argon2id verifications a second", "/s"),
    "login.whole_core": Mark("whole sign-ins at a site a second and core, hashes of 7 MiB, t=5", "/s", 20, at_least=True),
    "login.whole_p95": Mark("p95 of a whole sign-in at a site", "ms", 300),
    "weight.home": Mark("compressed bytes of a first view of the home page", "kB", 100),
    "weight.counter": Mark("compressed bytes of a first view of a customer at the counter", "kB", 120),
    "weight.ministore": Mark("compressed bytes of a first view of a mini-store's frame", "kB", 40),
    "weight.component": Mark("the mini-store component, gzip", "bytes", 2_000),
    "weight.script": Mark("of these, script (aim: 30)", "kB"),
    "memory.worker": Mark("memory of a web worker after 10,000 mixed requests", "MB", 200),
    "memory.start": Mark("memory of a web worker at its start", "MB"),
    "import.rate": Mark("rows a second of a whole import ÷ bare bulk insert of the same rows and search keys", "×", 0.3, at_least=True),
    "import.rows": Mark("customers a second, imported", "/s"),
    "import.bare": Mark("customers a second, inserted by the bare driver", "/s"),
    "import.memory": Mark("most memory of an import of that many customers", "MB", 300),
    "redeem.service": Mark(
        "redemptions of one gift a second, 8 processes, service call ÷ TPC-B transactions a second", "×", 0.5, at_least=True
    ),
    "redeem.web": Mark("the same through the web, signed in ÷ the same", "×", 0.15, at_least=True),
    "redeem.redemptions": Mark("redemptions a second by the service call", "/s"),
    "redeem.requests": Mark("redemptions a second through the web", "/s"),
    "redeem.tpcb": Mark("TPC-B transactions a second (pgbench, scale 10, 8 clients)", "/s"),
    "tokens.machine": Mark("tokens for machines (client credentials) ÷ the same SQL and signature alone", "×", 0.5, at_least=True),
    "tokens.refresh": Mark("tokens renewed ÷ the same SQL and signature alone", "×", 0.5, at_least=True),
    "tokens.introspect": Mark("tokens looked into ÷ the same SQL and signature alone", "×", 0.5, at_least=True),
    "tokens.machine_core": Mark("tokens for machines a second and core", "/s", 250, at_least=True),
    "tokens.refresh_core": Mark("tokens renewed a second and core", "/s", 150, at_least=True),
    "tokens.introspect_core": Mark("tokens looked into a second and core", "/s", 400, at_least=True),
    "tokens.oidc_provider_jwt": Mark("beside it: npm oidc-provider, memory store, one process, ES256 tokens for machines", "/s"),
    "tokens.oidc_provider_opaque": Mark("beside it: the same, opaque tokens", "/s"),
    "tokens.canaille": Mark("beside it: PyPI canaille, SQLite, two workers, tokens for machines", "/s"),
    "grants.growth": Mark("p95 of renewing one of 10,000,000 live grants ÷ one of 10,000", "×", 1.3),
    "grants.p95": Mark("p95 of renewing one of 10,000,000", "ms"),
    "grants.sweeping": Mark("the same while half a million that are over are cleared away ÷ the same", "×"),
    "grants.sweeping_longest": Mark("the longest of these", "ms"),
}
"""kB are 1,000 bytes and MB 1,000,000. Marks and wordings are the issue's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value: `key` in MARKS, where it was taken."""

    key: str
    value: float
    db: str
    scale: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure beside its mark."""

    figure: Figure
    mark: Mark
    met: bool | None

    def as_object(self) -> dict[str, object]:
        """Give it for `--json` and for the kept results."""
        name, _, key = self.figure.key.partition(".")
        return {
            "name": name,
            "figure": key,
            "title": self.mark.title,
            "db": self.figure.db,
            "scale": self.figure.scale,
            "value": round(self.figure.value, 3),
            "unit": self.mark.unit,
            "mark": str(self.mark),
            "met": self.met,
        }


def judge(figures: Sequence[Figure], marks: Mapping[str, Mark] = MARKS) -> list[Verdict]:
    """Put every figure beside its mark."""
    return [Verdict(each, marks[each.key], marks[each.key].met_by(each.value)) for each in figures]


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """Give 1 where any mark is missed, else 0. Information misses nothing."""
    return MISSED if any(each.met is False for each in verdicts) else MET


def as_json(verdicts: Sequence[Verdict]) -> str:
    """Give the rows as a JSON list of objects."""
    return json.dumps([each.as_object() for each in verdicts], ensure_ascii=False, indent=1)


_RIGHT = (2, 4)
_TOLD = {True: "✓ met", False: "✗ missed", None: "·"}


def as_table(verdicts: Sequence[Verdict]) -> str:
    """Give a row per figure: name, database, scale, what, value, unit, mark, whether it is met."""
    rows: list[tuple[str, ...]] = [("name", "db", "customers", "figure", "value", "unit", "mark", "")]
    rows += [_row(each) for each in verdicts]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(_in_column(place, cell, widths[place]) for place, cell in enumerate(row)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _row(verdict: Verdict) -> tuple[str, ...]:
    figure, mark = verdict.figure, verdict.mark
    name = figure.key.partition(".")[0]
    value = f"{figure.value:,.2f}"
    return name, figure.db, f"{figure.scale:,}", mark.title, value, mark.unit, str(mark), _TOLD[verdict.met]


def _in_column(place: int, cell: str, width: int) -> str:
    return cell.rjust(width) if place in _RIGHT else cell.ljust(width)
