"""The subscriber's home: what matters now, six ways on, and every card."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import to_ref
from portal.customers import Viewer, find_holder
from portal.customerview import build_view
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.cards import line_names, line_names_of
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.matters import what_matters
from portal.faces.site.viewing import my_links, my_viewer, narrowed
from portal.faces.transactions import reading
from portal.identity import has_service_password


@bp.get("/")
@requires(subscriber)
def show_home() -> str:
    """Show the home page; `line` narrows it to one line."""
    now = clock.now()
    with reading() as db:
        everything = my_viewer(db, now=now)
        viewer = narrowed(everything, request.args.get("line"))
        view = build_view(db, viewer, now=now)
        lines = line_names(view) if viewer is everything else line_names_of(db, everything, now=now)
        if viewer.lines is not None and not viewer.lines <= lines.keys():
            raise NotFound
        holder = find_holder(db, me().number or "")
        without_number = me().number is None  # came by their company: there is nothing to set a service password for
        password_set = without_number or (holder is not None and has_service_password(db, holder))
    return render_template(
        "site/home.html",
        view=view,
        done=session.pop("done", None),
        matter=what_matters(view, password_set=password_set, today=clock.local_date(now, portal().settings.zone)),
        actions=ways_on(viewer),
        links=my_links(viewer),
        line_names=line_names(view),
        line_choices=line_choices(lines, chosen=request.args.get("line")),
    )


def ways_on(viewer: Viewer) -> list[dict[str, str]]:
    """Give the tiles: icon, word and where each leads."""
    ways = [
        ("receipt", gettext("Bills"), url_for("site.list_bills"), viewer.money),
        ("history", gettext("Activity"), url_for("site.show_timeline"), viewer.lines != frozenset()),
        ("device-mobile", gettext("My lines"), url_for("site.show_me"), viewer.lines != frozenset()),
        ("lock", gettext("Service password"), url_for("site.ask_new_password"), me().number is not None),
        ("device-desktop", gettext("My devices"), url_for("site.list_my_sessions"), True),
        ("eye", gettext("Who looked"), url_for("site.list_looks_at_me"), viewer.whole),
    ]
    return [{"icon": icon, "label": label, "url": url} for icon, label, url, shown in ways if shown]


def line_choices(lines: Mapping[int, str], *, chosen: str | None) -> list[dict[str, object]]:
    """Give what the line switcher offers: every line in sight, and all of them together."""
    one_by_one: list[dict[str, object]] = [
        {"value": to_ref(line), "label": number, "current": to_ref(line) == chosen} for line, number in lines.items()
    ]
    if len(one_by_one) < 2:
        return one_by_one or [{"value": "", "label": gettext("No line"), "current": True}]
    return [
        {"value": "", "label": gettext("All lines"), "note": gettext("%(count)s lines", count=len(lines)), "current": not chosen},
        *one_by_one,
    ]
