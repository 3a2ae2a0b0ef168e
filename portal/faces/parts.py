"""What one running portal is made of, and how a request or a command finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from portal.base.db import Database
from portal.base.events import Handlers
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.federation import Upstream
from portal.identity import Hasher
from portal.messaging import SmsSender
from portal.openid import BackChannel, Documents
from portal.orders import BssPort, LogisticsPort
from portal.payments import PaymentProvider


@dataclass(frozen=True)
class Portal:
    """Settings, database, keys, event handlers and adapters of one process."""

    settings: Settings
    db: Database
    keys: Keys
    handlers: Handlers
    sms: SmsSender
    hasher: Hasher
    backchannel: BackChannel
    documents: Documents
    upstream: Upstream
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
    bss: BssPort | None = None
    logistics: LogisticsPort | None = None


def portal() -> Portal:
    """Give the parts of the running application."""
    return cast("Portal", current_app.extensions["portal"])


def hasher() -> Hasher:
    """Give what makes and checks password hashes at this installation's cost."""
    return portal().hasher
