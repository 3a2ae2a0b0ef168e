"""People and groups as resources of SCIM, and what a resource says of a person or a group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scim2_models import Meta

from portal.base.errors import Invalid
from portal.base.ids import from_ref, to_ref
from portal.directory.groups import NOBODY, GroupEntry, Member, NewGroup
from portal.directory.people import NewPersonEntry, PersonEntry
from portal.directory.schemas import POLICY, Group, PersonResource

_OWN = ("schemas", "id", "meta", "groups", "userName", "externalId", "members")


def write_person(entry: PersonEntry, groups: Sequence[Member], base: str) -> Any:
    """Give a person as a resource. `base`: the address our SCIM endpoint stands at, to which locations are added."""
    told: dict[str, Any] = dict(entry.resource)
    if "active" in told:
        told["active"] = entry.active
    told |= {"userName": entry.user_name, "id": to_ref(entry.id)}
    if entry.external_id is not None:
        told["externalId"] = entry.external_id
    if groups:
        told["groups"] = [_link(base, "Groups", each) | {"type": "direct", "display": each.display_name} for each in groups]
    with POLICY:
        made = PersonResource.model_validate(told)
    made.meta = _meta(entry, "User", base)
    return made


def write_group(entry: GroupEntry, members: Sequence[Member], base: str) -> Group:
    """Give a group as a resource."""
    told: dict[str, Any] = {**entry.resource, "displayName": entry.display_name, "id": to_ref(entry.id)}
    if entry.external_id is not None:
        told["externalId"] = entry.external_id
    if members:
        told["members"] = [_link(base, "Users", each) | {"type": "User"} for each in members]
    with POLICY:
        made = Group.model_validate(told)
    made.meta = _meta(entry, "Group", base)
    return made


def read_person(resource: Any, before: PersonEntry | None = None) -> NewPersonEntry:
    """Give what a resource says of a person. `active` left unsaid: as before, and active at first."""
    kept = {name: value for name, value in resource.model_dump().items() if name not in _OWN}
    active = kept.get("active")
    if before is None:
        kept["active"] = active is not False
    return NewPersonEntry(
        user_name=resource.user_name or "",
        display_name=_name_of(resource),
        external_id=resource.external_id,
        active=active if active is not None else before is None or before.active,
        resource=kept,
    )


def read_group(resource: Group) -> NewGroup:
    """Give what a resource says of a group; Invalid for a member that is no person's id."""
    members = frozenset(_person_id(each.value) for each in resource.members or ())
    return NewGroup(resource.display_name or "", resource.external_id, members)


def version_tag(version: int) -> str:
    """Give a version as an entity tag: weak, since one representation differs from another by what was asked for (RFC 7644 3.14)."""
    return f'W/"{version}"'


def _name_of(resource: Any) -> str:
    """Give what a person is called: as the directory displays them, by the parts of the name, or by the user name."""
    name = resource.name
    parts = [name.given_name, name.family_name] if name is not None else []
    spoken = " ".join(each for each in parts if each)
    return resource.display_name or (name.formatted if name is not None else None) or spoken or resource.user_name or ""


def _person_id(value: str | None) -> int:
    try:
        return from_ref(value or "")
    except ValueError:
        raise Invalid({"members": NOBODY}) from None


def _link(base: str, where: str, other: Member) -> dict[str, str]:
    ref = to_ref(other.person_id)
    return {"value": ref, "$ref": f"{base}/{where}/{ref}"}


def _meta(entry: PersonEntry | GroupEntry, kind: str, base: str) -> Meta:
    return Meta(
        resource_type=kind,
        created=_whole(entry.created_at),
        last_modified=_whole(entry.changed_at),
        location=f"{base}/{kind}s/{to_ref(entry.id)}",
        version=version_tag(entry.version),
    )


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
