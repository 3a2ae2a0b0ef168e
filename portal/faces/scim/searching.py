"""Lists: filtered, sorted, paged (RFC 7644 3.4.2), by parameters in the address or in a body (3.4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Response, request
from scim2_models import Context, InvalidFilterException, ScimFilter, SearchRequest
from sqlalchemy.orm import Session

from portal.directory import MAX_PAGE, POLICY, Group, PersonResource
from portal.faces.access import machine, requires
from portal.faces.scim.blueprint import answer, bp
from portal.faces.scim.calling import Call, document, enter
from portal.faces.scim.kinds import GROUPS, PEOPLE, Kind
from portal.faces.transactions import reading

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USUAL = 100
MAX_FILTER = 4000
MAX_NESTED = 30
_ASKED = ("filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes")


@bp.get("/Users")
@requires(machine)
def list_users() -> Response:
    """List people."""
    return _search(enter(), request.args, PEOPLE)


@bp.post("/Users/.search")
@requires(machine)
def search_users() -> Response:
    """List people, asked for in a body: mail addresses do not stand in an address then."""
    return _search(enter(), document(), PEOPLE)


@bp.get("/Groups")
@requires(machine)
def list_all_groups() -> Response:
    """List groups."""
    return _search(enter(), request.args, GROUPS)


@bp.post("/Groups/.search")
@requires(machine)
def search_groups() -> Response:
    """List groups, asked for in a body."""
    return _search(enter(), document(), GROUPS)


@bp.get("/")
@requires(machine)
def list_everything() -> Response:
    """List people, then groups (RFC 7644 3.4.2.1)."""
    return _search(enter(), request.args, PEOPLE, GROUPS)


@bp.post("/.search")
@requires(machine)
def search_everything() -> Response:
    """List people, then groups, asked for in a body."""
    return _search(enter(), document(), PEOPLE, GROUPS)


def _search(call: Call, given: Mapping[str, Any], *kinds: Kind) -> Response:
    """Answer a query. Over both kinds people come first; within a kind the order is the one asked for."""
    asked = _read(given, PersonResource | Group if len(kinds) > 1 else kinds[0].model)
    start = asked.start_index or 1
    left = min(USUAL if asked.count is None else asked.count, MAX_PAGE)
    total, resources = 0, []
    with reading() as session:
        for kind in kinds:
            page = kind.list(
                session, call.customer_id, wanted=_bound(asked.filter, kind), order=asked, start=max(1, start - total), count=left
            )
            total += page.total
            left -= len(page.entries)
            resources += _dumped(session, call, kind, page.entries, asked)
    found = {"schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": len(resources)}
    return answer(found | {"Resources": resources})


def _read(given: Mapping[str, Any], model: Any) -> SearchRequest[Any]:
    """Give what is asked for. What cannot be read is refused: a wrong filter must never give everybody."""
    said = {name: given[name] for name in _ASKED if given.get(name) not in (None, "")}
    text = said.get("filter", "")
    if isinstance(text, str) and (len(text) > MAX_FILTER or text.count("(") + text.count("[") > MAX_NESTED):
        raise InvalidFilterException(detail="the filter is too long")
    with POLICY:
        asked: SearchRequest[Any] = cast("Any", SearchRequest)[model].model_validate(said)
    return asked


def _bound(wanted: ScimFilter[Any] | None, kind: Kind) -> ScimFilter[Any] | None:
    """Give a filter bound to one kind alone."""
    return None if wanted is None else cast("Any", ScimFilter)[kind.model](str(wanted))


def _dumped(session: Session, call: Call, kind: Kind, entries: Any, asked: SearchRequest[Any]) -> list[dict[str, Any]]:
    """Give resources as they are sent; who belongs to whom is looked up only if it is."""
    left_out = any(str(each).lower().endswith(kind.link) for each in asked.excluded_attributes or ())
    unasked = bool(asked.attributes) and not any(kind.link in str(each).lower() for each in asked.attributes or ())
    found = kind.write(session, call.customer_id, entries, call.base, not (left_out or unasked))
    return [each.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked) for each in found]
