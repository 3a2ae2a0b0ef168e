"""An enterprise's list of people: each has a party of ours behind it, and comes in while the list calls the person active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.events import emit
from portal.base.ids import new_id
from portal.customers import NewPerson, add_employee, end_employee, rename_employee
from portal.directory.events import EmployeeLeft
from portal.directory.models import DirectoryAddress, DirectoryPerson
from portal.directory.texts import checked, key_of
from portal.identity import end_other_sessions

Source = Literal["scim", "sign_in", "staff"]
LONGEST_USER_NAME = 255
LONGEST_EXTERNAL_ID = 255
LONGEST_NAME = 100
MAX_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class NewPersonEntry:
    """What is said of a person. `addresses`: mail addresses, besides those that `resource` holds as `emails`.

    `resource`: the rest of what the directory said, in the words of RFC 7643 4.1. `display_name` empty: the user name.
    """

    user_name: str
    display_name: str = ""
    external_id: str | None = None
    addresses: tuple[str, ...] = ()
    active: bool = True
    resource: Mapping[str, Any] = field(default_factory=dict)
    source: Source = "scim"


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person on an enterprise's list. `version` counts the changes; `party_id`: who that is here."""

    customer_id: int
    id: int
    party_id: int
    user_name: str
    external_id: str | None
    display_name: str
    active: bool
    source: str
    resource: Mapping[str, Any]
    version: int
    created_at: datetime
    changed_at: datetime

    @property
    def addresses(self) -> tuple[str, ...]:
        """The person's mail addresses, as the directory writes them."""
        return addresses_in(self.resource)


person_table = DirectoryPerson.metadata.tables["directory_person"]
address_table = DirectoryAddress.metadata.tables["directory_address"]
_VIEW = (
    "customer_id", "id", "party_id", "user_name", "external_id", "display_name", "active", "source", "resource", "version",
    "created_at", "changed_at",
)  # fmt: skip
person_columns = tuple(person_table.c[name] for name in _VIEW)
_of = person_table.c.customer_id == sa.bindparam("customer")
_which = sa.and_(_of, person_table.c.id == sa.bindparam("which"))
_get = sa.select(*person_columns).where(_which)
_get_locked = _get.with_for_update()
_by_user_name = sa.select(*person_columns).where(_of, person_table.c.user_name_key == sa.bindparam("wanted"))
_by_external_id = sa.select(*person_columns).where(_of, person_table.c.external_id == sa.bindparam("wanted")).limit(2)
_by_address = (
    sa.select(*person_columns)
    .join(
        address_table,
        sa.and_(address_table.c.customer_id == person_table.c.customer_id, address_table.c.person_id == person_table.c.id),
    )
    .where(address_table.c.customer_id == sa.bindparam("customer"), address_table.c.address_key == sa.bindparam("wanted"))
    .limit(2)
)
_insert = sa.insert(person_table)
_update = sa.update(person_table).where(_which).values({"version": person_table.c.version + 1})
_delete = sa.delete(person_table).where(_which)
_add_address = sa.insert(address_table)
_drop_addresses = sa.delete(address_table).where(
    address_table.c.customer_id == sa.bindparam("customer"), address_table.c.person_id == sa.bindparam("which")
)


def put_person(session: Session, customer_id: int, new: NewPersonEntry, *, now: datetime) -> PersonEntry:
    """Put a person on an enterprise's list: a party of its own, who is let in as an employee if active.

    Nobody is taken for a party that is known already: who is the same says so by linking. Raises Invalid for what cannot be
    used, Refused (`uniqueness`) for a user name that is taken, NotFound or Refused for a customer that is no enterprise.
    """
    row = _row(new)
    person = NewPerson(_short(row["display_name"]))
    party_id = add_employee(session, customer_id, person, now=now)
    if not new.active:
        end_employee(session, customer_id, party_id, now=now)
    person_id = new_id(now)
    row |= {"customer_id": customer_id, "id": person_id, "party_id": party_id, "source": new.source, "version": 1}
    row |= {"created_at": now, "changed_at": now}
    with _one_of_a_name(session):
        session.connection().execute(_insert, row)
    _write_addresses(session, customer_id, person_id, (), addresses_in(row["resource"]))
    return PersonEntry(**{name: row[name] for name in _VIEW})


def change_person(
    session: Session, customer_id: int, person_id: int, new: NewPersonEntry, *, version: int | None = None, now: datetime
) -> PersonEntry:
    """Say everything of a person anew; `source` stays as it was. Who is no longer active is out at once, everywhere.

    Raises NotFound; Refused (`version`) where the entry is no longer of the `version` told; else as `put_person` does.
    """
    before = get_person(session, customer_id, person_id, lock=True)
    if version is not None and before.version != version:
        raise Refused(code="version")
    row = _row(new)
    with _one_of_a_name(session):
        session.connection().execute(_update, row | {"customer": customer_id, "which": person_id, "changed_at": now})
    _write_addresses(session, customer_id, person_id, before.addresses, addresses_in(row["resource"]))
    if row["display_name"] != before.display_name:
        rename_employee(session, before.party_id, _short(row["display_name"]))
    if before.active and not new.active:
        _let_go(session, before, now=now)
    elif new.active and not before.active:
        add_employee(session, customer_id, before.party_id, now=now)
    return get_person(session, customer_id, person_id)


