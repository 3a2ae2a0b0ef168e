"""Addresses where nothing is, or not by this method: refused in SCIM's own words."""

from __future__ import annotations

import re

from flask import Response
from scim2_models import NotFoundException
from werkzeug.exceptions import MethodNotAllowed

from portal.faces.access import machine, requires
from portal.faces.scim.blueprint import bp

_TAKEN = re.compile(r"(Users|Groups|ResourceTypes|Schemas)(/[^/]+)?|ServiceProviderConfig|Bulk|\.search")


@bp.get("/<path:rest>")
@requires(machine)
def find_nothing(rest: str) -> Response:
    """Say that there is nothing; nor is a directory anybody with a record of its own (/Me, which RFC 7644 3.11 leaves open)."""
    return _refuse(rest)


@bp.post("/<path:rest>")
@requires(machine)
def post_nothing(rest: str) -> Response:
    """Refuse to add to what cannot be added to."""
    return _refuse(rest)


@bp.put("/<path:rest>")
@requires(machine)
def put_nothing(rest: str) -> Response:
    """Refuse to replace what cannot be replaced."""
    return _refuse(rest)


@bp.patch("/<path:rest>")
@requires(machine)
def patch_nothing(rest: str) -> Response:
    """Refuse to change what cannot be changed."""
    return _refuse(rest)


@bp.delete("/<path:rest>")
@requires(machine)
def delete_nothing(rest: str) -> Response:
    """Refuse to remove what cannot be removed."""
    return _refuse(rest)


def _refuse(rest: str) -> Response:
    if _TAKEN.fullmatch(rest):
        raise MethodNotAllowed
    raise NotFoundException
