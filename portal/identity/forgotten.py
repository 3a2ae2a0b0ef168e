"""A forgotten service password: a code by message is one proof, and setting it anew takes a second (docs/decisions/0014).

Whoever holds somebody's phone for a minute gets the code. The second is what was there long before: another factor, where there
is one; else the device; else what the counter hands over (activations.py). Who never had a password sets it with the code alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.customers import Holder
from portal.identity.activations import take_activation
from portal.identity.factor_changes import own_line
from portal.identity.factors import Way
from portal.identity.ladder import TWO_FACTORS, level_of
from portal.identity.limits import Limited
from portal.identity.models import Authenticator, KnownDevice, Passkey, RecoveryCode, SimChange, WebPassword
from portal.identity.service_password import has_service_password, set_service_password
from portal.identity.session_queries import SessionView

SETTLED_DAYS = 7
"""What a code alone could have added lately proves nothing: the owner is told of each addition, and has so long to say no."""
Proof = Literal["first", "known", "factors", "device"]

_METHODS: dict[Way, frozenset[str]] = {
    "passkey": frozenset({"hwk", "swk"}), "authenticator": frozenset({"otp"}), "web_password": frozenset({"pwd"}),
}  # fmt: skip
_tables = Passkey.metadata.tables
_passkey, _app, _code = (_tables[model.__tablename__] for model in (Passkey, Authenticator, RecoveryCode))
_password, _device, _sim = (_tables[model.__tablename__] for model in (WebPassword, KnownDevice, SimChange))
_party: sa.BindParameter[int] = sa.bindparam("party")
_of_line = (_sim.c.customer_id == sa.bindparam("customer"), _sim.c.subscription_id == sa.bindparam("line"))
_of_browser = (_device.c.party_id == _party, _device.c.device_id == sa.bindparam("device"))
_since = sa.select(
    # Of several the newest counts: which of them was used is not kept.
    sa.select(sa.func.max(_passkey.c.created_at)).where(_passkey.c.party_id == _party).scalar_subquery().label("passkey"),
    sa.select(_app.c.confirmed_at).where(_app.c.party_id == _party).scalar_subquery().label("app"),
    sa.select(sa.func.max(_code.c.created_at)).where(_code.c.party_id == _party).scalar_subquery().label("recovery"),
    sa.select(_password.c.set_at).where(_password.c.party_id == _party).scalar_subquery().label("password"),
    sa.select(_device.c.first_seen_at).where(*_of_browser).scalar_subquery().label("device"),
    sa.select(_sim.c.changed_at).where(*_of_line).scalar_subquery().label("sim"),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What lets a session set its line's service password besides the fresh proof. `proof` None: a second one is missing.

    `ways`: what the person has had long enough to prove it by; none: the counter starts it.
    """

    proof: Proof | None
    ways: tuple[Way, ...] = ()


def find_ground(session: Session, view: SessionView, *, now: datetime) -> Ground:
    """Say on what ground a session may set its line's service password. Three statements. NotFound where the line is not theirs."""
    return _ground(session, view, own_line(session, view), now)


def set_own_service_password(
    session: Session, keys: Keys, view: SessionView, hashed: str, *, activation: str, now: datetime, said: str | None = None
) -> bool | Limited:
    """Set the service password of a session's line, and say whether there was a ground to. Commit what is returned.

    Ask `policy_faults` and for a fresh proof of level 2 before. `activation`: what the counter handed over, taken once where there
    is no other ground; `said`: as for `set_service_password`.
    """
    holder = own_line(session, view)
    if _ground(session, view, holder, now).proof is None:
        taken = take_activation(session, keys, holder, code=activation, now=now) if activation.strip() else False
        if taken is not True:
            return taken
    set_service_password(session, holder, hashed, keep_session=view.id, channel="web", said=said, now=now)
    return True


def _ground(session: Session, view: SessionView, holder: Holder, now: datetime) -> Ground:
    if not has_service_password(session, holder):
        return Ground("first")
    if "pin" in view.methods:  # typed in this session: it is changed, not forgotten
        return Ground("known")
    asked = {
        "party": holder.party_id, "device": view.device_id or "", "customer": holder.customer_id, "line": holder.subscription_id,
    }  # fmt: skip
    since = session.connection().execute(_since, asked).one()
    times = {"hwk": since.passkey, "swk": since.passkey, "otp": since.app, "kba": since.recovery, "pwd": since.password}
    latest = now - timedelta(days=SETTLED_DAYS)
    settled = {method for method, at in times.items() if at is not None and at <= latest}
    if level_of((settled | {"sms"}).intersection(view.methods)) >= TWO_FACTORS:
        return Ground("factors")
    ways = tuple(way for way, methods in _METHODS.items() if methods & settled)
    is_old = since.device is not None and since.device <= latest and (since.sim is None or since.device <= since.sim)
    return Ground("device" if is_old and not ways else None, ways)
