"""What the pages of sign-on have in common: their ways, and the note of every change in the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, Noted, record
from portal.faces.access import me
from portal.faces.babel import gettext
from portal.faces.client_words import exchange_words
from portal.faces.office.blueprint import bp
from portal.faces.office.proving import asks_code
from portal.faces.parts import portal
from portal.identity import find_staff_names


@dataclass(frozen=True, slots=True)
class Change:
    """One line of what was done: who, in words, and what."""

    at: datetime
    who: str
    what: str
    note: str


def sign_on_ways(current: str) -> list[dict[str, Any]]:
    """Give the ways of sign-on, the one of this page marked."""
    ways = (
        ("sites", "world", gettext("Trusted sites"), "office.list_sites"),
        ("companies", "building", gettext("Companies"), "office.find_company"),
        ("sign_outs", "logout", gettext("Sign-outs"), "office.list_sign_outs"),
        ("tokens", "ticket", gettext("Registration"), "office.list_tokens"),
        ("keys", "key", gettext("Our keys"), "office.show_keys"),
    )
    return [{"icon": icon, "label": label, "url": url_for(where), "current": name == current} for name, icon, label, where in ways]


@bp.context_processor
def page_parts() -> dict[str, Any]:
    """Give the pages their ways, and whether a form has to ask for a code."""
    return {"sign_on_ways": sign_on_ways, "asks_code": asks_code, "exchange_words": exchange_words}


def note(db: Session, action: str, subject: str, *, customer_id: int | None = None, detail: Mapping[str, Any] | None = None) -> None:
    """Put a change into the audit log, in the same transaction."""
    entry = Entry(me().staff.actor, action, "office", customer_id, subject, dict(detail or {}))
    record(db, portal().keys.audit[0], entry, now=clock.now())


def change_rows(db: Session, noted: Sequence[Noted]) -> list[Change]:
    """Give changes in words: by whom, and what. One statement at most."""
    ids = {int(each.actor.partition(":")[2]) for each in noted if each.actor.startswith("staff:")}
    names = find_staff_names(db, ids)
    return [Change(each.at, _who(each.actor, names), _what(each.action), _note(each.detail)) for each in noted]


def _who(actor: str, names: Mapping[int, str]) -> str:
    kind, _, number = actor.partition(":")
    if kind == "staff":
        return names.get(int(number), "")
    return {
        "operator": gettext("Command line"), "client": gettext("The site itself"), "party": gettext("Its developer"),
    }.get(kind, gettext("the system"))  # fmt: skip


def _what(action: str) -> str:
    return {
        "sso.client_created": gettext("Site added"),
        "sso.client_changed": gettext("Changed"),
        "sso.secret_changed": gettext("New secret"),
        "sso.client_ended": gettext("Ended"),
        "sso.client_watched": gettext("Watched for a quarter of an hour"),
        "sso.client_registered": gettext("Registered itself"),
        "sso.registration_changed": gettext("Changed by the site"),
        "sso.registration_ended": gettext("Ended by the site"),
        "sso.logout_retried": gettext("Told again of a sign-out"),
    }.get(action, action)


def _note(detail: Mapping[str, Any]) -> str:
    fields: Iterable[str] = detail.get("fields") or ()
    if detail.get("at_once"):
        return gettext("the former ones are dead")
    return ", ".join(_FIELD_WORDS[name]() if name in _FIELD_WORDS else name for name in fields)


_FIELD_WORDS = {
    "name": lambda: gettext("name"),
    "redirect_uris": lambda: gettext("addresses people come back to"),
    "post_logout_redirect_uris": lambda: gettext("addresses after signing out"),
    "scopes": lambda: gettext("what it may ask for"),
    "grant_types": lambda: gettext("what it may do"),
    "auth_method": lambda: gettext("how it proves itself"),
    "jwks": lambda: gettext("keys"),
    "jwks_uri": lambda: gettext("keys"),
    "backchannel_logout_uri": lambda: gettext("where it hears of sign-outs"),
    "id_token_alg": lambda: gettext("how we sign for it"),
}
