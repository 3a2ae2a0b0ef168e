"""Guard 21 to 24 through the door: who may frame a store, who may ask it, and that no cookie has any part in it."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.settings import ROOT
from portal.faces import cookies
from portal.faces.component import newest, releases, snippet
from portal.ministores import set_origins
from tests.door import on
from tests.faces.ministore import FRAME, OWN, enter, show_frame, swap
from tests.ministores.company import EMMA, MATE, ORIGIN, open_acme, open_globex
from tests.pages import HTMX

GLOBEX = "https://globex.example"
FOREIGN = [
    "https://evil.example", "https://acme.evil", f"{ORIGIN}.evil.example", "https://evil-intranet.acme.example",
    ORIGIN.replace("https", "http"), f"{ORIGIN}:8443", GLOBEX, "null", "https://localhost", "https://acme.example",
]  # fmt: skip
"""Origins that are none of Acme's: another, look-alikes with more before or behind, another scheme or port, null."""


@pytest.fixture
def acme(app, cast):
    with app.extensions["portal"].db.writing() as session:
        return open_acme(session, cast)


@pytest.fixture
def globex(app, acme):
    with app.extensions["portal"].db.writing() as session:
        return open_globex(session)


def ancestors(answer):
    """Give whom an answer lets frame it."""
    return re.search(r"frame-ancestors ([^;]+)", answer.headers["Content-Security-Policy"])[1]


def test_widget_frame_is_framed_by_its_own_companys_pages_alone(site, acme, globex):
    for intranet in (acme, globex):
        answer = show_frame(site, intranet)
        assert answer.status_code == 200
        assert ancestors(answer) == intranet.origin
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


@pytest.mark.parametrize("origin", [*FOREIGN, "", "not an address", "https://[", "javascript:alert(1)"])
def test_widget_frame_asked_for_by_another_page_is_refused_and_says_so_to_the_company_alone(site, acme, globex, origin):
    answer = show_frame(site, acme, Referer=origin + "/" if origin.startswith("http") else origin)
    assert answer.status_code == 403
    assert ancestors(answer) == ORIGIN
    assert "none of them" in answer.page.text
    assert "data-tokens" not in answer.page.html


def test_widget_frame_of_an_unknown_store_and_everything_else_is_framed_by_nobody(site, acme):
    strange = (
        "/ministore/nowhere/",
        "/ministore/nowhere/offers",
        "/ministore/",
        "/ministore/Acme/",
        "/ministores/acme/",
        "/x/ministore/acme/",
    )
    for path in (*strange, "/", "/login", "/nowhere", "/counter/login"):
        answer = site.get(path, headers={**FRAME, "Referer": ORIGIN + "/"})
        assert ancestors(answer) == "'none'", path
        assert answer.headers["X-Frame-Options"] == "DENY", path


def test_widget_frame_refusals_within_a_store_carry_its_policy_so_that_they_are_seen(site, acme):
    """See giscus #1449: an error page that may not be framed reads "refused to connect"."""
    refused = [
        (404, site.get("/ministore/acme/nowhere", headers=FRAME)), (401, site.get("/ministore/acme/offers", headers=FRAME | OWN)),
        (405, site.get("/ministore/acme/tokens", headers=FRAME)), (404, site.get("/ministore/acme/orders/zzz", headers=FRAME)),
        (413, site.post("/ministore/acme/tokens", data={"assertion": "x" * 2_000_000}, headers=OWN)),
        (400, site.get("/ministore/acme/?lang=%00", headers=FRAME)),
    ]  # fmt: skip
    for status, answer in refused:
        assert answer.status_code == status
        assert ancestors(answer) == ORIGIN, status
        assert "X-Frame-Options" not in answer.headers, status
        assert len(list(answer.page.root.all("h1"))) == 1
        assert not list(answer.page.root.all("a")), "no way out of the frame into pages that may not be framed"


def test_widget_frame_says_so_when_the_database_is_away(app, site, acme):
    assert show_frame(site, acme).status_code == 200
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    on(app, nowhere)
    answer = show_frame(site, acme)
    nowhere.close()
    assert answer.status_code == 503
    assert ancestors(answer) == ORIGIN, "as this process last knew"


def test_widget_frame_in_a_window_of_its_own_says_where_the_store_is(site, acme):
    for headers in ({"Sec-Fetch-Dest": "document"}, {"Sec-Fetch-Dest": "document", "Referer": ORIGIN + "/"}, {}):
        answer = site.get("/ministore/acme/", headers=headers)
        assert answer.status_code == 200
        assert ORIGIN in answer.page.text
        assert not list(answer.page.root.all("script"))


@pytest.mark.parametrize("place", ["embed", "object", "script", "image", "empty", "worker"])
def test_widget_frame_is_given_to_no_other_element(site, acme, place):
    assert show_frame(site, acme, Sec_Fetch_Dest=place).status_code == 403


