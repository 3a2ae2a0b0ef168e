"""How programs call: a form without repeats, a client that proves itself, a key that is proved (DPoP), and refusals as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from flask import Response, jsonify, make_response, request
from sqlalchemy.orm import Session

from portal.faces.client_keys import fetch_keys_wanted
from portal.faces.provider import endpoint, issuer
from portal.faces.sso.blueprint import machines
from portal.faces.sso.cors import open_to_client
from portal.faces.sso.watching import watched, went_wrong
from portal.faces.transactions import reading, writing
from portal.openid import ClientRefused, ClientView, TokenRefused, authenticate_client

MAX_VALUE = 16_384
MAX_FIELDS = 60


class CallRefused(Exception):
    """A call that is not answered: an error of RFC 6749 5.2 or its followers, with words for developers."""

    def __init__(
        self, code: str, description: str, *, status: int = 400, challenge: str | None = None, client: ClientView | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status
        self.challenge = challenge
        self.client = client


@machines.errorhandler(CallRefused)
def tell(refused: CallRefused) -> Response:
    """Answer a refused call."""
    went_wrong(refused.code, refused.description)
    response = make_response(jsonify(error=refused.code, error_description=refused.description), refused.status)
    if refused.challenge is not None:
        response.headers["WWW-Authenticate"] = refused.challenge
    return open_to_client(response, refused.client)


def read_pairs() -> list[tuple[str, str]]:
    """Give the form's fields as they came. Nothing is taken from the address: secrets do not belong there (RFC 6749 2.3.1)."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise CallRefused("invalid_request", "send application/x-www-form-urlencoded")
    if request.args:
        raise CallRefused("invalid_request", "parameters go in the body, none in the address")
    pairs = list(request.form.items(multi=True))
    if len(pairs) > MAX_FIELDS or any(len(value) > MAX_VALUE for _, value in pairs):
        raise CallRefused("invalid_request", "a parameter is too long, or there are too many")
    return pairs


def read_form() -> dict[str, str]:
    """Give the form's fields; one that comes twice is refused, an empty one counts as left out (RFC 6749 3.2)."""
    pairs = read_pairs()
    form = dict(pairs)
    if len(form) != len(pairs):
        raise CallRefused("invalid_request", "a parameter is repeated")
    return {name: value for name, value in form.items() if value}


def basic() -> tuple[str, str] | None:
    """Give name and password of the Authorization header, as they stand there; None where it is of another kind."""
    given = request.authorization
    if given is None or given.type != "basic":
        return None
    return given.username or "", given.password or ""


@contextmanager
def opened(form: Mapping[str, str], *, writes: bool) -> Iterator[Session]:
    """Open a transaction that suits a call: one for reads alone where neither it nor its proofs are written down."""
    for signed in ("client_assertion", "request"):
        if signed in form:
            fetch_keys_wanted(form[signed])
    with writing() if writes or "client_assertion" in form or "DPoP" in request.headers else reading() as db:
        yield db


def authenticate(db: Session, form: Mapping[str, str], *, now: datetime) -> ClientView | ClientRefused:
    """Find out which client calls."""
    found = authenticate_client(db, form, basic(), token_endpoint=endpoint("oauth.give_tokens"), now=now)
    watched(None if isinstance(found, ClientRefused) else found)
    return found


def refusal_of(refused: ClientRefused | TokenRefused, client: ClientView | None = None) -> CallRefused:
    """Turn a refusal of ours into an answer: 401 with a challenge where the client did not prove itself (RFC 6749 5.2)."""
    if refused.code != "invalid_client":
        return CallRefused(refused.code, refused.description, client=client)
    return CallRefused(refused.code, refused.description, status=401, challenge=f'Basic realm="{issuer()}"', client=client)
