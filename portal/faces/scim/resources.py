"""/Users and /Groups, one resource at a time (RFC 7644 3.3 to 3.6)."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from scim2_models import Context, ResponseParameters

from portal.directory import version_tag
from portal.faces.access import machine, requires
from portal.faces.scim.blueprint import answer, bp
from portal.faces.scim.calling import Call, document, enter, matches, parameters
from portal.faces.scim.changing import Done, create, modify, read_id, remove, replace
from portal.faces.scim.kinds import GROUPS, PEOPLE, Kind
from portal.faces.transactions import reading, writing


@bp.post("/Users")
@requires(machine)
def create_user() -> Response:
    """Put a person on the list."""
    return _create(PEOPLE)


@bp.get("/Users/<ref>")
@requires(machine)
def show_user(ref: str) -> Response:
    """Show a person."""
    return _show(PEOPLE, ref)


@bp.put("/Users/<ref>")
@requires(machine)
def replace_user(ref: str) -> Response:
    """Say everything of a person anew."""
    return _replace(PEOPLE, ref)


@bp.patch("/Users/<ref>")
@requires(machine)
def modify_user(ref: str) -> Response:
    """Change a person in parts."""
    return _modify(PEOPLE, ref)


@bp.delete("/Users/<ref>")
@requires(machine)
def remove_user(ref: str) -> Response:
    """Take a person off the list."""
    return _remove(PEOPLE, ref)


@bp.post("/Groups")
@requires(machine)
def create_group() -> Response:
    """Put a group on the list."""
    return _create(GROUPS)


@bp.get("/Groups/<ref>")
@requires(machine)
def show_group(ref: str) -> Response:
    """Show a group."""
    return _show(GROUPS, ref)


@bp.put("/Groups/<ref>")
@requires(machine)
def replace_group(ref: str) -> Response:
    """Say everything of a group anew."""
    return _replace(GROUPS, ref)


@bp.patch("/Groups/<ref>")
@requires(machine)
def modify_group(ref: str) -> Response:
    """Change a group in parts."""
    return _modify(GROUPS, ref)


@bp.delete("/Groups/<ref>")
@requires(machine)
def remove_group(ref: str) -> Response:
    """Take a group off the list."""
    return _remove(GROUPS, ref)


def _create(kind: Kind) -> Response:
    call, wanted, said = enter(), parameters(kind.model), document()
    with writing() as session:
        done = create(session, call, kind, said)
    return _answer(done, wanted, Context.RESOURCE_CREATION_RESPONSE)


def _show(kind: Kind, ref: str) -> Response:
    call, wanted = enter(), parameters(kind.model)
    with reading() as session:
        entry = kind.get(session, call.customer_id, read_id(ref))
        (resource,) = kind.write(session, call.customer_id, [entry], call.base, True)
    if matches(request.headers.get("If-None-Match"), version_tag(entry.version)):
        return _tagged(answer(None, 304), version_tag(entry.version))
    return _answer(Done(200, resource, resource.meta.location, resource.meta.version), wanted, Context.RESOURCE_QUERY_RESPONSE)


def _replace(kind: Kind, ref: str) -> Response:
    call, wanted, said = enter(), parameters(kind.model), document()
    with writing() as session:
        done = replace(session, call, kind, ref, said, request.headers.get("If-Match"))
    return _answer(done, wanted, Context.RESOURCE_REPLACEMENT_RESPONSE)


def _modify(kind: Kind, ref: str) -> Response:
    call, wanted, said = enter(), parameters(kind.model), document()
    with writing() as session:
        done = modify(session, call, kind, ref, said, request.headers.get("If-Match"))
    return _answer(done, wanted, Context.RESOURCE_PATCH_RESPONSE)


def _remove(kind: Kind, ref: str) -> Response:
    call: Call = enter()
    with writing() as session:
        remove(session, call, kind, ref, request.headers.get("If-Match"))
    return answer(None, 204)


def _answer(done: Done, wanted: ResponseParameters[Any], context: Context) -> Response:
    response = answer(done.resource.model_dump(scim_ctx=context, response_parameters=wanted), done.status)
    response.headers["Location" if done.status == 201 else "Content-Location"] = done.location
    return _tagged(response, done.version)


def _tagged(response: Response, version: str | None) -> Response:
    if version is not None:
        response.headers["ETag"] = version
    return response
