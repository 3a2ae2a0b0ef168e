"""Provinces, cities and areas of an address: GB/T 2260 codes and their names, as the files in data/ have them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_DATA = Path(__file__).parent / "data"

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DivisionArea:
    """A county or district, with what it lies in."""

    code: str
    province: str
    city: str
    name: str


@dataclass(frozen=True, slots=True)
class Divisions:
    """All of them: provinces; cities by province; areas by city; an area by its code."""

    provinces: Choices
    cities: dict[str, Choices]
    areas: dict[str, Choices]
    by_code: dict[str, DivisionArea]


def read_divisions(kind: Literal["province", "city", "area"]) -> Iterator[dict[str, str]]:
    """Yield the rows of one file: `code`, `name`, and the two digits each of `province` and `city`."""
    with gzip.open(_DATA / f"{kind}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def get_divisions() -> Divisions:
    """Read the divisions, once a process. A city is known by its province's code and its own; a city without areas is its own."""
    provinces = {row["province"]: row["name"] for row in read_divisions("province")}
    names = {row["province"] + row["city"]: row["name"] for row in read_divisions("city")}
    areas: dict[str, list[tuple[str, str]]] = {}
    by_code: dict[str, DivisionArea] = {}
    for row in read_divisions("area"):
        city, province = row["province"] + row["city"], provinces[row["province"]]
        names.setdefault(city, province)  # a city that is its own province has its name
        areas.setdefault(city, []).append((row["code"], row["name"]))
        by_code[row["code"]] = DivisionArea(row["code"], province, names[city], row["name"])
    for city, name in names.items():
        code = f"{city}00"
        if city not in areas:
            areas[city] = [(code, name)]
            by_code[code] = DivisionArea(code, provinces[city[:2]], name, name)
    cities: dict[str, list[tuple[str, str]]] = {}
    for city, name in sorted(names.items()):
        cities.setdefault(city[:2], []).append((city, name))
    return Divisions(
        tuple(sorted(provinces.items())),
        {code: tuple(found) for code, found in cities.items()},
        {code: tuple(found) for code, found in areas.items()},
        by_code,
    )
