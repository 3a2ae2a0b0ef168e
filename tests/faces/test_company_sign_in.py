"""Employees sign in at their company and arrive here signed in, through the pages, as their browser goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from portal.directory import NewPersonEntry, change_person, find_person, put_person
from portal.federation import change_provider, end_provider, get_provider
from tests.cast import NOW
from tests.faces.relying import back
from tests.federation.oidc_company import ISSUER, SECRET, Company
from tests.federation.saml_company import Answer, post, read_request, sign

MAIL = "emma@acme.example"


@pytest.fixture
def company(app, acme):
    """Acme's provider answers us."""
    company = Company(NOW)
    parts = app.extensions["portal"]
    app.extensions["portal"] = replace(parts, upstream=company)
    yield company
    app.extensions["portal"] = replace(app.extensions["portal"], upstream=parts.upstream)


@pytest.fixture
def emma(database, cast, company):
    """Emma is on Acme's list."""
    with database.writing() as session:
        return put_person(session, cast.acme.customer_id, NewPersonEntry(MAIL, "Emma Lin", external_id="0017"), now=NOW)


def set_out(site, company, *, mail=MAIL, **query):
    """Go by the mail address as far as the company's provider."""
    page = site.get(site.url("site.ask_company", **query))
    leaving = site.post_form(page, site.url("site.take_company"), mail=mail, follow=False)
    assert leaving.status_code == 200, leaving.page.text
    company.meet(onwards(leaving))
    return leaving


def onwards(leaving):
    """Give the address a page goes on to by itself; its link leads there, too."""
    content = next(node.get("content") for node in leaving.page.root.all("meta") if node.get("http-equiv") == "refresh")
    address = content.partition("url=")[2]
    assert address in [node.get("href") for node in leaving.page.root.all("a")]
    return address


def come_back(site, company, **changes):
    """Come back from the provider."""
    return site.get("/login/company/acme/back", query_string=company.back(**changes), follow_redirects=True)


def refusal(answer):
    assert answer.status_code == 400
    return answer.page.text.rpartition(": ")[2].split()[0]


def test_an_employee_signs_in_at_the_company_and_is_in(site, company, emma):
    set_out(site, company)
    home = come_back(site, company)
    assert home.status_code == 200
    assert home.request.path == "/"
    assert company.redeemed[0]["authorization"].startswith("Basic ")
    assert SECRET not in str(company.redeemed[0])
    assert company.asked["login_hint"] == MAIL
    assert company.asked["redirect_uri"] == "https://localhost/login/company/acme/back"
    me = site.get("/me/sessions")
    assert me.status_code == 200


def test_every_page_there_is_can_be_opened_by_somebody_who_uses_no_line(site, company, emma):
    set_out(site, company)
    come_back(site, company)
    home = site.get("/").page
    assert "/me/password" not in list(home.links())
    assert "No line" not in home.text
    mine = set(site.get("/me").page.links())
    assert "/me/security" in mine
    assert not mine & {"/me/password", "/orders"}, "there is no number to have one, and no line to order for"
    for path in ("/", "/me", "/activity", "/me/security", "/me/sessions", "/orders", "/proof"):
        answer = site.get(path)
        assert answer.status_code in (200, 303, 404), path
    assert site.get("/bills").status_code == 404


def test_nothing_there_is_breaks_for_somebody_without_a_number(site, company, emma):
    set_out(site, company)
    come_back(site, company)
    site.checking, token, broken = False, site.token(), []
    for rule in site.application.url_map.iter_rules():
        if not rule.endpoint.startswith(("site.", "sso.")) or rule.arguments or rule.endpoint in ("site.sign_out", "site.end_others"):
            continue
        method = min(rule.methods - {"HEAD", "OPTIONS"})
        answer = site.open(site.url(rule.endpoint), method=method, data=None if method == "GET" else {"csrf_token": token})
        broken += [rule.endpoint] if answer.status_code >= 500 else []
    assert not broken


