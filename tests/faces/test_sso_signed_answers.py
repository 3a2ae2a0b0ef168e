"""Answers signed as one text (JARM): for this client alone, for minutes, whatever is answered, and never beside plain ones."""

from __future__ import annotations

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from tests.cast import NOW
from tests.door import ORIGIN
from tests.faces.relying import BACK, back, make_relying

pytestmark = pytest.mark.usefixtures("signing")


def opened(site, answer, alg="ES256", address=BACK):
    """Check a signed answer; give its header and what it says."""
    said = back(answer, address)
    assert set(said) == {"response"}, "nothing stands beside it"
    keys = KeySet.import_key_set(site.web.get("/oauth/jwks.json").get_json())
    held = jwt.decode(said["response"], keys, algorithms=[alg])
    assert (held.claims["iss"], held.claims["aud"]) == (ORIGIN, site.client.id)
    assert 0 < held.claims["exp"] - NOW.timestamp() <= 600
    return held


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_a_code_comes_in_a_signed_answer_and_is_good(app, sign_in, cast, mode):
    site = make_relying(app, "bank", first_party=True)
    held = opened(site, site.ask(sign_in(cast.alice), response_mode=mode, state="s-9"))
    assert held.claims["state"] == "s-9"
    assert held.header["typ"] == "oauth-authz-resp+jwt"
    assert site.redeem(held.claims["code"]).status_code == 200


def test_it_is_signed_by_the_algorithm_the_client_registered(app, sign_in, cast):
    site = make_relying(app, "bank", first_party=True, settings={"authorization_signed_response_alg": "RS256"})
    assert opened(site, site.ask(sign_in(cast.alice), response_mode="jwt"), alg="RS256").claims["code"]


def test_a_refusal_is_signed_as_well(app, site, sign_in, cast):
    bank = make_relying(app, "bank")
    assert opened(bank, bank.ask(site, response_mode="jwt", prompt="none")).claims["error"] == "login_required"
    wrong = opened(bank, bank.ask(site, response_mode="jwt", code_challenge_method="plain"))
    assert wrong.claims["error"] == "invalid_request"
    alice = sign_in(cast.alice)
    page = bank.ask(alice, response_mode="jwt").page
    assert opened(bank, alice.post_form(page, "/oauth/consent", button="no", follow=False)).claims["error"] == "access_denied"


def test_by_form_it_is_the_forms_one_field(app, sign_in, cast):
    site, alice = make_relying(app, "bank", first_party=True), sign_in(cast.alice)
    alice.checking = False  # the form leads to another house, on purpose and with no token of ours in it
    form = site.ask(alice, response_mode="form_post.jwt").page.form("answer")
    assert [node.get("name") for node in form.all("input")] == ["response"]
    said = jws.extract_compact(next(form.all("input").__iter__()).get("value").encode())
    assert b'"code"' in said.payload


def test_what_registers_for_it_is_told_what_there_is(app):
    site = make_relying(app, "bank")
    told = site.web.get("/.well-known/openid-configuration").get_json()
    assert {"jwt", "query.jwt", "form_post.jwt"} <= set(told["response_modes_supported"])
    assert told["authorization_signing_alg_values_supported"] == ["ES256", "RS256", "EdDSA"]
