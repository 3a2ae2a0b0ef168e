"""Guard 14: whatever changes something wants a token of the very browser that sends it."""

from __future__ import annotations

import re

from tests.pages import ORIGIN
from tests.test_access import address, methods_of, rules, state_of, token_of, world

__all__ = ["world"]  # a fixture

TRACES = {"audit_entry", "audit_head", "interaction"}


def writing_routes(app):
    """Every route that is reached otherwise than by GET."""
    return [(rule, method) for rule in rules(app) for method in methods_of(rule) if method != "GET"]


def swept(world, app, *, roles, fields, headers=None, fresh=False):
    """Send to every writing route; give what was let through, and what changed."""
    database = app.extensions["portal"].db
    wrong = []
    before = state_of(database)
    for rule, method in writing_routes(app):
        for role in roles:
            browser = app.test_client() if fresh else world.browsers[role]
            answer = browser.open(address(world, rule), method=method, data=fields(role), headers=headers)
            if not 400 <= answer.status_code < 500:
                wrong.append(f"{role} {method} {rule.endpoint}: {answer.status_code}")
    after = state_of(database)
    wrong += [f"{name} changed" for name in before if before[name] != after[name] and name not in TRACES]
    return wrong


def test_csrf_sweep_there_is_something_to_sweep(house_itself):
    assert len(writing_routes(house_itself)) >= 15


def test_csrf_sweep_a_form_without_a_token_is_refused_everywhere(world, app):
    for role in ("alice", "dora"):
        token_of(world.browsers[role])  # its session holds a token; the form does not
    assert not swept(world, app, roles=("alice", "dora"), fields=lambda _: {})


def test_csrf_sweep_a_browser_that_holds_no_token_either_is_refused_everywhere(world, app):
    assert not swept(world, app, roles=("anonymous",), fields=lambda _: {}, fresh=True)


def test_csrf_sweep_an_empty_token_is_refused_everywhere(world, app):
    assert not swept(world, app, roles=("anonymous", "alice"), fields=lambda _: {"csrf_token": ""})


def test_csrf_sweep_another_browsers_token_is_refused_everywhere(world, app):
    stolen = token_of(world.browsers["charlie"])
    assert not swept(world, app, roles=("alice", "dora", "anonymous"), fields=lambda _: {"csrf_token": stolen})


def test_csrf_sweep_a_right_token_from_another_site_is_refused_everywhere(world, app):
    tokens = {role: token_of(world.browsers[role]) for role in ("alice", "dora")}
    elsewhere = {"Referer": "https://localhost.evil.example/page"}
    assert not swept(world, app, roles=("alice", "dora"), fields=lambda role: {"csrf_token": tokens[role]}, headers=elsewhere)


def test_csrf_sweep_a_token_does_not_survive_the_sign_in(site, cast, sign_in):
    before = token_of(site)
    sign_in(cast.alice, on=site)
    answer = site.post(site.url("site.set_theme"), data={"csrf_token": before, "theme": "dark"})
    assert answer.status_code == 400


def test_csrf_sweep_the_token_for_htmx_is_taken_from_its_header(sign_in, cast):
    alice = sign_in(cast.alice)
    page = alice.get("/").page
    body = next(page.root.all("body"))
    token = re.search(r'"X-CSRFToken": "([^"]+)"', body.get("hx-headers:inherited"))
    assert token
    url = alice.url("site.set_theme")
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "Referer": ORIGIN + "/"}
    assert alice.post(url, data={"theme": "dark"}, headers=headers).status_code == 400
    answer = alice.post(url, data={"theme": "dark"}, headers={**headers, "X-CSRFToken": token[1]})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/"


def test_csrf_sweep_the_refusal_says_what_to_do_and_is_a_page(sign_in, cast):
    answer = sign_in(cast.alice).post("/theme", data={"theme": "dark"})
    assert answer.status_code == 400
    assert "Open it again" in answer.page.text
