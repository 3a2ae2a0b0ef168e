"""Whether the sites were told that somebody signed out; told again by hand where one was down too long."""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.ids import to_ref
from portal.faces.access import administrator, requires
from portal.faces.babel import gettext
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.sign_on import note
from portal.faces.transactions import reading, writing
from portal.openid import find_client, get_logout, list_logouts, retry_logout

STATUSES = ("pending", "given_up", "delivered")
MOST = 100


@bp.get("/sign-on/sign-outs")
@requires(administrator)
def list_sign_outs() -> str:
    """List the words on their way and those that arrived, the newest first: of one status, for one site."""
    status = request.args.get("status")
    status = status if status in STATUSES else None
    client_id = request.args.get("site", "")[:64] or None
    with reading() as db:
        site = find_client(db, client_id) if client_id else None
        words = list_logouts(db, status=status, client_id=client_id, limit=MOST)
    labels = {None: gettext("All"), "pending": gettext("On the way"), "given_up": gettext("Given up"), "delivered": gettext("Told")}
    tabs = [
        {"label": label, "url": url_for("office.list_sign_outs", status=name, site=client_id), "current": name == status}
        for name, label in labels.items()
    ]
    return render_template(
        "office/sso/sign_outs.html", words=words, tabs=tabs, site=site, status=status, most=MOST, done=session.pop("done", None)
    )


@bp.post("/sign-on/sign-outs/<ref:delivery_id>/again")
@requires(administrator)
def tell_again(delivery_id: int) -> Response | BaseResponse:
    """Send a word again, now."""
    with writing() as db:
        word = get_logout(db, delivery_id)
        retry_logout(db, delivery_id, now=clock.now())
        note(db, "sso.logout_retried", f"client:{word.client_id}", detail={"delivery": to_ref(delivery_id)})
    session["done"] = gettext("%(name)s is told again now.", name=word.client_name)
    return go(url_for("office.list_sign_outs", site=request.form.get("site", "")[:64] or None))
