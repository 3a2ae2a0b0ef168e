"""Where an address is, as far as the operator's own list of networks says: nobody outside is asked, and nothing is guessed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

HEADING = ["network", "zh", "en"]
MOST_ROWS = 200_000
_Key = tuple[int, int]
"""A network's version and length."""


class PlacesError(ValueError):
    """The list of places cannot be read: which line, and why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a network is, in both languages."""

    zh: str
    en: str

    def name(self, language: str) -> str:
        """Give it in a reader's language."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Places:
    """Networks by version and length, the longest first: a look-up is at most one step for each length there is."""

    by_length: Mapping[_Key, Mapping[int, Place]] = field(default_factory=dict)

    def find(self, address: str) -> Place | None:
        """Give where an address is: by the longest network that holds it. None: not known, or no address."""
        try:
            found: IPv4Address | IPv6Address = ip_address(address)
        except ValueError:
            return None
        found = getattr(found, "ipv4_mapped", None) or found
        number, bits = int(found), found.max_prefixlen
        for (version, length), places in self.by_length.items():
            if version == found.version and (place := places.get(number >> (bits - length))) is not None:
                return place
        return None


def read_places(path: Path | None) -> Places:
    """Read the operator's list; none gives an empty one. Raises PlacesError, which names the file and the line."""
    if path is None:
        return Places()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return parse_places(csv.reader(file), str(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PlacesError(f"PORTAL_PLACES_FILE: {path} cannot be read: {error}") from error


def parse_places(rows: Iterable[list[str]], name: str) -> Places:
    """Make the look-up from rows whose first is the heading. Empty rows are skipped. Raises PlacesError."""
    found: dict[_Key, dict[int, Place]] = {}
    lines = ((line, [cell.strip() for cell in row]) for line, row in enumerate(rows, start=1) if any(cell.strip() for cell in row))
    heading = next(lines, (1, []))[1]
    if heading != HEADING:
        raise PlacesError(f"PORTAL_PLACES_FILE: {name} begins with the heading {','.join(HEADING)}")
    for line, row in lines:
        network, place = _parse_row(row, f"PORTAL_PLACES_FILE: {name}, line {line}")
        if line > MOST_ROWS:
            raise PlacesError(f"PORTAL_PLACES_FILE: {name} has more than {MOST_ROWS} lines")
        same = found.setdefault((network.version, network.prefixlen), {})
        prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        if prefix in same:
            raise PlacesError(f"PORTAL_PLACES_FILE: {name}, line {line}: {network} is there twice")
        same[prefix] = place
    return Places(dict(sorted(found.items(), key=lambda each: each[0][1], reverse=True)))


def _parse_row(row: list[str], where: str) -> tuple[IPv4Network | IPv6Network, Place]:
    if len(row) != len(HEADING) or not all(row):
        raise PlacesError(f"{where}: needs a network, its place in Chinese and its place in English")
    try:
        return ip_network(row[0]), Place(row[1], row[2])
    except ValueError as error:  # also one with bits set behind its length: who wrote that meant another
        raise PlacesError(f"{where}: {error}") from error
