"""Pages on the way to a site's answer let their forms lead to it.

Browsers hold a redirect that follows a form to the page's `form-action`, however many there are. Who signs in for a site sends a
form of ours and is then sent back to that site: so those pages name its address, read from the kept request and checked again.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import request, url_for

from portal.base import clock
from portal.faces.provider import issuer
from portal.faces.sso.answers import let_forms_reach
from portal.faces.sso.blueprint import bp
from portal.faces.transactions import reading
from portal.openid import RequestRefused, read_authorization_request

_PAGES = ("/login", "/proof")


@bp.before_app_request
def open_the_way() -> None:
    """Let forms of a sign-in page that leads back to a request lead to that request's address, too."""
    if not request.path.startswith(_PAGES):
        return
    back = urlsplit(request.args.get("next", ""))
    if back.path != url_for("sso.ask"):
        return
    named = {name: values[0] for name, values in parse_qs(back.query).items()}
    if "request_uri" not in named:
        return
    with reading() as db:
        found = read_authorization_request(db, list(named.items()), issuer=issuer(), now=clock.now())
    if not isinstance(found, RequestRefused):
        let_forms_reach(found.redirect_uri)
