"""The operator's list of networks: the longest wins, and what cannot be read stops the start and is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from portal.base.places import parse_places, read_places
from portal.base.settings import ROOT, Settings

HEADING = "network,zh,en"
ROWS = (
    "10.0.0.0/8,本公司,The company", "10.8.0.0/16,浦东,Pudong", "10.8.1.7/32,自助机,The kiosk", "0.0.0.0/0,别处,Elsewhere",
    "2001:db8::/32,广州,Guangzhou", "2001:db8:7::/48,天河,Tianhe",
)  # fmt: skip


def places(*rows: str):
    return parse_places([row.split(",") for row in (HEADING, *rows)], "places.csv")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.8.1.7", "The kiosk"), ("10.8.1.8", "Pudong"), ("10.9.0.1", "The company"), ("8.8.8.8", "Elsewhere"),
        ("2001:db8:7::1", "Tianhe"), ("2001:db8:8::1", "Guangzhou"), ("::ffff:10.8.1.7", "The kiosk"),
    ],
)  # fmt: skip
def test_the_longest_network_that_holds_an_address_wins(address: str, place: str) -> None:
    found = places(*ROWS).find(address)
    assert found is not None
    assert found.name("en") == place
    assert found.name("zh") == found.zh


@pytest.mark.parametrize("address", ["2001:db9::1", "", "unknown", "10.8.1.7.9", "::"])
def test_what_is_not_in_it_is_nowhere(address: str) -> None:
    assert places(*ROWS).find(address) is None
    assert read_places(None).find(address) is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("10.0.0.1/8,甲,A",), "line 2: 10.0.0.1/8 has host bits set"), (("x,甲,A",), "line 2: 'x'"), (("10.0.0.0/8,甲",), "line 2: needs"),
        (("10.0.0.0/8,甲,",), "line 2: needs"), (("10.0.0.0/8,甲,A", "10.0.0.0/8,乙,B"), "line 3: 10.0.0.0/8 is there twice"),
        (("10.0.0.0/33,甲,A",), "line 2"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_named(rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=f"places.csv.*{said}"):
        places(*rows)


def test_a_list_that_is_not_there_or_no_list_stops_the_start_and_names_the_setting(tmp_path: Path) -> None:
    listed = tmp_path / "places.csv"
    with pytest.raises(ValidationError, match=r"PORTAL_PLACES_FILE.*cannot be read"):
        Settings(env="test", places_file=listed)
    for content in (b"", b"network;zh;en\n", "network,zh,en\n10.0.0.0/8,浦东,Pudong".encode("gb18030")):
        listed.write_bytes(content)
        with pytest.raises(ValidationError, match="PORTAL_PLACES_FILE"):
            Settings(env="test", places_file=listed)


def test_the_demos_list_is_one_that_can_be_read() -> None:
    settings = Settings(env="test", places_file=ROOT / "portal" / "demo" / "data" / "places.csv")
    found = settings.places.find("100.65.3.9")
    assert found is not None
    assert found.zh == "上海 · 移动数据网络"