def test_somebody_not_on_the_list_is_told_whom_to_ask(site, company):
    set_out(site, company)
    assert refusal(come_back(site, company)) == "not_on_the_list"
    assert site.get("/").status_code == 303


def test_where_anyone_may_come_who_comes_is_put_on_the_list(site, company, acme, database, keys, cast):
    with database.writing() as session:
        change_provider(session, keys, acme.id, replace(acme.as_new(), admits="anyone"), now=NOW)
    set_out(site, company)
    assert come_back(site, company).request.path == "/"
    with database.reading() as session:
        person = find_person(session, cast.acme.customer_id, user_name=MAIL)
    assert (person.display_name, person.source, person.active) == ("Emma Lin", "sign_in", True)


def test_who_left_is_not_let_in_and_a_second_name_is_not_the_first_ones(site, browser, company, emma, database, cast):
    set_out(site, company)
    come_back(site, company)
    other = browser()
    company.claims = {"sub": "somebody-else"}
    set_out(other, company)
    assert refusal(come_back(other, company)) == "another_name"
    company.claims = {}
    with database.writing() as session:
        change_person(session, cast.acme.customer_id, emma.id, NewPersonEntry(MAIL, "Emma Lin", active=False), now=NOW)
    assert site.get("/").status_code == 303, "signed out by the employer"
    set_out(other, company)
    assert refusal(come_back(other, company)) == "left"


def test_an_unverified_or_foreign_address_finds_nobody(site, company, emma):
    for claims in ({"email_verified": False}, {"email": "emma@elsewhere.example"}):
        company.claims = {"preferred_username": None, **claims}
        set_out(site, company)
        assert refusal(come_back(site, company)) == "not_on_the_list"


def test_an_address_that_leads_nowhere_is_told_so_and_stays_typed(site, company):
    page = site.get(site.url("site.ask_company"))
    for mail in ("emma@globex-two.example", "emma", "@acme.example", "emma@", "a b@acme.example", "x" * 300 + "@acme.example"):
        answer = site.post_form(page, site.url("site.take_company"), mail=mail)
        assert answer.status_code == 422
        assert "mail" in answer.page.errors


def test_oidc_negative_upstream_what_comes_back_wrong_lets_nobody_in(site, browser, company, emma):
    set_out(site, company)
    assert refusal(come_back(site, company, iss="https://evil.example")) == "issuer"
    assert refusal(come_back(site, company, iss=None)) == "issuer"
    assert refusal(come_back(browser(), company)) == "journey"
    assert refusal(come_back(site, company, state="another")) == "journey"
    assert refusal(come_back(site, company, code=None, error="access_denied")) == "declined"
    assert refusal(come_back(site, company)) == "journey", "used up"
    set_out(site, company)
    company.silent = True
    assert refusal(come_back(site, company)) == "token_endpoint_refused"
    company.silent = False
    set_out(site, company)
    company.claims = {"nonce": "another"}
    assert refusal(come_back(site, company)) == "nonce"


def test_what_the_id_token_leaves_out_is_asked_for_of_the_same_person_alone(site, company, emma, acme, database, keys):
    with database.writing() as session:
        document = dict(acme.document) | {"userinfo_endpoint": f"{ISSUER}/userinfo"}
        change_provider(session, keys, acme.id, replace(acme.as_new(), document=document), now=NOW)
    company.claims = {"preferred_username": None, "email": None, "name": None}
    company.person = {"sub": "somebody-else", "preferred_username": MAIL}
    set_out(site, company)
    assert refusal(come_back(site, company)) == "userinfo"
    company.person = {"sub": "emma-0017", "preferred_username": MAIL}
    set_out(site, company)
    assert come_back(site, company).request.path == "/"


def test_an_unknown_key_has_the_keys_asked_for_once_a_minute(site, company, emma, shift):
    for _ in range(3):
        set_out(site, company)
        company.header = {"kid": "two"}
        assert refusal(come_back(site, company)) == "signature"
    assert company.asked_for_keys == 1
    shift(61)
    set_out(site, company)
    assert refusal(come_back(site, company)) == "signature"
    assert company.asked_for_keys == 2


