"""Sites that an enterprise's own developers look after, by the same rules as everybody's and with less to ask for.

What they may ask people for is who somebody is. What concerns customers, lines and points is the operator's to grant, as is access
in a site's own name; what the operator granted once stays when the developer changes something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.openid.client_rules import CODE, DEVICE, REFRESH, NewClient
from portal.openid.clients import ClientView, change_client, create_client, get_client, list_clients
from portal.openid.scopes import OFFLINE, OPENID

DEVELOPER_SCOPES = (OPENID, "profile", "phone", OFFLINE)
DEVELOPER_GRANTS = (CODE, REFRESH, DEVICE)
MOST = 20
"""So many sites one enterprise may have by itself."""


class TooManySites(Refused):
    """An enterprise has as many sites as it may register by itself."""

    code = "too_many_sites"
    sentence = N_("Your company has as many sites as it may register by itself. End one you no longer need, or ask us.")


def create_developer_client(
    session: Session, new: NewClient, customer_id: int, *, now: datetime, allow_localhost: bool = False
) -> tuple[ClientView, str | None]:
    """Make a site of an enterprise; give it and its secret, shown this once. People are known to it by names of its own.

    Raises Invalid for what no client may be and for what is not a developer's to ask for; TooManySites.
    """
    if len(list_developer_clients(session, customer_id)) >= MOST:
        raise TooManySites
    new = replace(new, customer_id=customer_id, first_party=False, subject_type="pairwise")
    _check(new, (), ())
    return create_client(session, new, now=now, allow_localhost=allow_localhost)


def change_developer_client(
    session: Session, customer_id: int, client_id: str, new: NewClient, *, now: datetime, allow_localhost: bool = False
) -> tuple[ClientView, str | None]:
    """Make an enterprise's site anew, but for whose it is and what it knows people by; NotFound for one of another's."""
    held = get_developer_client(session, customer_id, client_id)
    _check(new, held.scopes, held.grant_types)
    new = replace(new, customer_id=customer_id, first_party=False, subject_type=held.subject_type, sector=held.sector)
    return change_client(session, client_id, new, now=now, allow_localhost=allow_localhost)


def get_developer_client(session: Session, customer_id: int, client_id: str) -> ClientView:
    """Give an enterprise's own site; raise NotFound for another's, the operator's own, and one that has ended."""
    found = get_client(session, client_id)
    if found.customer_id != customer_id or found.first_party:
        raise NotFound
    return found


def list_developer_clients(session: Session, customer_id: int) -> Sequence[ClientView]:
    """Give an enterprise's own sites, by name."""
    return [each for each in list_clients(session, customer_id=customer_id) if not each.first_party]


def _check(new: NewClient, scopes: Sequence[str], grants: Sequence[str]) -> None:
    """Raise Invalid for what is neither a developer's to ask for nor granted before."""
    faults = {}
    if not set(new.scopes) <= {*DEVELOPER_SCOPES, *scopes}:
        faults["scopes"] = N_("Some of this is ours to grant: ask us.")
    if not set(new.grant_types) <= {*DEVELOPER_GRANTS, *grants}:
        faults["grant_types"] = N_("Some of this is ours to grant: ask us.")
    if faults:
        raise Invalid(faults)
