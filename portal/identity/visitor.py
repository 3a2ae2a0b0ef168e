"""Who stands before the door: a browser, where it comes from, and whether it has been let in before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from portal.customers import find_holder
from portal.identity.models import KnownDevice

MAX_LABEL = 60
_BROWSERS = (
    ("WeChat", r"MicroMessenger"),
    ("QQ", r"MQQBrowser|QQBrowser|\bQQ/"),
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser"),
    ("Huawei Browser", r"HuaweiBrowser"),
    ("MIUI Browser", r"MiuiBrowser"),
    ("UC", r"UCBrowser|UBrowser"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("Android", r"Android"),
    ("iPad", r"iPad"),
    ("iPhone", r"iPhone|iPod"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)

_device = KnownDevice.metadata.tables["known_device"]
_same = (_device.c.party_id == sa.bindparam("party_id"), _device.c.device_id == sa.bindparam("device_id"))
_is_known = sa.exists().where(*_same)


def _remembering(insert: sqlite.Insert | postgresql.Insert) -> ReturningInsert[Any]:
    new = {"last_seen_at": insert.excluded.last_seen_at}
    return insert.on_conflict_do_update(index_elements=["party_id", "device_id"], set_=new).returning(_device.c.first_seen_at)


_remember = {"sqlite": _remembering(sqlite.insert(_device)), "postgresql": _remembering(postgresql.insert(_device))}


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser a request comes from. `device_id`: the signed device cookie's; `ip`: as the trusted proxies give it.

    `known`: the number's user has signed in with this device before (`knows_device`), or is signed in now. A known
    device has allowances of its own; all others share one for each number, so that strangers cannot use up an owner's.
    """

    device_id: str
    ip: str
    label: str = ""
    known: bool = False

    @property
    def network(self) -> str:
        """The address, an IPv6 one cut to its /64: what one household or attacker gets handed."""
        try:
            address = ip_address(self.ip)
        except ValueError:
            return self.ip[:64]
        return str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def label_device(user_agent: str) -> str:
    """Give a browser and system a person recognises, `Chrome · Android`; nothing for what nobody would recognise."""
    text = user_agent[:512]
    found = [next((name for name, mark in table if re.search(mark, text)), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(part for part in found if part)


def knows_device(session: Session, number: str, device_id: str) -> bool:
    """Say whether whoever uses `number` has signed in with this device before. Two statements, whoever holds it."""
    holder = find_holder(session, number)
    party_id = holder.party_id if holder else 0
    return bool(session.connection().execute(sa.select(_is_known), {"party_id": party_id, "device_id": device_id}).scalar_one())


def knowing() -> sa.Exists:
    """Give whether a party (`party_id`) knows a device (`device_id`), as a part of a larger query."""
    return _is_known


def remember_device(session: Session, party_id: int, device_id: str, *, now: datetime) -> bool:
    """Note that the party signed in with this device; say whether that was for the first time."""
    row = {"party_id": party_id, "device_id": device_id, "first_seen_at": now, "last_seen_at": now}
    first: datetime = session.connection().execute(_remember[session.get_bind().dialect.name], row).scalar_one()
    return first == now


def forget_devices(session: Session, party_id: int) -> None:
    """Know no device of the party any more: for a device that was lost, or a number that changed hands."""
    session.connection().execute(sa.delete(_device).where(_device.c.party_id == party_id))
