"""How a directory calls: with its token, as often as it may, with JSON; and what it may ask of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import request
from scim2_models import InvalidSyntaxException, ResponseParameters, SCIMException
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import TooMany
from portal.directory import POLICY, DirectoryAccess, find_directory, touch_directory
from portal.faces.parts import portal
from portal.faces.scim.blueprint import MEDIA_TYPE, NoToken, bp
from portal.faces.transactions import reading, writing
from portal.identity import count_call

MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, for which enterprise, and when. `base`: the address our locations begin with."""

    access: DirectoryAccess
    base: str
    now: datetime

    @property
    def customer_id(self) -> int:
        """The enterprise whose list it is."""
        return self.access.customer_id

    def note(self, session: Session, action: str, subject: str) -> None:
        """Put a change into the audit log: ids alone."""
        entry = Entry(self.access.actor, action, "scim", self.customer_id, subject)
        record(session, portal().keys.audit[0], entry, now=self.now)


class UnsupportedMediaType(SCIMException):
    """The body is of a kind nobody reads here."""

    status = 415
    _default_detail = f"send {MEDIA_TYPE}"


def base_address() -> str:
    """Give the address SCIM stands at, whatever host the call came by."""
    return portal().settings.base_url.rstrip("/") + str(bp.url_prefix)


def enter() -> Call:
    """Find out whose directory calls, and count the call. Raises NoToken; TooMany for one that calls too often."""
    now = clock.now()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token.strip():
        with reading() as session:
            found = find_directory(session, token.strip(), now=now)
    if found is None:
        raise NoToken
    with writing() as session:
        limited = count_call(session, found.actor, now=now)
        if found.is_stale(now):
            touch_directory(session, found, now=now)
    if limited is not None:
        raise TooMany(retry_after_seconds=limited.retry_after_seconds)
    return Call(found, base_address(), now)


def document() -> dict[str, Any]:
    """Give the body: a JSON object (RFC 7644 3.1), of signs that a database keeps."""
    if request.mimetype not in (MEDIA_TYPE, "application/json"):
        raise UnsupportedMediaType
    try:
        read = json.loads(request.get_data())
        json.dumps(read, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidSyntaxException from error
    if not isinstance(read, dict) or not _is_storable(read, 0):
        raise InvalidSyntaxException
    return read


def _is_storable(value: Any, depth: int) -> bool:
    """Say whether nothing is nested beyond reason, and no text holds a NUL."""
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, dict):
        return depth < MAX_DEPTH and all(_is_storable(name, depth) and _is_storable(each, depth + 1) for name, each in value.items())
    if isinstance(value, list):
        return depth < MAX_DEPTH and all(_is_storable(each, depth + 1) for each in value)
    return True


def parameters(model: Any, given: Mapping[str, Any] | None = None) -> ResponseParameters[Any]:
    """Give what is wanted of a resource: `attributes`, or `excludedAttributes` (RFC 7644 3.9)."""
    source = request.args if given is None else given
    said = {name: source[name] for name in ("attributes", "excludedAttributes") if source.get(name)}
    with POLICY:
        wanted: ResponseParameters[Any] = cast("Any", ResponseParameters)[model].model_validate(said)
    return wanted


def matches(header: str | None, tag: str) -> bool:
    """Say whether an entity tag is among those of If-Match or If-None-Match; weak and strong ones are the same (RFC 7644 3.14)."""
    tags = [each.strip().removeprefix("W/") for each in (header or "").split(",")]
    return "*" in tags or tag.removeprefix("W/") in tags
