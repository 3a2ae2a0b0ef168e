"""How sales stand, kept in memory for a second: a rush of lookers costs the database one look a second and process."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from portal.catalog import find_pictures
from portal.faces.transactions import reading
from portal.flashsales import SaleState, get_state

_Kept = dict[int, tuple[int, SaleState]]
MOST = 200


def state_now(sale_id: int, now: datetime, session: Session | None = None) -> SaleState:
    """Give how a sale stands, at most a second old. Raises NotFound. Needs no transaction where it is known."""
    kept = _kept()
    found = kept.get(sale_id)
    if found is not None and found[0] == int(now.timestamp()):
        return found[1]
    if session is not None:
        state = _look(session, sale_id)
    else:
        with reading() as db:
            state = _look(db, sale_id)
    if len(kept) >= MOST:
        kept.clear()
    kept[sale_id] = int(now.timestamp()), state
    return state


def picture_of(state: SaleState) -> str | None:
    """Give the picture of what is sold, as it was when the sale was last looked at; None where there is none."""
    return _pictures().get(state.sale.offering_code)


def forget_state(sale_id: int) -> None:
    """Look again next time: something was changed here."""
    _kept().pop(sale_id, None)


def _look(session: Session, sale_id: int) -> SaleState:
    state = get_state(session, sale_id)
    _pictures().update(find_pictures(session, [state.sale.offering_code]))
    return state


def _pictures() -> dict[str, str]:
    found: dict[str, str] = current_app.extensions.setdefault("sale_pictures", {})
    return found


def _kept() -> _Kept:
    kept: _Kept = current_app.extensions.setdefault("sale_states", {})
    return kept
