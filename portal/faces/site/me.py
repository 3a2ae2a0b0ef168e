"""Oneself: profile and lines, whom one acts for, and the ways to what concerns one's sign-in."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import from_ref, to_ref
from portal.customers import ActingFor, Viewer, list_acting, profile_card
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.htmx import go
from portal.faces.site.blueprint import bp
from portal.faces.site.people_words import role_word
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.identity import act_for


@bp.get("/me")
@requires(subscriber)
def show_me() -> str:
    """Show profile and lines, and the ways on."""
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        profile = profile_card(db, viewer, now=now)
        acting = list_acting(db, me().party_id or 0, now=now)
    return render_template(
        "site/me/me.html",
        profile=profile,
        acting=[_choice(each) for each in acting] if len(acting) > 1 else [],
        ways=_ways(viewer, developer=_administers(acting)),
        done=session.pop("done", None),
    )


@bp.post("/me/acting")
@requires(subscriber)
def act_for_another() -> Response:
    """Act for another of one's customers from now on, without a new sign-in."""
    try:
        customer_id = from_ref(request.form.get("customer", ""))
    except ValueError as error:
        raise NotFound from error
    with writing() as db:
        act_for(db, me(), customer_id, now=clock.now())
    return go(url_for("site.show_home"))


def _administers(acting: Sequence[ActingFor]) -> bool:
    """Say whether one administers the customer one acts for: an enterprise, which may have sites of its own."""
    return any(each.customer_id == me().customer_id and each.role == "administrator" for each in acting)


def _choice(acting: ActingFor) -> dict[str, object]:
    return {
        "value": to_ref(acting.customer_id),
        "label": acting.customer_name,
        "note": " · ".join([role_word(acting.role), *([gettext("by your other number")] if acting.party_id != me().party_id else [])]),
        "current": acting.customer_id == me().customer_id,
    }


def _ways(viewer: Viewer, *, developer: bool) -> list[dict[str, str]]:
    with_lines, by_number = viewer.lines != frozenset(), me().number is not None
    ways = [
        ("shopping-bag", gettext("My orders"), url_for("site.list_my_orders"), with_lines),
        ("map-pin", gettext("Addresses"), url_for("site.list_my_addresses"), True),
        ("lock", gettext("Service password"), url_for("site.ask_new_password"), by_number),
        ("users", gettext("People"), url_for("site.show_people"), True),
        ("fingerprint", gettext("Ways to sign in"), url_for("site.show_security"), True),
        ("device-desktop", gettext("My devices"), url_for("site.list_my_sessions"), True),
        ("world", gettext("Sites"), url_for("site.list_my_sites"), True),
        ("eye", gettext("Who looked"), url_for("site.list_looks_at_me"), viewer.whole),
        ("tool", gettext("Developers"), url_for("site.show_developers"), developer),
    ]
    return [{"icon": icon, "label": label, "url": url} for icon, label, url, shown in ways if shown]