def test_widget_frame_of_a_browser_that_tells_only_the_referrer_is_given(site, acme):
    assert show_frame(site, acme, Sec_Fetch_Dest="", Sec_Fetch_Mode="", Sec_Fetch_Site="").page.id("store")


def test_widget_frame_names_the_page_it_answers_and_no_other(app, site, acme):
    with app.extensions["portal"].db.writing() as session:
        set_origins(session, "acme", [ORIGIN, "https://wiki.acme.example"])
    answer = show_frame(site, acme, Referer="https://wiki.acme.example/some/page")
    assert 'data-host="https://wiki.acme.example"' in answer.page.html
    assert ancestors(answer) == f"{ORIGIN} https://wiki.acme.example"


def routes(app):
    """Every route of the stores' face."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("ministore.")]


def knock(frame, rule, **headers):
    """Ask a route as the frame does, but with these headers."""
    values = {"order_id": 7} if "order_id" in rule.arguments else {}
    url, method = frame.url(rule.endpoint.partition(".")[2], **values), next(iter(rule.methods - {"HEAD", "OPTIONS"}))
    sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return frame.site.open(url, method=method, headers={**HTMX, **sent}, data={} if method == "POST" else None)


OPEN = {"ministore.show_frame", "ministore.show_colours", "ministore.take_assertion"}


def test_widget_token_is_wanted_by_every_route_but_three(app, site, acme, globex):
    frame, other = enter(site, acme), enter(app.test_client(), globex)
    session_id = "x" * 43
    wrong = (
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {frame.token}",
        frame.token,
        f"Bearer {frame.token}x",
        f"Bearer {other.token}",
        f"Bearer {session_id}",
    )
    closed = [rule for rule in routes(app) if rule.endpoint not in OPEN]
    assert len(closed) >= 6
    for rule in closed:
        assert app.view_functions[rule.endpoint].policy.realm == "employee"
        for given in wrong:
            assert knock(frame, rule, Authorization=given, **{"Sec-Fetch-Site": "same-origin"}).status_code == 401, (rule.endpoint, given)
        assert knock(frame, rule, Authorization=f"Bearer {frame.token}").status_code in (200, 400, 404), rule.endpoint


def test_widget_token_in_an_address_or_a_body_is_no_token(site, acme):
    frame = enter(site, acme)
    for name in ("token", "access_token", "Authorization", "assertion"):
        assert site.get("/ministore/acme/offers", query_string={name: frame.token}, headers=OWN).status_code == 401
        assert site.post("/ministore/acme/cart", data={name: frame.token}, headers=OWN).status_code == 401
    assertion = acme.sign()
    assert site.post("/ministore/acme/tokens", query_string={"assertion": assertion, "origin": ORIGIN}, headers=OWN).status_code == 401
    assert swap(site, acme, assertion).status_code == 200, "in the address it was not even looked at"


def test_widget_token_runs_out_and_a_new_assertion_goes_on_where_one_was(site, acme, shift):
    frame = enter(site, acme)
    shift(299)
    assert frame.get("show_offers").status_code == 200
    shift(2)
    late = frame.get("show_offers")
    assert late.status_code == 401
    from portal.base import clock

    frame.token = swap(site, acme, acme.sign(now=clock.now())).json["token"]
    assert frame.get("show_offers").status_code == 200


def test_widget_token_refusals_tell_the_developer_which(site, acme):
    text = acme.sign()
    assert swap(site, acme, text).status_code == 200
    cases = {
        "assertion_replayed": text, "assertion_unreadable": "rubbish", "assertion_key": acme.with_key("k").sign(),
        "assertion_store": acme.sign(store="globex"), "assertion_origin": acme.sign(origin=GLOBEX),
    }  # fmt: skip
    for code, assertion in cases.items():
        answer = swap(site, acme, assertion)
        assert (answer.status_code, answer.json["type"]) == (401, f"urn:onehall:problem:{code}")
        assert answer.mimetype == "application/problem+json"
    assert swap(site, acme, acme.sign(origin=GLOBEX), origin=GLOBEX).json["type"].endswith("assertion_origin"), "not one of the store's"
    assert swap(site, acme, "").status_code == 401


def test_widget_token_of_a_page_the_store_left_is_dead(app, site, acme):
    frame = enter(site, acme)
    with app.extensions["portal"].db.writing() as session:
        set_origins(session, "acme", ["https://new.acme.example"])
    assert frame.get("show_offers").status_code == 401


@pytest.mark.parametrize("origin", [*FOREIGN[:9], ORIGIN])
def test_widget_cors_opens_to_no_page_not_even_to_the_companys_own(site, acme, origin):
    frame = enter(site, acme)
    asked = [
        site.open("/ministore/acme/offers", method="OPTIONS", headers={"Origin": origin, "Access-Control-Request-Method": "GET",
                                                                       "Access-Control-Request-Headers": "authorization"}),
        site.get("/ministore/acme/offers", headers={**frame.headers(), "Origin": origin}),
        site.get("/ministore/acme/offers", headers={**frame.headers(), "Sec-Fetch-Site": "cross-site"}),
        site.post("/ministore/acme/tokens", data={"assertion": acme.sign(), "origin": ORIGIN}, headers={"Origin": origin}),
        show_frame(site, acme, Origin=origin),
    ]  # fmt: skip
    for answer in asked:
        for name in ("Origin", "Credentials", "Headers", "Methods"):
            assert f"Access-Control-Allow-{name}" not in answer.headers
    if origin != "https://localhost":
        assert [answer.status_code for answer in asked[1:4]] == [403, 403, 403]


def test_widget_cookies_are_neither_read_nor_set(app, site, acme, sign_in, counter, cast, staff):
    """With every cookie there is, of a subscriber and of staff, each answer is the same to the byte."""
    alice, dora = sign_in(cast.alice), counter(staff.dora)
    frame = enter(app.test_client(), acme)
    frame.site.checking = False  # the empty page is asked for as if it were a region
    jar = "; ".join(f"{name}={browser.get_cookie(name, domain='localhost').value}" for browser, names in (
        (alice, (cookies.SUBSCRIBER, cookies.DEVICE)), (dora, (cookies.STAFF,))) for name in names)  # fmt: skip
    jar += f"; {cookies.PREFERENCES}=zh-dark; {cookies.FORM}=x; sneaky=1"
    for rule in routes(app):
        plain, fed = (knock(frame, rule, Authorization=f"Bearer {frame.token}", Cookie=each) for each in (None, jar))
        assert (plain.status_code, blank(plain)) == (fed.status_code, blank(fed)), rule.endpoint
        assert knock(frame, rule, Cookie=jar).status_code == knock(frame, rule).status_code
    assert not frame.site.cookies_sent


def blank(answer):
    """Give a body without what differs each time."""
    return re.sub(
        r'nonce="[^"]*"|reference [0-9a-f]{16}|value="[\w-]{43}"|"token": ?"[^"]*"|request:[0-9a-f]{16}', "", answer.get_data(as_text=True)
    )


def test_widget_no_csrf_token_is_needed_because_nothing_is_sent_by_itself(app, site, acme):
    """A foreign page can have a form sent here; without the header that only our page sets it changes nothing."""
    before = count_orders(app)
    for rule in routes(app):
        if "POST" in rule.methods:
            url = f"/ministore/acme/{rule.rule.rpartition('/')[2]}"
            data = {"offering": MATE, "quantity": "1", "amount": "483900", "name": "E", "phone": "8", "address": "7F", "key": "k" * 20}
            forged = site.post(url, data=data, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
            assert forged.status_code in (401, 403), url
    assert count_orders(app) == before


def count_orders(app):
    with app.extensions["portal"].db.reading() as session:
        return session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables["customer_order"])).scalar_one()


def test_widget_logs_hold_neither_assertion_nor_token(site, acme, capsys):
    text = acme.sign()
    frame = enter(site, acme)
    swap(site, acme, text[:-3] + "AAA")
    frame.order(MATE)
    said = "".join(capsys.readouterr())
    assert "assertion_refused" in said
    assert frame.token not in said
    assert text.rsplit(".", 1)[0] not in said
    assert EMMA[1] not in said


def test_widget_component_is_small_pinned_and_what_its_source_gives():
    build = ROOT / "widgets" / "mini-store" / "v1" / "build.py"
    assert subprocess.run([sys.executable, str(build), "--check"], check=False).returncode == 0, "run widgets/mini-store/v1/build.py"
    for name, release in releases().items():
        assert hashlib.sha256(release.plain).hexdigest().startswith(name), "a release is never changed"
        assert len(gzip.compress(release.plain, 9, mtime=0)) <= 2_000
    text = newest().plain.decode()
    for forbidden in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc", "'*'", "postMessage(m,'*"):
        assert forbidden not in text


def test_widget_component_has_an_address_for_good_and_one_that_moves(site):
    release = newest()
    pinned, moving = (site.get(f"/widgets/mini-store/{each}/mini-store.js") for each in (release.name, "v1"))
    for answer in (pinned, moving):
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Access-Control-Allow-Origin"] == "*", "so that a page may check its hash"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.get_data() == release.plain
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert moving.headers["Cache-Control"] == "public, max-age=300"
    assert site.get("/widgets/mini-store/0000000000000000/mini-store.js").status_code == 404
    assert site.get("/widgets/mini-store/v1/mini-store.js", headers={"If-None-Match": moving.headers["ETag"]}).status_code == 304
    packed = site.get("/widgets/mini-store/v1/mini-store.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.get_data()) == release.plain
    assert len(packed.get_data()) <= 2_000


def test_widget_snippet_names_a_release_that_is_served_and_its_hash(site):
    text = snippet("https://portal.example/", "acme")
    source = re.search(r'src="https://portal\.example(/[^"]+)"', text)[1]
    assert f'integrity="{newest().integrity}"' in text
    assert 'crossorigin="anonymous"' in text
    assert site.get(source).status_code == 200
    assert '<a href="https://portal.example/ministore/acme/">' in text
