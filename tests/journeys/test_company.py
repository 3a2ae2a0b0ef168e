"""An employee signs in at the company's own provider, a real one, and is in here: OpenID Connect and SAML, in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.base.db import Database
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.federation import NewProvider, check_provider, create_provider, discovery_address, set_domains
from tests.conftest import TEST_SECRET
from tests.journeys.conftest import House
from tests.journeys.upstream import CLIENT, SECRET, company, read


@pytest.fixture(scope="module")
def globex(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Globex runs a provider; it is let in twice, for each language it speaks."""
    with company(tmp_path_factory.mktemp("globex"), house.url) as url:
        settings = Settings(env="test", secret_key=TEST_SECRET)  # type: ignore[arg-type]
        keys, now = make_keys(settings), datetime.now(UTC)
        configuration = check_provider(json.loads(read(discovery_address(url))), issuer=url, allow_http=True)
        metadata = check_provider(read(f"{url}/saml/metadata"), allow_http=True)
        customer = house.cast.acme.customer_id
        common: dict[str, Any] = {"customer_id": customer, "name": "Globex", "admits": "anyone"}
        database = Database(house.database)
        with database.writing() as session:
            new = NewProvider(
                slug="globex", kind="oidc", issuer=url, document=configuration, client_id=CLIENT, client_secret=SECRET, **common
            )
            made = create_provider(session, keys, new, now=now)
            set_domains(session, made.id, ["globex.example"], now=now)
            new = NewProvider(slug="globex-saml", kind="saml", issuer=metadata["issuer"], document=metadata, **common)
            create_provider(session, keys, new, now=now)
        database.close()
        yield url


def without_the_world(page: Any) -> Any:
    """Give nanoidp's pages nothing of the styles and fonts they want from elsewhere."""
    page.route(lambda address: urlsplit(address).hostname not in ("127.0.0.1", "localhost"), lambda route: route.fulfill(body=""))
    return page


def sign_in_there(page: Any, url: str) -> None:
    """Do what the company's provider asks for."""
    page.wait_for_url(f"{url}/**")
    page.locator("input[name=username]").fill("grace")
    page.locator("input[name=password]").fill("nine green bottles")
    page.locator("input[name=password]").press("Enter")


def test_an_employee_goes_by_mail_address_to_the_company_and_comes_back_signed_in(globex, house, window):
    page = without_the_world(window(360, 740))
    page.goto(f"{house.url}/login")
    page.get_by_role("link", name="Sign in with your company").click()
    page.locator("#f-mail").fill("grace@globex.example")
    page.get_by_role("button", name="Continue").click()
    sign_in_there(page, globex)
    page.wait_for_url(f"{house.url}/")
    assert page.locator("h1").count() == 1


def test_saml_takes_the_same_person_in_by_the_companys_own_page(globex, house, window):
    page = without_the_world(window(1280, 800))
    page.goto(f"{house.url}/login/company/globex-saml?next=/me/sessions")
    page.get_by_role("button", name="Continue to Globex").click()
    sign_in_there(page, globex)
    page.wait_for_url(f"{house.url}/me/sessions")
