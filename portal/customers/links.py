"""Parties that are one person: linked by proof on both sides, undone by either, never merged.

A link is two rows, one a direction, so that whom somebody acts for is found from either side by one index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_, NotFound, Refused
from portal.customers.models import Customer, CustomerRole, Party, PartyLink

MOST_LINKS = 5

_link = PartyLink.metadata.tables["party_link"]
_role = CustomerRole.metadata.tables["customer_role"]
_stands = sa.and_(_link.c.valid_from <= sa.bindparam("now"), sa.or_(_link.c.valid_to.is_(None), _link.c.valid_to > sa.bindparam("now")))
_list = (
    sa.select(_link.c.other_party_id, Party.name, _link.c.valid_from)
    .join_from(_link, Party, Party.id == _link.c.other_party_id)
    .where(_link.c.party_id == sa.bindparam("party_id"), _stands)
    .order_by(_link.c.valid_from, _link.c.other_party_id)
)
_kinds = sa.select(Party.id, Party.kind).where(Party.id.in_(sa.bindparam("both", expanding=True)))
_of_company = (
    sa.select(_role.c.party_id)
    .join_from(_role, Customer, Customer.customer_id == _role.c.customer_id)
    .where(
        _role.c.party_id.in_(sa.bindparam("both", expanding=True)),
        Customer.kind == "organisation",
        sa.or_(_role.c.valid_to.is_(None), _role.c.valid_to > sa.bindparam("now")),
    )
    .limit(1)
)
_end = (
    sa.update(_link)
    .where(
        sa.or_(
            sa.and_(_link.c.party_id == sa.bindparam("one"), _link.c.other_party_id == sa.bindparam("other")),
            sa.and_(_link.c.party_id == sa.bindparam("other"), _link.c.other_party_id == sa.bindparam("one")),
        ),
        _link.c.valid_to.is_(None),
    )
    .values(valid_to=sa.bindparam("now"))
)


def _linking(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = {"valid_from": insert.excluded.valid_from, "valid_to": None}
    return insert.on_conflict_do_update(index_elements=["party_id", "other_party_id"], set_=new, where=_link.c.valid_to.is_not(None))


_write = {"sqlite": _linking(sqlite.insert(_link)), "postgresql": _linking(postgresql.insert(_link))}


@dataclass(frozen=True, slots=True)
class LinkedParty:
    """Another login of the same person, and since when it is linked."""

    party_id: int
    name: str
    since: datetime


class NotLinkable(Refused):
    """These two cannot be one person's logins."""

    code = "not_linkable"
    sentence = N_("This number cannot be linked: only a person's own numbers can, not a company's.")


class TooManyLinks(Refused):
    """A person has as many linked logins as anybody may."""

    code = "too_many_links"
    sentence = N_("Five logins are linked already. Undo one of them first.")


def list_links(session: Session, party_id: int, *, now: datetime) -> Sequence[LinkedParty]:
    """Give the logins linked with a party's, the first linked first. One statement."""
    return [LinkedParty(*row) for row in session.connection().execute(_list, {"party_id": party_id, "now": now})]


def link_parties(session: Session, a: int, b: int, *, now: datetime) -> bool:
    """Let two parties be one person from `now` on: each then acts for the other's customers. False: they were linked before.

    Whoever calls has had both proved. Raises NotLinkable for a party and itself, for one that is no person, or that
    acts for an organisation; TooManyLinks for the sixth.
    """
    both = {"both": sorted({a, b}), "now": now}
    kinds = session.connection().execute(_kinds, both).all()
    if a == b or len(kinds) < 2 or any(row.kind != "individual" for row in kinds):
        raise NotLinkable
    if session.connection().execute(_of_company, both).first() is not None:
        raise NotLinkable
    linked = [{each.party_id for each in list_links(session, one, now=now)} for one in (a, b)]
    if b in linked[0]:
        return False
    if max(map(len, linked)) >= MOST_LINKS:
        raise TooManyLinks
    row = {"valid_from": now, "valid_to": None}
    rows = [{"party_id": a, "other_party_id": b} | row, {"party_id": b, "other_party_id": a} | row]
    session.connection().execute(_write[session.get_bind().dialect.name], sorted(rows, key=lambda each: each["party_id"] or 0))
    return True


def unlink_parties(session: Session, a: int, b: int, *, now: datetime) -> None:
    """End a link at `now`; from then on neither acts for the other's customers. Raises NotFound where there is none."""
    if session.connection().execute(_end, {"one": a, "other": b, "now": now}).rowcount == 0:
        raise NotFound
