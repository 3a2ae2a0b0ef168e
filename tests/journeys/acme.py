"""Acme in pictures: a site and a provider of its own, and somebody who may act for it as well as for themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.customers import give_role
from portal.federation import create_provider, set_domains
from portal.openid import NewClient, create_client
from tests.conftest import TEST_SECRET
from tests.federation.oidc_company import new_provider
from tests.journeys.conftest import House
from tests.journeys.letting_in import writing


def join_acme(house: House) -> str:
    """Write it, and somebody who sees Alice's bills; give the site's name for itself."""
    settings = Settings(env="test", secret_key=TEST_SECRET)  # type: ignore[arg-type]
    now, cast = datetime.now(UTC), house.cast
    acme, guest = cast.acme.customer_id, cast.noise[7]
    new = NewClient(
        name="Acme intranet", customer_id=acme, redirect_uris=("https://intranet.acme.example/back",), scopes=("openid", "profile"),
        subject_type="pairwise", backchannel_logout_uri="https://intranet.acme.example/signed-out",
    )  # fmt: skip
    with writing(house) as session:
        give_role(session, acme, guest.party_id, "administrator", None, until=None, now=now)
        give_role(session, cast.alice.customer_id, guest.party_id, "delegate", {"bills", "points"}, until=now + timedelta(days=90), now=now)
        site, _ = create_client(session, new, now=now)
        provider = create_provider(session, make_keys(settings), new_provider(acme), now=now)
        set_domains(session, provider.id, ["acme.example"], now=now)
    return site.id
