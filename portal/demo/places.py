"""Where people live and the numbers of that place: administrative divisions joined with real number segments.

A line's number is made from its place in the load, so that no two are alike and nothing needs to be looked up: each
round through all segments takes another ending. Basis: GB/T 2260 codes; segments of PyPI `phone`.
"""

from __future__ import annotations

import importlib.util
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from portal.base.errors import Invalid
from portal.customers import parse_number, read_divisions

CARRIERS = (1, 2, 3)  # the three networks; resellers (4 to 8) are left out
STRIDE = 104_729  # a prime far from any count of segments: neighbours in the load live far apart
FIRST_STEP = 4321
KEPT_FOR_THE_CAST = (1_380_571, 1_390_571)  # Hangzhou; nobody else gets a number there
ROUND_STEP, LINE_STEP = 613, 3331  # endings of one segment never meet: 613 * round + 3331 * line differs for 5 rounds, 2 lines
STREETS = (
    "人民路 解放路 中山路 建设路 和平路 新华路 文化路 胜利路 长江路 黄河路 "
    "学院路 朝阳路 滨河路 湖滨路 青年路 迎宾大道 科技路 民主街 友谊街 光明街"
).split()


@dataclass(frozen=True, slots=True)
class Area:
    """A county or district with its GB/T 2260 code and the names of what it lies in."""

    code: str
    province: str
    city: str
    name: str


@dataclass(frozen=True, slots=True)
class Segments:
    """Number segments (the first seven digits), the city of each, and the areas of each city."""

    prefixes: npt.NDArray[np.int32]
    cities: npt.NDArray[np.int32]
    names: tuple[str, ...]  # a city as its numbers are shown: "浙江 杭州"
    areas: tuple[tuple[Area, ...], ...]


@cache
def segments() -> Segments:
    """Read the segments of `phone`, without those that are no valid mobile numbers or lie in no city of the divisions."""
    raw, labels, label_of = _read_phone()
    areas_by_label = _areas_by_label()
    names = tuple(label for label in labels if label in areas_by_label)
    city_of_label = np.array([names.index(label) if label in areas_by_label else -1 for label in labels], dtype=np.int32)
    cities = city_of_label[label_of]
    heads = raw["prefix"] // 1000
    valid = np.array([head for head in np.unique(heads).tolist() if _is_mobile(f"{head}0000000")])
    keep = (cities >= 0) & np.isin(raw["carrier"], CARRIERS) & np.isin(heads, valid) & ~np.isin(raw["prefix"], KEPT_FOR_THE_CAST)
    return Segments(raw["prefix"][keep].astype(np.int32), cities[keep], names, tuple(areas_by_label[name] for name in names))


def number_of(index: int, line: int) -> tuple[str, int]:
    """Give line 0 or 1 of subscriber `index` (below five times the count of segments): (its number, its city)."""
    found = segments()
    count = len(found.prefixes)
    place, turn = (index + FIRST_STEP) * STRIDE % count, (index + FIRST_STEP) // count
    prefix = int(found.prefixes[place])
    ending = (prefix * 7919 + turn * ROUND_STEP + line * LINE_STEP) % 10_000
    return f"{prefix}{ending:04d}", int(found.cities[place])


def address_in(city: int, draw: random.Random) -> tuple[Area, str]:
    """Draw an area of a city and a line of address there."""
    area = draw.choice(segments().areas[city])
    street = draw.choice(STREETS)
    return (
        area,
        f"{street}{draw.randint(1, 380)}号{draw.randint(1, 28)}幢{draw.randint(1, 4)}单元{draw.randint(1, 26)}0{draw.randint(1, 4)}室",
    )


def _is_mobile(number: str) -> bool:
    try:
        return parse_number(number) == number
    except Invalid:
        return False


def _read_phone() -> tuple[npt.NDArray[np.void], list[str], npt.NDArray[np.intp]]:
    """Give (records of prefix, offset and carrier; the distinct "province city" labels; the label of each record)."""
    spec = importlib.util.find_spec("phone")
    assert spec is not None, "the package phone is not installed"
    assert spec.origin is not None
    data = (Path(spec.origin).parent / "phone.dat").read_bytes()
    first = int.from_bytes(data[4:8], "little")
    layout = np.dtype([("prefix", "<i4"), ("offset", "<i4"), ("carrier", "u1")])
    raw = np.frombuffer(data, dtype=layout, offset=first)
    offsets, where = np.unique(raw["offset"], return_inverse=True)
    texts = [data[start : data.index(b"\0", start)].decode() for start in offsets.tolist()]
    return raw, [" ".join(text.split("|")[:2]) for text in texts], where


def _areas_by_label() -> dict[str, tuple[Area, ...]]:
    """Join areas with the short names that `phone` uses: 浙江省 杭州市 is 浙江 杭州, 北京市 is 北京 北京."""
    provinces = {row["province"]: row["name"] for row in read_divisions("province")}
    cities = {(row["province"], row["city"]): row["name"] for row in read_divisions("city")}
    found: dict[str, list[Area]] = {}
    for row in read_divisions("area"):
        province = provinces[row["province"]]
        city = cities.get((row["province"], row["city"]), province)
        if "直辖" not in city:
            found.setdefault(f"{_short(province)} {_short(city)}", []).append(Area(row["code"], province, city, row["name"]))
    for row in read_divisions("city"):
        province, city = provinces[row["province"]], row["name"]
        if "直辖" not in city:  # Dongguan and some others are cities without counties
            found.setdefault(f"{_short(province)} {_short(city)}", [Area(row["code"], province, city, city)])
    return {label: tuple(areas) for label, areas in found.items()}


_PEOPLES = "壮 回 维吾尔 土家 苗 藏 彝 蒙古 哈萨克 柯尔克孜 布依 侗 白 傣 景颇 哈尼 傈僳 羌 朝鲜 黎".split()


def _short(name: str) -> str:
    """Cut a division's kind, and the peoples in an autonomous one's name: 延边朝鲜族自治州 is 延边."""
    for kind in ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "特别行政区", "地区", "省", "市", "盟"):
        if name.endswith(kind):
            name = name.removesuffix(kind)
            break
    cut = True
    while cut:
        cut = False
        for people in _PEOPLES:
            for form in (f"{people}族", people):
                if name.endswith(form) and len(name) > len(form) + 1:
                    name, cut = name.removesuffix(form), True
    return name
