"""A person's passkeys: registered, listed, named, removed (WebAuthn Level 3, section 7.1).

    with writing() as session:
        options = offer_registration(session, site, view, PasskeyAsk(flow, "register"), now=now)   # to the browser, as JSON
    with writing() as session:
        made = add_passkey(session, site, view, ask, answer=…, name=…, now=now)                    # commit whatever it is

Only discoverable passkeys with a verified user are taken: they are what level 4 means.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_id
from portal.base.privacy import show_number
from portal.identity.factor_changes import note_change, own_line
from portal.identity.models import Passkey
from portal.identity.passkey_challenges import PasskeyAsk, RelyingParty, make_challenge, read_answer, take_challenge
from portal.identity.session_queries import SessionView

MAX_PASSKEYS = 20
MAX_NAME = 40
TIMEOUT_MS = 300_000
HANDLE_BYTES = 32
TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"})

_passkey = Passkey.metadata.tables["passkey"]
_own = sa.select(_passkey).where(_passkey.c.party_id == sa.bindparam("party")).order_by(_passkey.c.id)
_mine = sa.and_(_passkey.c.party_id == sa.bindparam("party"), _passkey.c.id == sa.bindparam("passkey"))
_rename = sa.update(_passkey).where(_mine).values(name=sa.bindparam("called"))
_remove = sa.delete(_passkey).where(_mine).returning(_passkey.c.name)
_insert = {
    "sqlite": sqlite.insert(_passkey).on_conflict_do_nothing(index_elements=["credential_id"]).returning(_passkey.c.id),
    "postgresql": postgresql.insert(_passkey).on_conflict_do_nothing(index_elements=["credential_id"]).returning(_passkey.c.id),
}


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """One of a person's passkeys. `synced`: kept in step between their devices; else it stays in one."""

    id: int
    name: str
    synced: bool
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class PasskeyRefused:
    """A passkey's answer that is not taken. `sentence` says what to do next, never which check failed."""

    sentence: str = N_("That passkey could not be used. Try again, or use another way.")


class TooManyPasskeys(Refused):
    """The person has as many passkeys as anybody can keep apart."""

    code = "too_many_passkeys"
    sentence = N_("You have twenty passkeys. Remove one that you do not use any more first.")


def list_passkeys(session: Session, party_id: int) -> Sequence[PasskeyView]:
    """Give a person's passkeys, the oldest first."""
    rows = session.connection().execute(_own, {"party": party_id})
    return [PasskeyView(row.id, row.name, row.synced, row.created_at, row.used_at) for row in rows]


def clean_name(text: str) -> str:
    """Give a passkey's name as it is stored; raise Invalid for an empty or a long one."""
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME:
        raise Invalid({"name": N_("Give it a name of up to 40 characters.")})
    return name


def offer_registration(session: Session, site: RelyingParty, view: SessionView, ask: PasskeyAsk, *, now: datetime) -> Mapping[str, Any]:
    """Give what a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON).

    Ask for a fresh proof at level 2 before. Raises TooManyPasskeys, and NotFound where the number is not theirs any more.
    """
    holder = own_line(session, view)
    had = session.connection().execute(_own, {"party": holder.party_id}).all()
    if len(had) >= MAX_PASSKEYS:
        raise TooManyPasskeys
    handle = had[0].user_handle if had else bytes_to_base64url(secrets.token_bytes(HANDLE_BYTES))
    challenge = make_challenge(session, ask, party_id=holder.party_id, user_handle=handle, now=now)
    options = generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=base64url_to_bytes(handle),
        user_name=show_number(holder.number),
        user_display_name=view.party_name or site.name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id)) for row in had],
    )
    given: dict[str, Any] = json.loads(options_to_json(options))
    return given


def add_passkey(
    session: Session,
    site: RelyingParty,
    view: SessionView,
    ask: PasskeyAsk,
    *,
    answer: str,
    name: str,
    now: datetime,
    said: str | None = None,
) -> PasskeyView | PasskeyRefused:
    """Keep the passkey a browser made. Commit what is returned, whatever it is: the challenge is used up.

    `said`: the security message in the reader's language. Other browsers are signed out (ASVS 5.0 7.4.3). Raises
    Invalid for a name that cannot be used.
    """
    called = clean_name(name)
    said_by_browser = read_answer(answer)
    taken = take_challenge(session, ask, said_by_browser, now=now) if said_by_browser is not None else None
    if said_by_browser is None or taken is None or taken.party_id != view.party_id or taken.user_handle is None:
        return PasskeyRefused()
    verified = _verified(said_by_browser, taken.challenge, site)
    if verified is None:
        return PasskeyRefused()
    holder = own_line(session, view)
    passkey_id, synced = new_id(now), verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE
    transports = said_by_browser["response"].get("transports")
    row = {
        "id": passkey_id, "party_id": holder.party_id, "customer_id": holder.customer_id, "subscription_id": holder.subscription_id,
        "credential_id": bytes_to_base64url(verified.credential_id), "user_handle": taken.user_handle,
        "public_key": bytes_to_base64url(verified.credential_public_key), "sign_count": verified.sign_count, "name": called,
        "transports": sorted(TRANSPORTS.intersection(map(str, transports))) if isinstance(transports, list) else [],
        "synced": synced, "created_at": now, "used_at": None,
    }  # fmt: skip
    if session.connection().execute(_insert[session.get_bind().dialect.name], row).first() is None:
        return PasskeyRefused(N_("This passkey is registered already."))
    note_change(session, view, "passkey_added", params={"name": called}, said=said, now=now)
    return PasskeyView(passkey_id, called, synced, now, None)


def rename_passkey(session: Session, view: SessionView, passkey_id: int, name: str) -> None:
    """Call one of the person's passkeys something else; raise NotFound for any other, Invalid for no name."""
    called = {"party": view.party_id or 0, "passkey": passkey_id, "called": clean_name(name)}
    if session.connection().execute(_rename, called).rowcount == 0:
        raise NotFound


def remove_passkey(session: Session, view: SessionView, passkey_id: int, *, now: datetime, said: str | None = None) -> None:
    """Take one of the person's passkeys no more; raise NotFound for any other. Other browsers are signed out."""
    name = session.connection().execute(_remove, {"party": view.party_id or 0, "passkey": passkey_id}).scalar_one_or_none()
    if name is None:
        raise NotFound
    note_change(session, view, "passkey_removed", params={"name": name}, said=said, now=now)


def _verified(answer: dict[str, Any], challenge: bytes, site: RelyingParty) -> VerifiedRegistration | None:
    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - attackers write what the library reads: whatever it trips over is no passkey
        return None
