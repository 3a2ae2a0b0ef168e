"""The real data, read once per process: subscribers, their month of calls, handsets."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
LONGEST_HANDSET = 28
SECONDS_IN_TENTH = 6  # the data counts tenths of a minute

ADD_ONS = ("online_security", "online_backup", "device_protection", "tech_support", "streaming_tv", "streaming_movies")
_INTERNET = {"DSL": "dsl", "Fiber optic": "fibre", "No": None}
_TERM = {"Month-to-month": "monthly", "One year": "one_year", "Two year": "two_years"}
_METHOD = {
    "Bank transfer (automatic)": "bank_transfer",
    "Credit card (automatic)": "credit_card",
    "Electronic check": "electronic_check",
    "Mailed check": "mailed_check",
}
_CALLS = {"day": "day", "evening": "eve", "night": "night", "international": "intl"}
_PHONES = re.compile(
    r"(Huawei (P|Mate ?|nova |HONOR |Honor |Enjoy )\d|Xiaomi (Mi )?\d|Redmi (Note |K)?\d|OnePlus( Nord| Ace)? ?\d|realme (?!Pad)"
    r"|Meizu \d|POCO |Samsung Galaxy (S|A|Note|Z|J)|Nokia [X\d]|Sony Xperia|Motorola (edge|moto))"
)  # no tablets, boxes or watches, and nothing nameless


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A row of wa_churn: what a subscriber has. `row` counts from 0; `total_charges` None where the file is blank."""

    row: int
    churned: bool
    female: bool
    senior: bool
    partner: bool
    dependents: bool
    tenure: int
    phone: bool
    multiple_lines: bool
    internet: str | None
    add_ons: tuple[str, ...]
    term: str
    paperless: bool
    payment_method: str
    monthly_minor: int
    total_charges: str | None


@dataclass(frozen=True, slots=True)
class Volume:
    """Calls of one part in one month: how many, how long together, and what they are worth at the tariff."""

    calls: int
    seconds: int
    tariff_minor: int


@dataclass(frozen=True, slots=True)
class CallRow:
    """A row of mlc_churn: a subscriber's month of calls by part, and how often they called support."""

    row: int
    volumes: dict[str, Volume]
    support_calls: int

    @property
    def home_seconds(self) -> int:
        """The seconds that draw on a plan's allowance: all but those abroad."""
        return sum(volume.seconds for part, volume in self.volumes.items() if part != "international")


def read_csv(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one of the data files."""
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def minor(text: str) -> int:
    """Read an amount of the data as minor units, exactly; ValueError when it has more than two decimals."""
    amount = Decimal(text) * 100
    if amount != int(amount):
        raise ValueError(f"{text} is no amount in minor units")
    return int(amount)


@cache
def service_rows() -> tuple[ServiceRow, ...]:
    """Give all rows of wa_churn."""
    return tuple(_service_row(number, row) for number, row in enumerate(read_csv("wa_churn")))


@cache
def call_rows() -> tuple[CallRow, ...]:
    """Give all rows of mlc_churn."""
    return tuple(_call_row(number, row) for number, row in enumerate(read_csv("mlc_churn")))


@cache
def handsets() -> tuple[str, ...]:
    """Give the names of handsets, brand first, only phones, only names in plain ASCII."""
    found: dict[str, None] = {}
    for row in read_csv("handsets"):
        name = " ".join(row["name"].split())
        if name.lower().startswith(row["brand"].lower()):
            name = name[len(row["brand"]) :].strip()
        full = f"{row['brand']} {name}"
        if full.isascii() and len(full) <= LONGEST_HANDSET and _PHONES.match(full):
            found[full] = None
    return tuple(sorted(found))


def _service_row(number: int, row: dict[str, str]) -> ServiceRow:
    return ServiceRow(
        row=number,
        churned=row["churn"] == "Yes",
        female=row["female"] == "1.0",
        senior=row["senior_citizen"] == "1",
        partner=row["partner"] == "1.0",
        dependents=row["dependents"] == "1.0",
        tenure=int(row["tenure"]),
        phone=row["phone_service"] == "1.0",
        multiple_lines=row["multiple_lines"] == "Yes",
        internet=_INTERNET[row["internet_service"]],
        add_ons=tuple(name for name in ADD_ONS if row[name] == "Yes"),
        term=_TERM[row["contract"]],
        paperless=row["paperless_billing"] == "1.0",
        payment_method=_METHOD[row["payment_method"]],
        monthly_minor=minor(row["monthly_charges"]),
        total_charges=row["total_charges"].strip() or None,
    )


def _call_row(number: int, row: dict[str, str]) -> CallRow:
    volumes = {}
    for part, name in _CALLS.items():
        tenths = Decimal(row[f"total_{name}_minutes"]) * 10
        volumes[part] = Volume(int(row[f"total_{name}_calls"]), int(tenths) * SECONDS_IN_TENTH, minor(row[f"total_{name}_charge"]))
    return CallRow(number, volumes, int(row["number_customer_service_calls"]))
