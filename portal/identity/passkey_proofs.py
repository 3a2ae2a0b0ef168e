"""Signing in, and proving it again, with a passkey (WebAuthn Level 3, section 7.2): level 4.

The browser offers the passkeys it has; nobody types who they are, and nothing tells whether anybody has one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from webauthn import generate_authentication_options, options_to_json, verify_authentication_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import CredentialDeviceType, PublicKeyCredentialDescriptor, UserVerificationRequirement

from portal.base.errors import N_, NotFound
from portal.customers import Holder, get_holder_of_line
from portal.identity.limits import Limited, passkey_windows
from portal.identity.models import Passkey
from portal.identity.passkey_challenges import PasskeyAsk, RelyingParty, TakenChallenge, make_challenge, read_answer, take_challenge
from portal.identity.passkeys import TIMEOUT_MS, PasskeyRefused
from portal.identity.session_queries import SessionView
from portal.identity.sign_ins import record_sign_in
from portal.identity.throttle import count_up, give_back
from portal.identity.visitor import Visitor

_passkey = Passkey.metadata.tables["passkey"]
_find = sa.select(_passkey).where(_passkey.c.credential_id == sa.bindparam("credential"))
_ids = sa.select(_passkey.c.credential_id).where(_passkey.c.party_id == sa.bindparam("party")).order_by(_passkey.c.id)
# A counter goes up, or stands at 0 for good: whoever comes second with the same count has a copy (WebAuthn 6.1.1).
_use = (
    sa.update(_passkey)
    .where(
        _passkey.c.id == sa.bindparam("passkey"),
        sa.or_(
            _passkey.c.sign_count < sa.bindparam("counted"),
            sa.and_(_passkey.c.sign_count == 0, sa.bindparam("counted", type_=sa.BigInteger) == 0),
        ),
    )
    .values(sign_count=sa.bindparam("counted"), synced=sa.bindparam("in_step"), used_at=sa.bindparam("at"))
)
_NOT_YOURS = N_("This passkey was made with a line that is not yours any more. Sign in with your number.")


@dataclass(frozen=True, slots=True)
class PasskeyRight:
    """The passkey is the person's, who unlocked it. `methods`: what the session's `amr` says of it (RFC 8176)."""

    holder: Holder
    methods: tuple[str, ...]


def offer_passkeys(
    session: Session, site: RelyingParty, ask: PasskeyAsk, visitor: Visitor, *, now: datetime, view: SessionView | None = None
) -> Mapping[str, Any] | Limited:
    """Give what a browser needs to use a passkey (PublicKeyCredentialRequestOptionsJSON).

    Without `view`, for signing in, it may be anybody's; with it only one of that person's.
    """
    allowed = passkey_windows(visitor)
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    party_id = view.party_id if view is not None else None
    known = session.connection().execute(_ids, {"party": party_id}).scalars().all() if party_id is not None else []
    options = generate_authentication_options(
        rp_id=site.id,
        challenge=make_challenge(session, ask, party_id=party_id, now=now),
        timeout=TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    given: dict[str, Any] = json.loads(options_to_json(options))
    return given


def check_passkey(
    session: Session, site: RelyingParty, ask: PasskeyAsk, visitor: Visitor, *, answer: str, now: datetime, view: SessionView | None = None
) -> PasskeyRight | PasskeyRefused:
    """Take what a passkey signed, once. Commit what is returned, whatever it is: the challenge is used up.

    For a step-up give the `view` of the session: it must be a passkey of that person's.
    """
    said = read_answer(answer)
    taken = take_challenge(session, ask, said, now=now) if said is not None else None
    if said is None or taken is None:
        return PasskeyRefused()
    row = session.connection().execute(_find, {"credential": str(said.get("id"))}).first()
    if row is None or not _is_for(row, said, taken, view):
        return PasskeyRefused()
    verified = _verified(said, taken.challenge, site, row)
    if verified is None or not _use_up(session, row.id, verified, now):
        record_sign_in(session, visitor, method="passkey", outcome="wrong", party_id=row.party_id, now=now)
        return PasskeyRefused()
    holder = _holder(session, row)
    if holder is None:
        return PasskeyRefused(_NOT_YOURS)
    return PasskeyRight(holder, ("swk" if _is_synced(verified) else "hwk",))


def _holder(session: Session, row: sa.Row[Any]) -> Holder | None:
    """Give the line a passkey was made with, by its number of now; None where it is not the person's any more."""
    try:
        holder = get_holder_of_line(session, row.customer_id, row.subscription_id)
    except NotFound:
        return None
    return holder if holder.party_id == row.party_id else None


def _is_for(row: sa.Row[Any], said: Mapping[str, Any], taken: TakenChallenge, view: SessionView | None) -> bool:
    """Say whether the passkey is of whom the challenge was made for, and says so itself (WebAuthn 7.2, step 6)."""
    if (view.party_id if view is not None else None) != taken.party_id:
        return False
    handle = said["response"].get("userHandle")
    if view is not None:  # a passkey that was named to the browser need not say whose it is
        return row.party_id == view.party_id and handle in (None, "", row.user_handle)
    return bool(handle == row.user_handle)


def _verified(said: dict[str, Any], challenge: bytes, site: RelyingParty, row: sa.Row[Any]) -> VerifiedAuthentication | None:
    try:
        return verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - attackers write what the library reads: whatever it trips over is no signature
        return None


def _use_up(session: Session, passkey_id: int, verified: VerifiedAuthentication, now: datetime) -> bool:
    bind = {"passkey": passkey_id, "counted": verified.new_sign_count, "in_step": _is_synced(verified), "at": now}
    return session.connection().execute(_use, bind).rowcount == 1


def _is_synced(verified: VerifiedAuthentication) -> bool:
    return verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE
