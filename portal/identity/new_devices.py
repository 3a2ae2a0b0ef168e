"""Telling a person that their number signed in on a device it was never used on before (ASVS 5.0 6.3.5)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_
from portal.customers import Holder
from portal.identity.limits import DAY, windows
from portal.identity.models import KnownDevice
from portal.identity.throttle import count_up
from portal.messaging import queue_message

NEW_DEVICE = N_("Your number was just used to sign in on a new device: %(device)s. If it was not you, call %(support)s now.")
"""What the message says. Faces pass the translation."""
TOLD_A_DAY = 5
"""A browser that forgets its cookies is a new device each time: nobody is told more often than that."""

_device = KnownDevice.metadata.tables["known_device"]
_knows_others = sa.select(sa.exists().where(_device.c.party_id == sa.bindparam("party"), _device.c.device_id != sa.bindparam("device_id")))


def tell_new_device(session: Session, holder: Holder, device_id: str, said: str, *, now: datetime) -> bool:
    """Send `said` to the number, unless this is the person's first device ever or they were told often today; say whether it went."""
    others = session.connection().execute(_knows_others, {"party": holder.party_id, "device_id": device_id}).scalar_one()
    if not others:
        return False
    often = windows(f"new_device:{holder.party_id}", ((TOLD_A_DAY, DAY),))
    if count_up(session, often, now=now).of(often).over:
        return False
    queue_message(session, holder.number, said, kind="notice", secret=False, now=now)
    return True
