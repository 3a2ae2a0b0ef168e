"""Many changes in one call (RFC 7644 3.7). Each is a transaction of its own: others get their turn between two of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Response
from pydantic import ValidationError
from scim2_models import (
    ConflictException,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
)

from portal.base.errors import PortalError
from portal.faces.access import machine, requires
from portal.faces.scim.blueprint import answer, bp, error_of
from portal.faces.scim.calling import Call, document, enter
from portal.faces.scim.changing import Done, create, modify, remove, replace
from portal.faces.scim.discovery import MAX_OPERATIONS
from portal.faces.scim.kinds import KINDS, Kind
from portal.faces.transactions import writing

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
MARK = "bulkId:"
_MARKED = re.compile(r"(/?(Users|Groups)/)?bulkId:.+")


@bp.post("/Bulk")
@requires(machine)
def change_many() -> Response:
    """Do many things, in order as far as what they speak of is there; stop after `failOnErrors` of them went wrong."""
    call, said = enter(), document()
    operations, limit = _read(said)
    return answer({"schemas": [RESPONSE], "Operations": _Job(call, operations, limit).run()})


def _read(said: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int]:
    operations, limit = said.get("Operations"), said.get("failOnErrors", MAX_OPERATIONS + 1)
    if REQUEST not in (said.get("schemas") or ()) or not isinstance(operations, list) or not isinstance(limit, int) or limit < 1:
        raise InvalidSyntaxException
    if len(operations) > MAX_OPERATIONS:
        raise PayloadTooLargeException(detail=f"{MAX_OPERATIONS} operations at most")
    if not all(isinstance(each, dict) for each in operations):
        raise InvalidSyntaxException
    return operations, limit


class _Job:
    """One call's operations, and the ids that those created so far were given."""

    def __init__(self, call: Call, operations: list[dict[str, Any]], limit: int) -> None:
        self._call = call
        self._operations = operations
        self._limit = limit
        self._ids: dict[str, str] = {}
        self._failed: set[str] = set()
        self._told: dict[int, dict[str, Any]] = {}

    def run(self) -> list[dict[str, Any]]:
        """Do what can be done until nothing more can; what waits for another in a circle is refused (RFC 7644 3.7.1)."""
        coming = {str(each.get("bulkId")) for each in self._operations if each.get("bulkId")}
        waiting = {
            number: (_marks(each.get("data")) | _marks(each.get("path"))) & coming - {str(each.get("bulkId"))}
            for number, each in enumerate(self._operations)
        }
        errors = 0
        while waiting and errors < self._limit:
            ready = next((number for number, named in waiting.items() if not named - self._ids.keys() - self._failed), None)
            number = next(iter(waiting)) if ready is None else ready
            del waiting[number]
            self._told[number] = self._do(self._operations[number], circular=ready is None)
            errors += int(self._told[number]["status"]) >= 400
        return [self._told[number] for number in sorted(self._told)]

    def _do(self, operation: Mapping[str, Any], *, circular: bool) -> dict[str, Any]:
        told = {name: operation[name] for name in ("method", "bulkId") if isinstance(operation.get(name), str)}
        try:
            if circular:
                raise ConflictException(detail="the operations wait for one another")
            done = self._change(operation)
        except (PortalError, SCIMException, ValidationError) as error:
            self._failed.add(str(operation.get("bulkId")))
            body = error_of(error)
            path = str(operation.get("path", "")).strip("/")
            where = {} if operation.get("method") == "POST" else {"location": f"{self._call.base}/{path}"}
            return told | where | {"status": body["status"], "response": body}
        version = {"version": done.version} if done.version else {}
        return told | version | {"location": done.location, "status": str(done.status)}

    def _change(self, operation: Mapping[str, Any]) -> Done:
        method, call = str(operation.get("method", "")).upper(), self._call
        kind, ref = _target(str(self._named(operation.get("path", ""))), method)
        data = self._named(operation.get("data"))
        version = operation.get("version")
        if_match = version if isinstance(version, str) else None
        if method != "DELETE" and not isinstance(data, dict):
            raise InvalidValueException(detail="data is missing")
        if method == "POST" and not isinstance(operation.get("bulkId"), str):
            raise InvalidValueException(detail="bulkId is missing")
        with writing() as session:
            if method == "POST":
                done = create(session, call, kind, data)
            elif method == "PUT":
                done = replace(session, call, kind, ref, data, if_match)
            elif method == "PATCH":
                done = modify(session, call, kind, ref, data, if_match)
            else:
                done = remove(session, call, kind, ref, if_match)
        if method == "POST":
            self._ids[str(operation["bulkId"])] = done.resource.id
        return done

    def _named(self, value: Any) -> Any:
        """Give a value with the ids of what was created in the place of `bulkId:…` (RFC 7644 3.7.2)."""
        if isinstance(value, str) and _MARKED.fullmatch(value):
            before, _, name = value.partition(MARK)
            if name not in self._ids:
                raise InvalidValueException(detail="a bulkId speaks of nothing that was created")
            return before + self._ids[name]
        if isinstance(value, dict):
            return {name: self._named(each) for name, each in value.items()}
        return [self._named(each) for each in value] if isinstance(value, list) else value


def _marks(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value.partition(MARK)[2]} if _MARKED.fullmatch(value) else set()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(_marks(each) for each in inner))


def _target(path: str, method: str) -> tuple[Kind, str]:
    """Give what an operation is about."""
    where, _, ref = path.strip("/").partition("/")
    if where not in KINDS or "/" in ref:
        raise NotFoundException
    if method not in ("POST", "PUT", "PATCH", "DELETE") or (method == "POST") != (ref == ""):
        raise InvalidValueException(detail="this method does not go with this path")
    return KINDS[where], ref
