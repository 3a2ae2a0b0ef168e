"""Coming back from a company's SAML provider: its form posts the answer, and the browser then fetches what came of it.

A form of another site brings none of our cookies (SameSite=Lax). So what was posted is judged, kept for a minute under a one-time
name, and taken by a GET, which brings them: in any other browser than the one that set out, the name is good for nothing.
"""

from __future__ import annotations

from flask import Response, make_response, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces.access import anybody, csrf, requires
from portal.faces.company_addresses import ourselves
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.company_back import come_in, refused
from portal.faces.site.company_sign_in import company_here
from portal.faces.transactions import writing
from portal.federation import (
    Said,
    UpstreamRefused,
    check_response,
    take_posted,
    take_waiting,
    wait_at_the_door,
    write_metadata,
)


@bp.post("/login/company/<slug>/acs")
@requires(anybody)
def take_posted_answer(slug: str) -> Response:
    """Judge what a SAML provider says of somebody, and have their browser fetch it."""
    provider, now = company_here(slug), clock.now()
    if provider.kind != "saml":
        raise NotFound
    with writing() as db:
        journey = take_posted(db, portal().keys, provider, request.form.get("RelayState", ""), now=now)
        posted = request.form.get("SAMLResponse", "")
        said = (
            UpstreamRefused("journey")  # nobody set out: an answer nobody asked for is none
            if journey is None
            else check_response(db, provider, ourselves(slug, "saml"), journey, posted, now=now)
        )
        name = None
        if journey is not None and isinstance(said, Said):
            name = wait_at_the_door(db, portal().keys, journey, said.as_dict(), now=now)
    if isinstance(said, UpstreamRefused):
        return refused(provider, said)
    return go(url_for("site.arrive", slug=slug, id=name))


csrf.exempt(take_posted_answer)  # the provider's own form: it comes without our cookies, and lets nobody in


@bp.get("/login/company/<slug>/arrive")
@requires(anybody)
def arrive(slug: str) -> Response:
    """Come in as whom the provider named, in the browser that set out."""
    provider = company_here(slug)
    with writing() as db:
        name, mine = request.args.get("id", ""), session.get("flow", "")
        journey = take_waiting(db, portal().keys, provider, name, flow_id=mine, now=clock.now())
    if journey is None or journey.said is None:
        return refused(provider, UpstreamRefused("journey"))
    return come_in(provider, journey, Said.from_dict(journey.said))


@bp.get("/login/company/<slug>/metadata")
@requires(anybody)
def show_metadata(slug: str) -> Response:
    """Give the SAML provider what it is to know of us."""
    if company_here(slug).kind != "saml":
        raise NotFound
    own = ourselves(slug, "saml")
    response = make_response(write_metadata(own.entity_id, own.answers_to))
    response.mimetype = "application/samlmetadata+xml"
    return response
