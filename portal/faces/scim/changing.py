"""What is done with one resource, alone or among many: created, replaced, changed in parts, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scim2_models import Context, PreconditionFailedException
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.ids import from_ref
from portal.directory import POLICY, apply_patch, version_tag
from portal.faces.scim.calling import Call, matches
from portal.faces.scim.kinds import Kind


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `resource`: as it is now; None when it is gone."""

    status: int
    resource: Any
    location: str
    version: str | None


def read_id(ref: str) -> int:
    """Give the id in an address; NotFound for what is none."""
    try:
        return from_ref(ref)
    except ValueError:
        raise NotFound from None


def create(session: Session, call: Call, kind: Kind, said: Mapping[str, Any]) -> Done:
    """Create a resource (RFC 7644 3.3)."""
    with POLICY:
        resource = kind.model.model_validate(said, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    entry = kind.put(session, call.customer_id, kind.read(resource), now=call.now)
    call.note(session, f"directory.{kind.noun}_added", f"{kind.noun}:{entry.id}")
    return _done(session, call, kind, entry, 201)


def replace(session: Session, call: Call, kind: Kind, ref: str, said: Mapping[str, Any], if_match: str | None) -> Done:
    """Say a resource anew (RFC 7644 3.5.1)."""
    with POLICY:
        resource = kind.model.model_validate(said, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    before = _locked(session, call, kind, ref, if_match)
    return _change(session, call, kind, before, kind.read(resource, before))


def modify(session: Session, call: Call, kind: Kind, ref: str, said: Mapping[str, Any], if_match: str | None) -> Done:
    """Change a resource in parts (RFC 7644 3.5.2). What changes nothing makes no new version."""
    before = _locked(session, call, kind, ref, if_match)
    (resource,) = kind.write(session, call.customer_id, [before], call.base, True)
    if not apply_patch(resource, said):
        return _done(session, call, kind, before, 200)
    return _change(session, call, kind, before, kind.read(resource, before))


def remove(session: Session, call: Call, kind: Kind, ref: str, if_match: str | None) -> Done:
    """Remove a resource (RFC 7644 3.6)."""
    before = _locked(session, call, kind, ref, if_match)
    kind.delete(session, call.customer_id, before.id, now=call.now)
    call.note(session, f"directory.{kind.noun}_removed", f"{kind.noun}:{before.id}")
    return Done(204, None, f"{call.base}/{kind.where}/{ref}", None)


def _locked(session: Session, call: Call, kind: Kind, ref: str, if_match: str | None) -> Any:
    """Give an entry that nobody else changes before the commit, if it is of a version that was asked for."""
    entry = kind.get(session, call.customer_id, read_id(ref), lock=True)
    if if_match is not None and not matches(if_match, version_tag(entry.version)):
        raise PreconditionFailedException
    return entry


def _change(session: Session, call: Call, kind: Kind, before: Any, said: Any) -> Done:
    entry = kind.change(session, call.customer_id, before.id, said, now=call.now)
    call.note(session, f"directory.{kind.noun}_changed", f"{kind.noun}:{entry.id}")
    return _done(session, call, kind, entry, 200)


def _done(session: Session, call: Call, kind: Kind, entry: Any, status: int) -> Done:
    (resource,) = kind.write(session, call.customer_id, [entry], call.base, True)
    return Done(status, resource, resource.meta.location, resource.meta.version)
