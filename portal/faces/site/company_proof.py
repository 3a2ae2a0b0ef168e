"""Proving it anew where one came from: the company's provider is to ask once more."""

from __future__ import annotations

from flask import Response

from portal.base.errors import NotFound
from portal.faces.access import me, requires, subscriber
from portal.faces.site.blueprint import bp
from portal.faces.site.company_sign_in import leave_for
from portal.faces.site.proof import next_page
from portal.faces.transactions import reading
from portal.federation import find_provider_of_party


@bp.post("/proof/company")
@requires(subscriber)
def prove_at_company() -> Response:
    """Go to the company's provider, which is to ask however lately it did (max_age=0, ForceAuthn)."""
    with reading() as db:
        provider = find_provider_of_party(db, me().party_id or 0)
    if provider is None:
        raise NotFound
    return leave_for(provider, next=next_page(), again=True)
