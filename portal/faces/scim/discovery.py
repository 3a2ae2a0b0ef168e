"""What we can do, and what our resources look like (RFC 7644 4). It holds nothing of anybody's: no token is asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Response, request
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    Filter,
    ForbiddenException,
    Meta,
    Patch,
    ResourceType,
    ServiceProviderConfig,
    Sort,
)

from portal.base.errors import NotFound
from portal.directory import MAX_PAGE, Group, PersonResource
from portal.faces.access import machine, requires
from portal.faces.scim.blueprint import answer, bp
from portal.faces.scim.calling import base_address
from portal.faces.scim.searching import LIST

MAX_OPERATIONS = 1000
MAX_BYTES = 1024 * 1024


@bp.get("/ServiceProviderConfig")
@requires(machine)
def show_config() -> Response:
    """Show what we can do."""
    _refuse_filter()
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=MAX_BYTES),
        filter=Filter(supported=True, max_results=MAX_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Directory token",
                description="The token OneHall gave this enterprise's directory, in the Authorization header (RFC 6750).",
                primary=True,
            )
        ],
    )
    config.meta = Meta(resource_type="ServiceProviderConfig", location=f"{base_address()}/ServiceProviderConfig")
    return answer(config.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@bp.get("/ResourceTypes")
@requires(machine)
def list_types() -> Response:
    """List the kinds of resources."""
    return _list([_located(each, "ResourceTypes") for each in _types().values()])


@bp.get("/ResourceTypes/<name>")
@requires(machine)
def show_type(name: str) -> Response:
    """Show a kind of resource."""
    return _one(_types(), name, "ResourceTypes")


@bp.get("/Schemas")
@requires(machine)
def list_schemas() -> Response:
    """List what resources are made of."""
    return _list([_located(each, "Schemas") for each in _schemas().values()])


@bp.get("/Schemas/<name>")
@requires(machine)
def show_schema(name: str) -> Response:
    """Show what a kind of resource is made of."""
    return _one(_schemas(), name, "Schemas")


@cache
def _types() -> dict[str, dict[str, Any]]:
    made = [ResourceType.from_resource(each) for each in (PersonResource, Group)]
    return {str(each.id): each.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE) for each in made}


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    models = [PersonResource, Group, *PersonResource.get_extension_models().values()]
    made = [each.to_schema() for each in models]
    return {str(each.id): each.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE) for each in made}


def _one(known: dict[str, dict[str, Any]], name: str, where: str) -> Response:
    _refuse_filter()
    if name not in known:
        raise NotFound
    return answer(_located(known[name], where))


def _list(found: list[dict[str, Any]]) -> Response:
    _refuse_filter()
    return answer({"schemas": [LIST], "totalResults": len(found), "startIndex": 1, "itemsPerPage": len(found), "Resources": found})


def _located(told: dict[str, Any], where: str) -> dict[str, Any]:
    return told | {"meta": {"resourceType": where.removesuffix("s"), "location": f"{base_address()}/{where}/{told['id']}"}}


def _refuse_filter() -> None:
    if "filter" in request.args:  # nobody is to believe that it was heeded (RFC 7644 4)
        raise ForbiddenException(detail="there is no filtering here")
