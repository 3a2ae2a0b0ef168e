"""A browser is named as its owner would name it, and known where it has been let in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.identity import Visitor, forget_devices, knows_device, label_device
from tests.cast import Cast
from tests.identity.door import Browser, Door
from tests.statements import statements

CHROME = "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
_AGENTS = {
    CHROME: "Chrome · Android",
    CHROME + " Edg/126.0": "Edge · Android",
    CHROME + " MicroMessenger/8.0.49": "WeChat · Android",
    CHROME + " SamsungBrowser/25.0": "Samsung Internet · Android",
    CHROME + " XiaoMi/MiuiBrowser/18": "MIUI Browser · Android",
    "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 HuaweiBrowser/5.0": "Huawei Browser · HarmonyOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17 Mobile/15E148 Safari/604.1": "Safari · iPhone",
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/126.0 Mobile/15E148 Safari/604.1": "Chrome · iPad",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15": "Safari · macOS",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox · Windows",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 OPR/111.0": "Opera · Linux",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36": "Chrome · ChromeOS",
    "curl/8.5.0": "",
    "": "",
    "<script>Windows</script>": "Windows",
}


@pytest.mark.parametrize(("agent", "label"), _AGENTS.items(), ids=lambda text: text[-30:])
def test_a_browser_is_named_as_its_owner_would(agent: str, label: str) -> None:
    assert label_device(agent) == label


def test_an_endless_name_costs_little_and_says_little() -> None:
    assert label_device("x" * 10_000 + "Chrome/1 Android") == ""


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_network_is_an_address_or_what_one_household_is_handed(ip: str, network: str) -> None:
    assert Visitor("d", ip).network == network


def test_a_device_is_known_where_it_has_been_let_in_and_nowhere_else(door: Door, cast: Cast, now: datetime) -> None:
    phone = Browser("phone")
    assert not door.visitor(phone, cast.alice.number).known
    door.enter(cast.alice.number, phone, now)
    assert door.visitor(phone, cast.alice.number).known
    assert not door.visitor(Browser("phone 2"), cast.alice.number).known
    assert not door.visitor(phone, cast.charlie.number).known
    assert not door.visitor(phone, cast.bob.number).known


def test_a_device_stays_known_and_its_last_use_is_kept(door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.alice.number, Browser("phone"), now)
    door.enter(cast.alice.number, Browser("phone"), now + timedelta(days=9))
    (row,) = door.rows("known_device")
    assert (row["first_seen_at"], row["last_seen_at"]) == (now, now + timedelta(days=9))


def test_forgotten_devices_are_strangers_again(door: Door, cast: Cast, now: datetime) -> None:
    for person in (cast.alice, cast.charlie):
        door.enter(person.number, Browser("phone"), now)
    with door.database.writing() as session:
        forget_devices(session, cast.alice.party_id)
    assert not door.visitor(Browser("phone"), cast.alice.number).known
    assert door.visitor(Browser("phone"), cast.charlie.number).known


def test_asking_whether_a_device_is_known_tells_nothing_of_the_number(door: Door, cast: Cast, now: datetime) -> None:
    ran = []
    for number in (cast.alice.number, "13999999999"):
        with statements(door.database) as seen, door.database.reading() as session:
            assert not knows_device(session, number, "d")
        ran.append(list(seen))
    assert ran[0] == ran[1]
    assert len(ran[0]) == 2
