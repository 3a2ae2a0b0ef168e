"""Every table of the portal: importing this fills the metadata, as migrations alone may."""

from __future__ import annotations

import sqlalchemy as sa

import portal.billing.models
import portal.carts.models
import portal.catalog.models
import portal.codes.models
import portal.customers.models
import portal.directory.models
import portal.federation.models
import portal.flashsales.models
import portal.identity.models
import portal.intake.models
import portal.interactions.models
import portal.messaging.models
import portal.ministores.models
import portal.openid.models
import portal.orders.models
import portal.payments.models
import portal.points.models
import portal.presales.models
import portal.promotions.models
from portal.base import audit, events, idempotency, ledger
from portal.base.db import Base

TABLES = (
    audit,
    events,
    idempotency,
    ledger,
    portal.billing.models,
    portal.carts.models,
    portal.catalog.models,
    portal.codes.models,
    portal.customers.models,
    portal.directory.models,
    portal.federation.models,
    portal.flashsales.models,
    portal.identity.models,
    portal.intake.models,
    portal.interactions.models,
    portal.messaging.models,
    portal.ministores.models,
    portal.openid.models,
    portal.orders.models,
    portal.payments.models,
    portal.points.models,
    portal.presales.models,
    portal.promotions.models,
)
"""The modules that hold tables; a test finds one that is missing."""

metadata: sa.MetaData = Base.metadata


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Say whether the portal's migrations look after a table: Huey's own, and Alembic's, are theirs."""
    return kind != "table" or not (name or "").startswith(("huey_", "alembic_", "sqlite_"))
