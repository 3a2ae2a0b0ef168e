"""Moving flash sales on that are due: what the worker does each second, and a command by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from portal.base.db import Database
from portal.base.keys import Keys
from portal.flashsales import get_state, list_sales_due, settle_sale


def settle_sales(database: Database, keys: Keys, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Settle every sale that is due, each step in a transaction of its own; give how many were."""
    with database.reading() as session:
        due = [sale_id for sale_id in list_sales_due(session, now=now) if get_state(session, sale_id).is_due(now)]
    for sale_id in due:
        while not stopping():
            with database.writing() as session:
                if not settle_sale(session, keys, sale_id, now=now).anything:
                    break
    return len(due)
