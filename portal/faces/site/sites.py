"""The sites one allowed something: what, since when, and taking it back (ASVS 5.0 10.7.3, 10.4.9)."""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.htmx import go
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.openid import SCOPES, list_consents, revoke_consent


@bp.get("/me/sites")
@requires(subscriber)
def list_my_sites() -> str:
    """Show each site and what it may."""
    with reading() as db:
        my_viewer(db, now=clock.now())  # the page's tabs go by it
        consents = list_consents(db, me().party_id or 0)
    sites = [
        {
            "client_id": each.client_id,
            "name": each.client_name,
            "lets": [gettext(SCOPES[name].sentence) for name in SCOPES if name in each.scopes],
            "given_at": each.given_at,
        }
        for each in consents
    ]
    return render_template("site/me/sites.html", sites=sites, done=session.pop("done", None))


@bp.post("/me/sites/end")
@requires(subscriber)
def end_one_site() -> Response:
    """Take back what a site was allowed."""
    with writing() as db:
        revoke_consent(db, me().party_id or 0, request.form.get("site", ""), now=clock.now())
    session["done"] = gettext("Taken back. The site gets nothing more about you.")
    return go(url_for("site.list_my_sites"))
