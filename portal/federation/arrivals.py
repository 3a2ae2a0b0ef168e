"""Whom a provider's word lets in: somebody on the enterprise's list, or, where it says so, anyone it sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound, Refused
from portal.directory import NewPersonEntry, PersonEntry, find_person, get_person, put_person
from portal.federation.domains import domain_of, find_provider_for_mail
from portal.federation.models import UpstreamIdentity
from portal.federation.providers import ProviderView
from portal.federation.refusals import UpstreamRefused
from portal.federation.said import Said

_identity = UpstreamIdentity.metadata.tables["upstream_identity"]
_known = sa.select(_identity.c.person_id).where(
    _identity.c.provider_id == sa.bindparam("provider"), _identity.c.subject == sa.bindparam("subject")
)
_others = sa.select(_identity.c.subject).where(
    _identity.c.provider_id == sa.bindparam("provider"),
    _identity.c.person_id == sa.bindparam("person"),
    _identity.c.subject != sa.bindparam("subject"),
)
_PUT = {
    engine: (made := insert(_identity)).on_conflict_do_update(
        index_elements=["provider_id", "subject"],
        set_={name: made.excluded[name] for name in ("customer_id", "person_id", "party_id", "last_at")},
    )
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who came in by a provider: which party, for which enterprise, and when they proved it there, if that is known."""

    party_id: int
    customer_id: int
    authenticated_at: datetime | None
    is_new: bool


def admit(session: Session, provider: ProviderView, said: Said, *, now: datetime) -> Arrived | UpstreamRefused:
    """Let in whom a provider names, or say why not. Commit what is returned.

    Whom the provider called by this subject before is the same person. Else the list is asked: by `external_id`, by user name, by a
    mail address the provider vouches for and whose domain leads to it. Where the provider admits anyone, who is not on the list is
    put on it. A person who comes in under one subject is not handed to another.
    """
    if provider.ended_at is not None:
        return UpstreamRefused("left")
    before = session.connection().execute(_known, {"provider": provider.id, "subject": said.subject}).scalar()
    person = None if before is None else _still_there(session, provider, before)
    is_new = person is None
    if person is None:
        person = _on_the_list(session, provider, said)
    if person is None:
        found = _put_on_it(session, provider, said, now=now) if provider.admits == "anyone" else UpstreamRefused("not_on_the_list")
        if isinstance(found, UpstreamRefused):
            return found
        person = found
    if not person.active:
        return UpstreamRefused("left")
    other = session.connection().execute(_others, {"provider": provider.id, "person": person.id, "subject": said.subject}).first()
    if is_new and other is not None:
        return UpstreamRefused("another_name")
    row = {
        "provider_id": provider.id, "subject": said.subject, "customer_id": provider.customer_id, "person_id": person.id,
        "party_id": person.party_id, "first_at": now, "last_at": now,
    }  # fmt: skip
    session.connection().execute(_PUT[session.get_bind().dialect.name], row)
    return Arrived(person.party_id, provider.customer_id, said.authenticated_at, is_new)


def _still_there(session: Session, provider: ProviderView, person_id: int) -> PersonEntry | None:
    try:
        return get_person(session, provider.customer_id, person_id)
    except NotFound:  # taken off the list since; perhaps put on it anew
        return None


def _on_the_list(session: Session, provider: ProviderView, said: Said) -> PersonEntry | None:
    of = provider.customer_id
    found = find_person(session, of, external_id=said.external_id) if said.external_id else None
    if found is None and said.user_name:
        found = find_person(session, of, user_name=said.user_name)
    if found is None and (mail := _own_mail(session, provider, said)):
        found = find_person(session, of, user_name=mail) or find_person(session, of, address=mail)
    return found


def _put_on_it(session: Session, provider: ProviderView, said: Said, *, now: datetime) -> PersonEntry | UpstreamRefused:
    mail = _own_mail(session, provider, said)
    user_name = said.user_name or mail
    if user_name is None:
        return UpstreamRefused("no_name")
    new = NewPersonEntry(
        user_name, said.name or user_name, external_id=said.external_id, addresses=(mail,) if mail else (), source="sign_in"
    )
    try:
        with session.begin_nested():  # what is refused leaves no party behind
            return put_person(session, provider.customer_id, new, now=now)
    except (Invalid, Refused):  # of two at once the other was first, or the enterprise is none any more
        return _on_the_list(session, provider, said) or UpstreamRefused("not_on_the_list")


def _own_mail(session: Session, provider: ProviderView, said: Said) -> str | None:
    """Give the person's address if its domain leads to this very provider: of others' people it has nothing to say."""
    if said.email is None or domain_of(said.email) is None:
        return None
    its = find_provider_for_mail(session, said.email)
    return said.email if its is not None and its.id == provider.id else None
