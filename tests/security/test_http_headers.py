"""Guard 12, 40, 41: what every answer tells the browser. Each page any test opens is checked by the client, too."""

from __future__ import annotations

import re

import pytest

from portal.faces import cookies
from tests.cast import NOW
from tests.test_access import world

__all__ = ["NOW", "world"]  # a fixture

KINDS = {
    "page": "/login", "redirect": "/", "missing": "/nowhere", "refused method": "/theme", "health": "/healthz",
    "static": None, "problem": "/nowhere",
}  # fmt: skip


def answers(site):
    """Give one answer of each kind."""
    sheet = next(node.get("href") for node in site.get("/login").page.root.all("link") if node.get("rel") == "stylesheet")
    for kind, path in KINDS.items():
        accept = {"Accept": "application/problem+json"} if kind == "problem" else {}
        yield kind, site.get(path or sheet, headers=accept)


def test_headers_stand_on_every_kind_of_answer(site):
    for kind, answer in answers(site):
        if kind != "static":  # WhiteNoise serves these before the application
            assert answer.headers["X-Content-Type-Options"] == "nosniff", kind
            assert answer.headers["X-Frame-Options"] == "DENY", kind
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], kind
            assert answer.headers["Cache-Control"] == "no-store", kind
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", kind
            assert answer.headers["Referrer-Policy"] == "same-origin", kind
        assert "Server" not in answer.headers, kind
        assert "X-Powered-By" not in answer.headers, kind
        answer.close()


def test_headers_hsts_is_not_sent_where_there_is_no_tls(site):
    assert "Strict-Transport-Security" not in site.get("/healthz", base_url="http://localhost").headers


def test_headers_the_policy_runs_nothing_that_is_not_ours(site):
    policy = site.get("/login").headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "connect-src 'self'"):
        assert part in policy
    for part in ("unsafe-inline", "unsafe-eval", "http:", "*"):
        assert part not in policy


def test_headers_a_nonce_is_fresh_unguessable_and_on_the_page(site):
    seen = set()
    for _ in range(20):
        answer = site.get("/login")
        nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
        assert nonce
        assert len(nonce[1]) >= 22  # 128 bits
        assert {node.get("nonce") for node in answer.page.root.all("script")} == {nonce[1]}
        seen.add(nonce[1])
    assert len(seen) == 20


def test_headers_pages_of_a_customer_are_never_kept_by_a_browser(world):
    for role, paths in {"alice": ("/", "/bills", "/me"), "dora": ("/counter/",)}.items():
        for path in paths:
            assert world.browsers[role].get(path).headers["Cache-Control"] == "no-store", path


def test_headers_static_files_carry_their_hash_and_may_be_kept(site):
    page = site.get("/login").page
    files = [node.get("src") for node in page.root.all("script")] + [node.get("href") for node in page.root.all("link")]
    assert len(files) >= 4
    for path in files:
        answer = site.get(path)
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", path), path
        assert "max-age=315360000" in answer.headers["Cache-Control"], path
        assert "immutable" in answer.headers["Cache-Control"], path
        answer.close()


def test_headers_signing_out_clears_what_the_browser_keeps(sign_in, cast, counter):
    alice = sign_in(cast.alice)
    answer = alice.post_form(alice.get("/").page, alice.url("site.sign_out"), follow=False)
    assert '"cache"' in answer.headers["Clear-Site-Data"]
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    dora = counter()
    answer = dora.post_form(dora.get("/counter/").page, dora.url("counter.sign_out"), follow=False)
    assert '"cache"' in answer.headers["Clear-Site-Data"]


@pytest.fixture
def set_cookies(cast, sign_in, counter):
    """Every Set-Cookie of a sign-in at both doors, a change of language, and a sign-out."""
    alice = sign_in(cast.alice)
    alice.post_form(alice.get("/").page, alice.url("site.set_language"))
    alice.post_form(alice.get("/").page, alice.url("site.sign_out"))
    return alice.cookies_sent + counter().cookies_sent


def test_cookies_are_all_bound_to_this_host_secure_and_out_of_reach_of_scripts(set_cookies):
    names = {each.partition("=")[0] for each in set_cookies}
    assert {cookies.SUBSCRIBER, cookies.STAFF, cookies.FORM, cookies.DEVICE, cookies.PREFERENCES} <= names
    for each in set_cookies:
        assert each.startswith("__Host-"), each
        for part in ("; Secure", "; HttpOnly", "; SameSite=", "; Path=/"):
            assert part in each, each
        assert "Domain=" not in each, each


def test_cookies_of_sessions_end_with_the_browser(set_cookies):
    for each in set_cookies:
        if each.startswith((cookies.SUBSCRIBER + "=", cookies.STAFF + "=")) and "=;" not in each:
            assert "Max-Age" not in each.replace("Max-Age=0", ""), each
            assert "Expires" not in each or "1970" in each, each


def test_cookies_hold_no_number_in_plain_sight(set_cookies, cast):
    for each in set_cookies:
        assert cast.alice.number not in each
