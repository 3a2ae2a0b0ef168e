"""Clients that register by themselves (RFC 7591) and look after what they registered (RFC 7592)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response, request, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.faces.access import machine, requires
from portal.faces.parts import portal
from portal.faces.provider import issuer
from portal.faces.sso.blueprint import machines
from portal.faces.sso.calling import CallRefused
from portal.faces.transactions import reading, writing
from portal.openid import (
    NotTaken,
    Registered,
    RegistrationRefused,
    delete_registration,
    may_register,
    read_registration,
    register_client,
    update_registration,
)


@machines.post("/oauth/register")
@requires(machine)
def register() -> Response:
    """Register a client by an initial access token."""
    token, metadata, now = _bearer(), _document(), clock.now()
    with reading() as db:
        known = may_register(db, token, now=now)
    listed = _listed_at(metadata) if known else None
    with writing() as db:
        answer = register_client(db, token, metadata, now=now, allow_localhost=_localhost(), sector_document=listed)
        _note(db, answer, "sso.client_registered")
    return _answer(answer, 201)


@machines.get("/oauth/register/<code:client_id>")
@requires(machine)
def show_registration(client_id: str) -> Response:
    """Give a client what it is registered as."""
    with reading() as db:
        return _answer(read_registration(db, client_id, _bearer()), 200)


@machines.put("/oauth/register/<code:client_id>")
@requires(machine)
def change_registration(client_id: str) -> Response:
    """Register a client anew."""
    token, metadata, now = _bearer(), _document(), clock.now()
    with reading() as db:
        known = read_registration(db, client_id, token)
    listed = _listed_at(metadata) if isinstance(known, Registered) else None
    with writing() as db:
        answer = update_registration(db, client_id, token, metadata, now=now, allow_localhost=_localhost(), sector_document=listed)
        _note(db, answer, "sso.registration_changed")
    return _answer(answer, 200)


@machines.delete("/oauth/register/<code:client_id>")
@requires(machine)
def end_registration(client_id: str) -> Response:
    """End a client by its own wish."""
    with writing() as db:
        known = read_registration(db, client_id, _bearer())
        refused = delete_registration(db, client_id, _bearer(), now=clock.now())
        _note(db, known, "sso.registration_ended")
    if refused is not None:
        raise _refusal(refused)
    return make_response("", 204)


def _answer(answer: Registered | RegistrationRefused, status: int) -> Response:
    if isinstance(answer, RegistrationRefused):
        raise _refusal(answer)
    where = issuer() + url_for("oauth.show_registration", client_id=answer.client.id)
    return make_response(jsonify({**answer.metadata, "registration_client_uri": where}), status)


def _note(db: Session, answer: Registered | RegistrationRefused, action: str) -> None:
    """Put what a client did about itself into the audit log."""
    if isinstance(answer, Registered):
        actor = f"client:{answer.client.id}"
        record(db, portal().keys.audit[0], Entry(actor, action, "sso", answer.client.customer_id, actor), now=clock.now())


def _listed_at(metadata: Mapping[str, Any]) -> object:
    """Give what the address says that stands for all of a client's own; None where there is none (OpenID Connect Registration 5)."""
    address = metadata.get("sector_identifier_uri")
    if not isinstance(address, str):
        return None
    try:
        return portal().documents.fetch(address)
    except NotTaken:
        return None


def _refusal(refused: RegistrationRefused) -> CallRefused:
    challenge = f'Bearer error="{refused.code}"' if refused.status == 401 else None
    return CallRefused(refused.code, refused.description, status=refused.status, challenge=challenge)


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _document() -> Mapping[str, Any]:
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise CallRefused("invalid_client_metadata", "send a JSON object")
    return document


def _localhost() -> bool:
    return portal().settings.env != "production"