def delete_person(session: Session, customer_id: int, person_id: int, *, version: int | None = None, now: datetime) -> PersonEntry:
    """Take a person off the list, and out of its groups; out at once. Gives what was on it; NotFound, Refused (`version`)."""
    before = get_person(session, customer_id, person_id, lock=True)
    if version is not None and before.version != version:
        raise Refused(code="version")
    session.connection().execute(_delete, {"customer": customer_id, "which": person_id})
    _let_go(session, before, now=now)
    return before


def get_person(session: Session, customer_id: int, person_id: int, *, lock: bool = False) -> PersonEntry:
    """Give a person on this customer's list; NotFound for any other. `lock`: nobody else changes the entry before the commit."""
    row = session.connection().execute(_get_locked if lock else _get, {"customer": customer_id, "which": person_id}).first()
    if row is None:
        raise NotFound
    return PersonEntry(*row)


def find_person(
    session: Session, customer_id: int, *, user_name: str | None = None, external_id: str | None = None, address: str | None = None
) -> PersonEntry | None:
    """Give the one person of this name, number or mail address on the list; None where there is none, or more than one.

    The first that is given counts: `user_name`, `external_id` (letter by letter), `address`. One statement.
    """
    if user_name is not None:
        statement, wanted = _by_user_name, key_of(user_name)
    elif external_id is not None:
        statement, wanted = _by_external_id, external_id
    else:
        statement, wanted = _by_address, key_of(address or "")
    rows = session.connection().execute(statement, {"customer": customer_id, "wanted": wanted}).all()
    return PersonEntry(*rows[0]) if len(rows) == 1 else None


def addresses_in(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the mail addresses that a resource holds."""
    return tuple(each["value"] for each in resource.get("emails") or () if each.get("value"))


def entries(rows: Iterable[Sequence[Any]]) -> list[PersonEntry]:
    """Give rows of `person_columns` as entries."""
    return [PersonEntry(*row) for row in rows]


def _row(new: NewPersonEntry) -> dict[str, Any]:
    """Give the columns that what is said fills; Invalid for what cannot be used."""
    faults: dict[str, str] = {}
    user_name = checked(new.user_name, LONGEST_USER_NAME)
    if user_name is None:
        faults["user_name"] = N_("A user name has 1 to 255 characters.")
    external_id = new.external_id or None
    if external_id is not None and checked(external_id, LONGEST_EXTERNAL_ID) is None:
        faults["external_id"] = N_("A person's own number has 1 to 255 characters.")
    held = [dict(each) for each in new.resource.get("emails") or ()]
    known = {key_of(each["value"]) for each in held if each.get("value")}
    held += [{"value": each} for each in dict.fromkeys(new.addresses) if key_of(each) not in known]
    if len(held) > MAX_ADDRESSES or any(checked(each["value"], LONGEST_USER_NAME) is None for each in held if each.get("value")):
        faults["addresses"] = N_("A person has 20 mail addresses at most, of 1 to 255 characters each.")
    display_name = " ".join("".join(each if each.isprintable() else " " for each in new.display_name).split())
    if faults or user_name is None:
        raise Invalid(faults)
    resource = {**new.resource, **({"emails": held} if held else {})}
    return {
        "user_name": user_name, "user_name_key": key_of(user_name), "external_id": external_id,
        "display_name": (display_name or user_name)[:LONGEST_USER_NAME], "active": new.active, "resource": resource,
    }  # fmt: skip


@contextmanager
def _one_of_a_name(session: Session) -> Iterator[None]:
    """Within: a user name that another person of the list has is refused, and nothing is written."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise Refused(N_("There is a person of this user name on the list already."), code="uniqueness") from error


def _write_addresses(session: Session, customer_id: int, person_id: int, before: Iterable[str], after: Iterable[str]) -> None:
    old, new = ({key_of(each) for each in side} for side in (before, after))
    if old == new:
        return
    connection = session.connection()
    connection.execute(_drop_addresses, {"customer": customer_id, "which": person_id})
    if new:
        rows = [{"customer_id": customer_id, "address_key": each, "person_id": person_id} for each in sorted(new)]
        connection.execute(_add_address, rows)


def _let_go(session: Session, person: PersonEntry, *, now: datetime) -> None:
    """End the role, and with the last one every sign-in: the sites are told, and offline access ends, by what that sets off."""
    if end_employee(session, person.customer_id, person.party_id, now=now):
        end_other_sessions(session, party_id=person.party_id, keep=None, by="employer", now=now)
        emit(session, EmployeeLeft(person.customer_id, person.party_id), now=now)


def _short(name: str) -> str:
    return name[:LONGEST_NAME]
