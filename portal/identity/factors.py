"""What a person can prove themselves by: for the page that shows it, and for the one that asks for a proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.settings import Settings
from portal.customers import find_holder
from portal.identity.ladder import CODE, add_methods, level_of
from portal.identity.models import Authenticator, Passkey, RecoveryCode, WebPassword
from portal.identity.session_queries import SessionView
from portal.identity.sim_changes import messages_believed_from

Way = Literal["passkey", "message", "authenticator", "web_password"]
_METHOD: dict[Way, str] = {"passkey": "hwk", "message": "sms", "authenticator": "otp", "web_password": "pwd"}

_tables = Passkey.metadata.tables
_passkey, _authenticator = _tables[Passkey.__tablename__], _tables[Authenticator.__tablename__]
_code, _password = _tables[RecoveryCode.__tablename__], _tables[WebPassword.__tablename__]
_party: sa.BindParameter[int] = sa.bindparam("party")
_counts = sa.select(
    sa.select(sa.func.count()).select_from(_passkey).where(_passkey.c.party_id == _party).scalar_subquery(),
    sa.select(_authenticator.c.confirmed_at).where(_authenticator.c.party_id == _party).scalar_subquery(),
    sa.select(sa.func.count()).select_from(_code).where(_code.c.party_id == _party, _code.c.used_at.is_(None)).scalar_subquery(),
    sa.select(_password.c.set_at).where(_password.c.party_id == _party).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has. `believed_from`: a new SIM makes codes by message worth little until then; None: they are good.

    `has_number`: who came in by their company's provider has none here, and so no messages; the web password goes with a number, too.
    """

    passkeys: int
    authenticator_since: datetime | None
    recovery_codes: int
    web_password_since: datetime | None
    believed_from: datetime | None
    has_number: bool = True

    def ways(self) -> tuple[Way, ...]:
        """Give what can be proved here and now, the strongest first."""
        there = {
            "passkey": self.passkeys > 0,
            "message": self.has_number and self.believed_from is None,
            "authenticator": self.authenticator_since is not None or self.recovery_codes > 0,
            "web_password": self.has_number and self.web_password_since is not None,
        }
        return tuple(way for way in _METHOD if there[way])

    def ways_to(self, level: int, view: SessionView) -> tuple[Way, ...]:
        """Give the ways by which the session reaches `level`; where none does alone, those that lead towards it.

        A password is no fresh proof: it is offered only where it makes the second of two factors.
        """
        own = [way for way in self.ways() if way != "web_password" or (level > CODE and "pwd" not in view.methods)]
        reached = {way: max(view.level, level_of(add_methods(view.methods, view.level, [_METHOD[way]]))) for way in own}
        enough = tuple(way for way in own if reached[way] >= level)
        return enough or tuple(way for way in own if reached[way] > view.level)


def list_factors(session: Session, view: SessionView, *, settings: Settings, now: datetime) -> Factors:
    """Give what the person of a subscriber's session has. Three statements."""
    passkeys, authenticator, codes, password = session.connection().execute(_counts, {"party": view.party_id or 0}).one()
    holder = find_holder(session, view.number or "")
    believed = messages_believed_from(session, holder, settings=settings, now=now) if holder is not None else None
    return Factors(passkeys, authenticator, codes, password, believed, view.number is not None)
