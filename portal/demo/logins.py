"""The demo's logins: made through the services that make everybody's, and listed in `demo.json` for whoever tries it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.customers import find_holder
from portal.demo.cast import ACME_NAME, EMPLOYEES, ERIN, LOGINS, STAFF, STAFF_PASSWORD, Login, StaffLogin
from portal.demo.loader import Loaded
from portal.identity import (
    Enrolment,
    Hasher,
    NewStaff,
    create_staff,
    renew_second_factor,
    set_service_password,
    set_staff_password,
)

FILE = "demo.json"
THEN = {"order_desk": "/office/", "administrator": "/office/sign-on/", "marketing": "/office/campaigns"}
"""Where staff of a role begin, if not at the counter."""


def create_logins(database: Database, settings: Settings, keys: Keys, hasher: Hasher, *, now: datetime) -> dict[str, Any]:
    """Give the cast their service passwords and staff their logins; give everything one needs to sign in.

    Done again, it sets the same passwords and gives staff new second factors. Hashes six passwords, about 0.2 s.
    """
    pins = [(login, hasher.hash(login.service_password)) for login in LOGINS]
    staff_hash = hasher.hash(STAFF_PASSWORD)
    with database.writing() as session:
        for login, hashed in pins:
            holder = find_holder(session, login.number)
            if holder is None:
                raise NotFound
            set_service_password(session, holder, hashed, keep_session=None, channel="counter", now=now)
    staff = [(member, _enrol(database, settings, keys, member, staff_hash, now=now)) for member in STAFF]
    base = settings.base_url.rstrip("/")
    return {
        "subscribers": [_subscriber(login, base) for login in LOGINS],
        "staff": [_staff(member, enrolment, base) for member, enrolment in staff],
        "enterprise": {
            "name": ACME_NAME,
            "administrator": ERIN.who,
            "employees": [
                {"name": name, "number": number, "code": "sign in with a code", "tray": _tray(number, base)}
                for number, name in ((str(int(ERIN.number) + place), name) for place, name in enumerate(EMPLOYEES, 1))
            ],
        },
        "addresses": {
            "site": base + "/",
            "shop": base + "/shop",
            "flash_sales": base + "/sales",
            "sign_in": base + "/login",
            "counter": base + "/counter/login",
            "office": base + "/office/",
            "message_tray": base + "/tray/",
        },
    }


def write_file(folder: Path, loaded: Loaded | None, logins: Mapping[str, Any]) -> Path:
    """Write `demo.json`, readable by its owner alone, and give its path. Replaces one of an earlier load whole."""
    folder.mkdir(parents=True, exist_ok=True)
    load = {}
    if loaded is not None:
        load = {
            "subscribers": loaded.subscribers,
            "in_detail": loaded.detail,
            "seed": loaded.seed,
            "loaded_at": loaded.started_at.isoformat(),
        }
    path, draft = folder / FILE, folder / (FILE + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"load": load, **logins}, file, ensure_ascii=False, indent=2)
        file.write("\n")
    draft.replace(path)
    return path


def read_file(folder: Path) -> dict[str, Any]:
    """Read what `write_file` wrote; NotFound when nothing was loaded from here."""
    try:
        found: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError as error:
        raise NotFound("There is no demo.json: load the demo first.") from error
    return found


def _enrol(database: Database, settings: Settings, keys: Keys, member: StaffLogin, hashed: str, *, now: datetime) -> Enrolment:
    new = NewStaff(member.login, member.name, member.role, member.outlet)
    try:
        with database.writing() as session:
            return create_staff(session, keys, new, hashed, issuer=settings.brand, now=now)
    except Invalid:  # the login is taken: a load that was killed came this far
        with database.writing() as session:
            set_staff_password(session, member.login, hashed, now=now)
            return renew_second_factor(session, keys, member.login, issuer=settings.brand, now=now)


def _subscriber(login: Login, base: str) -> dict[str, str]:
    return {
        "who": login.who,
        "name": login.name,
        "about": login.about,
        "number": login.number,
        "service_password": login.service_password,
        "code": "one-time codes arrive in the message tray",
        "address": base + "/login",
        "tray": _tray(login.number, base),
    }


def _staff(member: StaffLogin, enrolment: Enrolment, base: str) -> dict[str, str]:
    return {
        "who": member.who,
        "name": member.name,
        "role": member.role,
        "outlet": member.outlet,
        "login": member.login,
        "password": STAFF_PASSWORD,
        "totp_key": enrolment.secret,
        "totp_uri": enrolment.otpauth_uri,
        "address": base + "/counter/login",
        "then": base + THEN.get(member.role, "/counter/"),
    }


def _tray(number: str, base: str) -> str:
    """Give the address of a number's message tray; written in groups, as the tray's own links are."""
    return f"{base}/tray/{number[:3]}-{number[3:7]}-{number[7:]}"
