"""Which pages may read our answers (guard.md 24): all, what is public; of tokens, the pages of the public client they are for.

Never with cookies: nothing here looks at one.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from portal.faces.sso.blueprint import machines
from portal.openid import ClientView

KEEP_SECONDS = 600
_CALLED_BY_PAGES = frozenset(
    f"oauth.{name}" for name in ("give_tokens", "show_person", "show_person_by_post", "take_token_back", "take_request", "begin_device")
)


def open_to_all(response: Response) -> Response:
    """Let every page read a public document."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def open_to_client(response: Response, client: ClientView | None) -> Response:
    """Let the pages of a public client read its answer: those its redirect addresses lie in, and no other."""
    origin = request.headers.get("Origin")
    response.vary.add("Origin")
    if client is not None and client.is_public and origin is not None and origin in origins_of(client):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "DPoP-Nonce, WWW-Authenticate"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@machines.after_request
def answer_preflight(response: Response) -> Response:
    """Let a page ask ahead whether it may call where pages of public clients call; what it may read is decided by the call."""
    origin = request.headers.get("Origin", "")
    if request.method == "OPTIONS" and request.endpoint in _CALLED_BY_PAGES and origin.startswith(("https://", "http://")):
        response.vary.add("Origin")
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
        response.headers["Access-Control-Max-Age"] = str(KEEP_SECONDS)
    return response


def origins_of(client: ClientView) -> set[str]:
    """Give the origins of a client's pages; an app's own scheme is none."""
    parts = [urlsplit(each) for each in client.redirect_uris]
    return {f"{each.scheme}://{each.netloc}".lower() for each in parts if each.scheme in ("http", "https") and each.netloc}
