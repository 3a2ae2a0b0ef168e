"""A batch of codes and a print of it: the part of the matrix of addresses that concerns codes (tests/test_access.py)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.base.keys import Keys
from tests.cast import NOW

Values = dict[str, object]
BATCH, PRINT = 77, 78
OF_BATCH = ("show_code_batch", "approve_code_batch", "stop_code_batch", "drop_code_batch", "void_batch_codes", "ask_code_print")
OF_PRINT = ("show_code_print", "release_code_print", "take_code_print")


def put_codes(session: Session, keys: Keys, made_by: int) -> None:
    """Make a draft and a print that waits, by somebody who has no business there otherwise."""
    batch = {
        "id": BATCH, "name": {"zh": "券", "en": "Coupons"}, "kind": "coupon", "campaign_code": "autumn", "partner": None, "size": 9,
        "status": "draft", "starts_at": NOW, "ends_at": NOW + timedelta(days=1), "rules": {}, "voided": [],
        "secret": keys.encrypt("5e" * 32), "made_by": made_by, "made_at": NOW, "approved_by": None,
    }  # fmt: skip
    asked = {"id": PRINT, "batch_id": BATCH, "first": 0, "last": 1, "asked_by": made_by, "asked_at": NOW, "taken": 0}
    session.execute(sa.insert(Base.metadata.tables["code_batch"]).values(batch))
    session.execute(sa.insert(Base.metadata.tables["code_print"]).values(asked))


def _own(name: str, value: int, _: Any) -> Values:
    return {name: value}


def _nowhere(name: str, nowhere: int, _: Any) -> list[tuple[str, Values]]:
    return [(role, {name: nowhere}) for role in ("mei", "sam")]


IDS = {f"office.{endpoint}": (partial(_own, "batch_id", BATCH), partial(_nowhere, "batch_id")) for endpoint in OF_BATCH}
IDS |= {f"office.{endpoint}": (partial(_own, "print_id", PRINT), partial(_nowhere, "print_id")) for endpoint in OF_PRINT}
