"""What is measured, in which unit, and the mark it must meet; whether a run meets them all is decided here alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MISSED, MET = 1, 0


@dataclass(frozen=True, slots=True)
class Mark:
    """What a figure says, its unit, and its bound: at most, or `at_least`, or `exactly`. Without one it is told for information."""

    title: str
    unit: str
    bound: float | None = None
    at_least: bool = False
    exactly: bool = False

    def met_by(self, value: float) -> bool | None:
        """Whether `value` is good enough; None where there is nothing to meet."""
        if self.bound is None:
            return None
        if self.exactly:
            return value == self.bound
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        sign = "=" if self.exactly else "≥" if self.at_least else "≤"
        return "" if self.bound is None else f"{sign} {self.bound:g}"


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
    "rush.sold_1": Mark("1 piece against 2,000 buyers with carts, 8 processes (SQLite: 4): sold ÷ pieces", "", 1, exactly=True),
    "rush.sold_5": Mark("5 pieces, the same", "", 1, exactly=True),
    "rush.sold_200": Mark("200 pieces, the same", "", 1, exactly=True),
    "rush.flash_1": Mark("1 piece in a flash sale 2,000 entered: sold ÷ pieces", "", 1, exactly=True),
    "rush.flash_5": Mark("5 pieces, the same", "", 1, exactly=True),
    "rush.flash_200": Mark("200 pieces, the same", "", 1, exactly=True),
    "rush.reserved": Mark("reserved in the end: pieces, uses of campaigns, codes", "", 0, exactly=True),
    "rush.campaigns": Mark("uses of a campaign ÷ its cap, the farthest from 1", "", 1, exactly=True),
    "rush.codes": Mark("uses of a code's campaign ÷ its cap, the farthest from 1", "", 1, exactly=True),
    "rush.one_code": Mark("one code tried by all of them: who got it", "", 1, exactly=True),
    "rush.errors": Mark('errors other than a clear "gone"', "", 0, exactly=True),
    "rush.gone": Mark('told "gone", all rounds together', ""),
    "rush.seconds_1": Mark("1 piece, carts: until the last buyer knew", "s"),
    "rush.seconds_5": Mark("5 pieces, the same", "s"),
    "rush.seconds_200": Mark("200 pieces, the same", "s"),
    "rush.flash_seconds_1": Mark("1 piece, flash sale: until the last who entered knew", "s"),
    "rush.flash_seconds_5": Mark("5 pieces, the same", "s"),
    "rush.flash_seconds_200": Mark("200 pieces, the same", "s"),
    "orders.rate": Mark(
        "whole orders a second: cart, priced with 50 campaigns, placed, paid by notification, reserved", "/s", 50, at_least=True
    ),
    "orders.growth": Mark("that with 1,000 past orders ÷ that with 10,000,000 (1,000,000 customers)", "×", 1.2),
    "orders.many": Mark("the same a second with 10,000,000 past orders", "/s"),
    "orders.maker": Mark("CPU of the makers for an order", "ms"),
    "orders.worker": Mark("CPU of the worker for an order", "ms"),
    "orders.server": Mark("CPU of PostgreSQL for an order", "ms"),
    "list.statements": Mark("most statements of the shop's page, signed in, 50 campaigns", "", 10),
    "list.cpu": Mark("its CPU ÷ CPU of the same SQL by bare driver and the same template", "×", 2.5),
    "list.page": Mark("its CPU", "ms"),
    "list.floor": Mark("CPU of the same SQL by bare driver and the same template", "ms"),
    "list.offers": Mark("offers on the page", ""),
    "list.pages": Mark("pages a second through the server, 2 workers (field: Medusa's JSON list makes about 40)", "/s"),
    "evaluate.mixed": Mark("a basket of 10 items evaluated against 500 campaigns, median", "ms", 2.0),
    "evaluate.mixed_p95": Mark("the same, p95", "ms"),
    "evaluate.asked": Mark("the same where each of the 500 has to be asked, median", "ms", 2.0),
    "evaluate.asked_p95": Mark("the same, p95", "ms"),
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
