"""Whose invitations, people and links these are: the part of the matrix of addresses that concerns people (tests/test_access.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base
from portal.base.ids import new_id
from tests.cast import Cast, Person

Cases = list[tuple[str, dict[str, object]]]


def put_invitations(session: Session, cast: Cast, *, now: datetime) -> dict[str, int]:
    """Have Charlie invite Alice, and Alice Charlie; give both invitations by who was invited."""
    return {
        "alice": _put(session, cast.charlie, cast.alice, now),
        "charlie": _put(session, cast.alice, cast.charlie, now),
    }


def _put(session: Session, by: Person, to: Person, now: datetime) -> int:
    row = {
        "customer_id": by.customer_id, "id": new_id(now), "number": to.number, "role": "payer", "invited_by": by.party_id,
        "created_at": now, "expires_at": now + timedelta(days=7),
    }  # fmt: skip
    session.execute(sa.insert(Base.metadata.tables["invitation"]).values(row))
    return int(row["id"])  # type: ignore[call-overload]


def person_of_others(nowhere: int, world: Any) -> Cases:
    """Nobody looks after people of another customer's, nor after themselves; a member after nobody."""
    cast = world.cast
    pairs = [
        *(("alice", cast.charlie), ("charlie", cast.bob), ("bob", cast.alice), ("bob", cast.bob)),
        *(("alice", cast.alice), ("erin", cast.bob)),
    ]
    return [*((role, {"party_id": person.party_id}) for role, person in pairs), ("alice", {"party_id": nowhere})]


def received_by_others(nowhere: int, world: Any) -> Cases:
    """Only who was invited answers."""
    to = world.invitations
    pairs = [("alice", to["charlie"]), ("charlie", to["alice"]), ("bob", to["alice"]), ("erin", to["charlie"]), ("alice", nowhere)]
    return [(role, {"invitation_id": which}) for role, which in pairs]


def sent_by_others(nowhere: int, world: Any) -> Cases:
    """Only who may look after the people of the customer that sent it takes it back."""
    to = world.invitations
    pairs = [("alice", to["alice"]), ("charlie", to["charlie"]), ("bob", to["charlie"]), ("erin", to["alice"]), ("alice", nowhere)]
    return [(role, {"invitation_id": which}) for role, which in pairs]


def link_of_others(nowhere: int, world: Any) -> Cases:
    """There is no link between these two."""
    pairs = [("alice", world.cast.charlie.party_id), ("bob", world.cast.alice.party_id), ("erin", nowhere)]
    return [(role, {"party_id": party_id}) for role, party_id in pairs]


def _bob(world: Any) -> dict[str, object]:
    return {"party_id": world.cast.bob.party_id}


def _to(name: str) -> Callable[[Any], dict[str, object]]:
    return lambda world: {"invitation_id": world.invitations[name]}


IDS: dict[str, tuple[Callable[[Any], dict[str, object]], Callable[[int, Any], Cases]]] = {
    **{f"site.{name}": (_bob, person_of_others) for name in ("show_person", "change_one_person", "remove_one_person")},
    **{f"site.{name}": (_to("alice"), received_by_others) for name in ("accept_one", "decline_one")},
    "site.withdraw_one": (_to("charlie"), sent_by_others),
    "site.end_one_link": (lambda world: {"party_id": world.cast.charlie.party_id}, link_of_others),
}
"""For each route: ids that are there, and cases that must be nothing at all."""