def test_a_company_that_ends_its_provider_has_everybody_out_at_once(site, company, emma, acme, database):
    set_out(site, company)
    come_back(site, company)
    with database.writing() as session:
        assert end_provider(session, acme.id, now=NOW) == 1
        assert get_provider(session, acme.id).has_secret is False
    assert site.get("/").status_code == 303
    assert site.get("/login/company/acme").status_code == 404


def test_a_site_that_trusts_us_learns_how_well_the_company_proved_it(site, company, emma, hall):
    to_sign_in = hall.ask(site)
    where = urlsplit(to_sign_in.headers["Location"])
    page = site.get(f"/login/company/acme?{where.query}")
    leaving = site.post_form(page, "/login/company/acme", follow=False)
    company.meet(onwards(leaving))
    answer = site.get("/login/company/acme/back", query_string=company.back())
    while answer.status_code == 303 and answer.headers["Location"].startswith("/"):
        answer = site.get(answer.headers["Location"])
    claims = hall.read(hall.redeem(back(answer, "https://hall.example/back")["code"]).get_json()["id_token"])
    assert claims["acr"] == "urn:onehall:acr:code"
    assert claims["amr"] == ["fed"]


def test_stepping_up_sends_one_to_the_company_again_and_back_to_where_one_was(site, company, emma, shift):
    set_out(site, company)
    come_back(site, company)
    shift(301)
    page = site.get("/proof", query_string={"next": "/me"})
    leaving = site.post_form(page, site.url("site.prove_at_company"), follow=False)
    company.meet(onwards(leaving))
    assert (company.asked["max_age"], company.asked["prompt"]) == ("0", "login")
    company.claims = {"auth_time": int((NOW - timedelta(hours=1)).timestamp())}
    again = come_back(site, company)
    assert again.request.path == "/proof", "the company did not ask"
    company.claims = {}
    leaving = site.post_form(again, site.url("site.prove_at_company"), follow=False)
    company.meet(onwards(leaving))
    company.now = NOW + timedelta(seconds=302)
    assert come_back(site, company).request.path == "/me"


def test_saml_an_employee_comes_in_by_what_the_provider_posts(site, browser, globex, database, cast):
    page = site.get("/login/company/globex")
    question, state = read_request(onwards(site.post_form(page, "/login/company/globex", follow=False)))
    assert question.get("AssertionConsumerServiceURL") == "https://localhost/login/company/globex/acs"
    form = {"SAMLResponse": post(sign(Answer(NOW, question.get("ID")).tree())), "RelayState": state}
    provider = browser()  # another site's form: no cookie of ours comes with it
    posted = provider.post("/login/company/globex/acs", data=form)
    assert posted.status_code == 303
    assert refusal(browser().get(posted.headers["Location"])) == "journey"
    home = site.get(posted.headers["Location"], follow_redirects=True)
    assert (home.status_code, home.request.path) == (200, "/")
    assert refusal(provider.post("/login/company/globex/acs", data=form)) == "journey"
    with database.reading() as session:
        assert find_person(session, cast.acme.customer_id, address="grace@globex.example").display_name == "Grace Hu"


def test_saml_negative_an_answer_nobody_asked_for_is_none(browser, globex):
    unasked = {"SAMLResponse": post(sign(Answer(NOW, "_never-asked").tree())), "RelayState": "x"}
    assert refusal(browser().post("/login/company/globex/acs", data=unasked)) == "journey"


def test_saml_metadata_says_who_we_are_and_is_not_there_for_others(site, globex, acme):
    answer = site.get("/login/company/globex/metadata")
    assert b'entityID="https://localhost/login/company/globex/metadata"' in answer.data
    assert site.get("/login/company/acme/metadata").status_code == 404
    assert site.post("/login/company/acme/acs", data={}).status_code == 404
    assert ISSUER not in answer.text
