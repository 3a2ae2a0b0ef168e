"""What six processes do at one moment to a way back from a company's provider, to an answer of it, and to a first arrival."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.federation import (
    Arrived,
    Journey,
    Ourselves,
    Said,
    UpstreamRefused,
    admit,
    check_response,
    get_provider,
    take_journey,
    take_waiting,
)
from tests.security.racers import keys_of_the_tests, ready


def come_back(_: int, url: str, provider_id: int, state: str, flow: str, now: datetime) -> bool:
    """Come back with a state; say whether it was taken."""
    database, keys = Database(url), keys_of_the_tests()
    with database.reading() as session:
        provider = get_provider(session, provider_id)
    ready()
    with database.writing() as session:
        taken = take_journey(session, keys, provider, state, flow_id=flow, now=now)
    database.close()
    return taken is not None


def come_back_unguarded(_: int, url: str, provider_id: int, state: str, flow: str, now: datetime) -> bool:
    """Come back as if it were enough to look whether the state is there before one deletes it."""
    database = Database(url)
    table = Base.metadata.tables["upstream_request"]
    mine = table.c.state_hash == hashlib.sha256(state.encode()).hexdigest()
    with database.reading() as session:
        found = session.execute(sa.select(sa.func.count()).select_from(table).where(mine, table.c.provider_id == provider_id)).scalar_one()
    ready()
    with database.writing() as session:
        session.execute(sa.delete(table).where(mine))
    database.close()
    return bool(found)


def enter(_: int, url: str, provider_id: int, name: str, flow: str, now: datetime) -> bool:
    """Come for what waits at the door; say whether it was given."""
    database, keys = Database(url), keys_of_the_tests()
    with database.reading() as session:
        provider = get_provider(session, provider_id)
    ready()
    with database.writing() as session:
        taken = take_waiting(session, keys, provider, name, flow_id=flow, now=now)
    database.close()
    return taken is not None


def show(_: int, url: str, provider_id: int, ourselves: Ourselves, journey: Journey, posted: str, now: datetime) -> str:
    """Show a SAML response; say whom it names, or why it was not taken."""
    database = Database(url)
    with database.reading() as session:
        provider = get_provider(session, provider_id)
    ready()
    with database.writing() as session:
        said = check_response(session, provider, ourselves, journey, posted, now=now)
    database.close()
    return said.subject if isinstance(said, Said) else said.code


def arrive(_: int, url: str, provider_id: int, said: Said, now: datetime) -> str:
    """Be let in for the first time; say as which party, or why not."""
    database = Database(url)
    with database.reading() as session:
        provider = get_provider(session, provider_id)
    ready()
    with database.writing() as session:
        arrived: Arrived | UpstreamRefused = admit(session, provider, said, now=now)
    database.close()
    return str(arrived.party_id) if isinstance(arrived, Arrived) else arrived.code
