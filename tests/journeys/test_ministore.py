"""An employee in the company's intranet, in a real browser that blocks third-party cookies; and pages that mean no good."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from portal.faces.component import script_tag
from tests.journeys.intranet import BLOCKING, Site, intranet, serve_pages
from tests.journeys.test_every_page import SMALL_TARGETS
from tests.ministores.company import EMMA, PRICES
from tests.servers import chromium

MATE = "HUAWEI Mate 60"


@pytest.fixture(scope="session")
def acme(house: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with intranet(house, tmp_path_factory.mktemp("intranet")) as site:
        yield site


@pytest.fixture(scope="session")
def strict(chrome: Any) -> Iterator[Any]:
    """Give a Chromium of its own in which third-party cookies are blocked."""
    options = chromium.launch_options()
    browser = chrome.browser_type.launch(**{**options, "args": [*options["args"], BLOCKING]})
    yield browser
    browser.close()


@pytest.fixture
def page_of(strict: Any) -> Iterator[Callable[..., Any]]:
    """Give a way to open a page; what its scripts complain about is in `page.complaints`."""
    contexts = []

    def open_one(width: int = 1280, *, language: str = "en-GB", scheme: str = "light", browser: Any = None, javascript: bool = True) -> Any:
        context = (browser or strict).new_context(
            viewport={"width": width, "height": 900},
            locale=language,
            color_scheme=scheme,
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(f"script: {error}"))
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        return page

    yield open_one
    for context in contexts:
        context.close()


STILL = """() => [window.before, window.before = [...document.querySelectorAll('mini-store')].map(
  (each) => each.getBoundingClientRect().bottom).join()].every((each) => each === window.before)"""
"""Whether every store ends where it ended at the last look: a frame that grows moves the next one from under the pointer."""


def arrive(page: Any, acme: Site, *, query: str = "lang=en", who: str = EMMA[0]) -> Any:
    """Sign in at the intranet and open its page; give the store in its frame."""
    page.goto(f"{acme.origin}/as/{who}")
    page.goto(f"{acme.origin}/?{query}")
    store = page.frame_locator("mini-store iframe")
    store.locator(".offer").first.wait_for()
    return store


def fill_in(store: Any) -> None:
    """Choose a handset and say where it goes."""
    store.get_by_role("button", name=re.compile(f"(Choose|选择) {MATE}")).click()
    store.locator("#f-phone").fill("0571-8888 1234")
    store.locator("#f-address").fill("文三路 90 号 7 层 12 号桌")


def order(store: Any) -> str:
    """Order a handset; give the order's reference."""
    fill_in(store)
    store.locator("#cart .btn-primary").click()
    store.locator("#check-title").wait_for()
    store.locator(".btn-primary").click()
    store.locator("#done-title").wait_for()
    return str(store.locator("#store").get_attribute("data-order"))


def said(page: Any) -> str:
    """What the store told the intranet's page."""
    text: str = page.locator("#said").inner_text()
    return text


def test_an_employee_orders_a_handset_at_the_companys_price_without_any_cookie_of_ours(page_of, acme):
    page = page_of()
    sent = []
    page.on("request", lambda request: sent.append(request) if request.url.startswith(acme.house.url) else None)
    store = arrive(page, acme)
    assert "¥4,839.00" in store.locator("#store").inner_text()
    reference = order(store)
    assert f'order {{"reference":"{reference}"}}' in said(page)
    (row,) = [row for row in acme.rows("customer_order") if row["reference"] == reference]
    assert (row["customer_id"], row["placed_for"], row["channel"]) == (acme.acme.customer_id, EMMA[0], "ministore")
    assert row["total_minor"] == PRICES["device_huawei_mate_60"]
    assert len(sent) >= 8
    assert not [request.url for request in sent if "cookie" in request.all_headers()]
    assert not page.context.cookies(acme.house.url)
    token = re.compile(r"eyJ|(?<!/pictures/)\b[\w-]{43}")  # a picture's address is its hash
    assert not [request.url for request in sent if token.search(request.url)], "no assertion and no token in an address"
    assert not page.complaints
    store.get_by_role("link", name="See where it stands").click()
    assert reference in store.locator("#order-title").inner_text()
    store.get_by_role("link", name="My orders", exact=True).click()
    assert reference in store.locator(".order-list").inner_text()


def test_the_browser_of_these_tests_really_blocks_third_party_cookies(page_of, acme):
    """The same cookie goes along with the portal's own page, and not with its frame in another site's page."""
    page = page_of()
    page.context.add_cookies([{"name": "sneaky", "value": "1", "domain": "localhost", "path": "/", "sameSite": "None", "secure": True}])
    with page.expect_request(f"{acme.house.url}/login") as own:
        page.goto(f"{acme.house.url}/login")
    assert own.value.all_headers()["cookie"] == "sneaky=1"
    with page.expect_request(re.compile("/ministore/acme/\\?")) as framed:
        arrive(page, acme)
    assert "cookie" not in framed.value.all_headers()
    inside = next(frame for frame in page.frames if frame.url.startswith(acme.house.url))
    assert inside.evaluate("document.hasStorageAccess()") is False


def test_a_token_that_runs_out_is_renewed_and_nothing_typed_is_lost(page_of, acme):
    page = page_of()
    store = arrive(page, acme)
    fill_in(store)
    before = len(acme.rows("assertion_use"))
    acme.forget_tokens()
    store.locator("#cart .btn-primary").click()
    store.locator("#check-title").wait_for()
    assert "文三路 90 号 7 层 12 号桌" in store.locator("#store").inner_text()
    assert len(acme.rows("assertion_use")) == before + 1, "the page was asked once more who is there"
    assert store.locator("#notice").is_hidden()


def test_somebody_signed_out_of_the_intranet_is_told_and_goes_on_after_signing_in_again(page_of, acme):
    page = page_of()
    store = arrive(page, acme)
    fill_in(store)
    jar = page.context.cookies()
    page.context.clear_cookies()
    acme.forget_tokens()
    store.locator("#cart .btn-primary").click()
    store.locator("#notice").wait_for()
    assert "did not say who you are" in store.locator("#notice").inner_text()
    assert "assertion_unavailable" in said(page)
    assert store.locator("#f-address").input_value() == "文三路 90 号 7 层 12 号桌"
    page.context.add_cookies(jar)
    store.locator("#cart .btn-primary").click()
    store.locator("#check-title").wait_for()


def test_nobody_signed_in_sees_no_offer(page_of, acme):
    page = page_of()
    page.goto(f"{acme.origin}/?lang=en")
    store = page.frame_locator("mini-store iframe")
    store.locator("#notice").wait_for()
    assert store.locator(".offer").count() == 0
    assert "assertion_unavailable" in said(page)


def element(acme: Site, **attributes: str) -> str:
    """A page with the store in it, which writes down what the store says."""
    named = {"portal": acme.house.url, "store": "acme", "assertion": "/mini-store/assertion", "lang": "en"} | attributes
    written = " ".join(f'{name}="{value}"' for name, value in named.items())
    return (
        f"<!doctype html><title>x</title>{script_tag(acme.house.url)}<pre id=said></pre><mini-store {written}></mini-store>"
        "<script>for (const name of ['ready', 'error', 'order']) document.addEventListener('mini-store:' + name,"
        "(event) => said.append(name + JSON.stringify(event.detail)))</script>"
    )


def frames_of_ours(page: Any, acme: Site) -> list[Any]:
    """The frames in which a page of ours really stands."""
    return [frame for frame in page.frames[1:] if frame.url.startswith(acme.house.url)]


@pytest.mark.parametrize("place", ["another port", "another host", "the portal's own host"])
def test_a_hostile_page_cannot_frame_the_store(page_of, acme, place):
    page = page_of()
    where = {"another port": {}, "another host": {"host": "127.0.0.2"}, "the portal's own host": {"name": "localhost"}}[place]
    with serve_pages(**where) as evil:
        evil.pages["/"] = element(acme)
        evil.assertion = lambda: acme.acme.sign_now(portal=acme.house.url)  # stolen from the company's page
        with page.expect_response(re.compile("/ministore/acme/\\?")) as framed:
            page.goto(f"{evil.origin}/")
        assert framed.value.status == 403
        page.wait_for_function("said.textContent.includes('unreachable')")
        assert not frames_of_ours(page, acme)
        assert any("frame-ancestors" in each for each in page.complaints), page.complaints


@pytest.mark.parametrize("how", ["sandboxed", "srcdoc", "data"])
def test_a_page_without_an_origin_cannot_frame_the_store_even_within_the_companys_own(page_of, acme, how):
    page = page_of()
    inner = f"<iframe src='{acme.house.url}/ministore/acme/?lang=en' referrerpolicy=strict-origin></iframe>"
    outer = {
        "sandboxed": "<iframe sandbox='allow-scripts' src=/inner></iframe>",
        "srcdoc": f'<iframe sandbox="allow-scripts" srcdoc="{inner}"></iframe>',
        "data": f'<iframe src="data:text/html,{inner}"></iframe>',
    }[how]  # fmt: skip
    with serve_pages() as own:
        acme.allow(own.origin)
        own.pages |= {"/": f"<!doctype html><title>x</title>{outer}", "/inner": inner, "/plain": f"<!doctype html><title>x</title>{inner}"}
        answers = []
        page.on("response", lambda response: answers.append(response.status) if "/ministore/" in response.url else None)
        page.goto(f"{own.origin}/", wait_until="networkidle")
        assert set(answers) <= {403}, "such a page has no origin to be named by"
        assert not frames_of_ours(page, acme)
        page.goto(f"{own.origin}/plain")
        page.frame_locator("iframe").locator("#store").wait_for(state="attached")


def test_a_store_there_is_not_cannot_be_framed_by_anybody(page_of, acme):
    page = page_of()
    with serve_pages() as own:
        acme.allow(own.origin)
        own.pages["/"] = element(acme, store="nowhere")
        page.goto(f"{own.origin}/")
        page.wait_for_function("said.textContent.includes('unreachable')")
        assert not frames_of_ours(page, acme)


def test_a_refusal_within_the_store_is_seen_in_the_companys_page(page_of, acme):
    page = page_of()
    with serve_pages() as own:
        acme.allow(own.origin)
        own.pages["/"] = f"<!doctype html><title>x</title><iframe src='{acme.house.url}/ministore/acme/nowhere' width=400></iframe>"
        page.goto(f"{own.origin}/")
        assert page.frame_locator("iframe").locator("h1").inner_text() == "Nothing here"


INTRUDER = """<!doctype html><script>
const channel = new MessageChannel();
channel.port1.onmessage = (event) => top.postMessage({stolen: event.data}, '*');
const guesses = [{v: 1, type: 'hello', nonce: 'x'}, {v: 1, type: 'hello'}, null, 'hello', 7];
for (let n = 0; n < top.length; n++) for (const guess of guesses) top[n].postMessage(guess, '*');
for (let n = 0; n < top.length; n++) top[n].postMessage({v: 1, type: 'hello', nonce: 'x'}, '*', [new MessageChannel().port1]);
for (const message of [{v: 1, type: 'ready', nonce: 'x'}, {v: 1, type: 'assertion', id: 9}, {v: 1, type: 'order', reference: 'FAKE-FAKE'}])
  top.postMessage(message, '*');
</script>"""
HEAR = """() => {
  window.heard = [];
  addEventListener('message', (event) => window.heard.push(event.data));
}"""
MEDDLE = """() => {
  const inside = document.querySelector('mini-store').shadowRoot.querySelector('iframe').contentWindow;
  const guesses = [null, 'x', {v: 1, type: 'hello', nonce: 'guess'}, {v: 1, type: 'theme', theme: 'dark'}, {v: 2}];
  for (const guess of guesses) inside.postMessage(guess, '*', [new MessageChannel().port1]);
}"""


def test_messages_of_the_page_itself_beside_the_channel_are_ignored(page_of, acme):
    page = page_of()
    store = arrive(page, acme)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/assertion") else None)
    page.evaluate(MEDDLE)
    inside = next(frame for frame in page.frames if frame.url.startswith(acme.house.url))
    inside.evaluate("() => { for (const each of [{v: 1, type: 'hello', nonce: ''}, {type: 'assertion'}]) window.postMessage(each, '*') }")
    page.wait_for_timeout(300)
    assert not asked
    assert store.locator("html").get_attribute("data-bs-theme") == "auto" or store.locator("html").get_attribute("data-bs-theme") is None
    assert len(order(store)) == 9, "and the store goes on"


def test_a_foreign_frame_beside_the_store_learns_nothing_and_changes_nothing(page_of, acme):
    page = page_of()
    asked = []
    with serve_pages() as own, serve_pages("127.0.0.2") as evil:
        acme.allow(own.origin)
        own.pages["/"] = element(acme)
        own.assertion = lambda: acme.acme.at(own.origin).sign_now(portal=acme.house.url)
        evil.pages["/"] = INTRUDER
        page.goto(f"{own.origin}/")
        store = page.frame_locator("mini-store iframe")
        store.locator(".offer").first.wait_for()
        page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/assertion") else None)
        page.evaluate(HEAR)
        page.evaluate(
            "(url) => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }", evil.origin
        )
        page.wait_for_function("window.heard.length >= 3")
        page.wait_for_timeout(300)
        assert not any(isinstance(each, dict) and "stolen" in each for each in page.evaluate("window.heard"))
        assert "FAKE" not in said(page)
        assert not asked
        assert len(order(store)) == 9


def test_many_stores_stand_on_one_page_and_one_that_is_taken_out_can_come_back(page_of, acme):
    page = page_of()
    arrive(page, acme)
    page.evaluate("""() => {
      const first = document.querySelector('mini-store'), second = first.cloneNode(true);
      second.setAttribute('lang', 'zh');
      first.after(second);
    }""")
    for number in (0, 1):
        page.locator("mini-store").nth(number).locator("iframe").content_frame.locator(".offer").first.wait_for()
    assert page.locator("mini-store").nth(1).locator("iframe").content_frame.locator("html").get_attribute("lang") == "zh-Hans-CN"
    page.evaluate("() => { window.first = document.querySelector('mini-store'); window.first.remove(); }")
    page.evaluate("() => document.querySelector('aside').append(window.first)")
    again = page.locator("mini-store").last.locator("iframe").content_frame
    again.locator(".offer").first.wait_for()
    page.wait_for_function(STILL, polling=250)
    assert order(again)
    assert not page.complaints


def test_the_host_page_changes_scheme_and_language_while_the_store_is_open(page_of, acme):
    page = page_of()
    store = arrive(page, acme)
    fill_in(store)
    page.evaluate("document.querySelector('mini-store').setAttribute('theme', 'dark')")
    store.locator("html[data-bs-theme=dark]").wait_for(state="attached")
    assert store.locator("#f-phone").input_value() == "0571-8888 1234", "a change of scheme loses nothing"
    page.evaluate("document.querySelector('mini-store').setAttribute('lang', 'zh')")
    store.locator("html[lang=zh-Hans-CN]").wait_for(state="attached")


def test_the_frame_is_as_high_as_what_is_in_it_and_never_scrolls_within(page_of, acme):
    page = page_of(360)
    store = arrive(page, acme)
    for step in (lambda: None, lambda: fill_in(store), lambda: page.set_viewport_size({"width": 900, "height": 700})):
        step()
        page.locator("mini-store").scroll_into_view_if_needed()  # a frame out of sight is not drawn, and not measured
        page.wait_for_function(
            """() => { const frame = document.querySelector('mini-store').shadowRoot.querySelector('iframe');
                       const now = frame.clientHeight; const same = window.before === now; window.before = now; return same; }""",
            polling=250,
        )
        inside = next(frame for frame in page.frames if frame.url.startswith(acme.house.url))
        high, shown = inside.evaluate("[document.documentElement.getBoundingClientRect().height, innerHeight]")
        assert abs(high - shown) <= 1, (high, shown)


def test_without_scripts_there_is_a_plain_link(page_of, acme):
    page = page_of(javascript=False)
    page.goto(acme.origin)
    link = page.locator("mini-store a")
    assert link.is_visible()
    link.click()
    page.wait_for_url(f"{acme.house.url}/ministore/acme/")
    assert acme.origin in page.locator("main").inner_text()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(360, "light", "zh"), (352, "dark", "en"), (1280, "dark", "zh"), (1280, "light", "en")]
)
def test_every_state_of_the_store_is_without_fault(page_of, acme, width, scheme, language):
    page = page_of(width, scheme=scheme, language="zh-CN" if language == "zh" else "en-GB")
    store = arrive(page, acme, query=f"lang={language}&wide={'1' if width > 1000 else ''}")
    frame = next(each for each in page.frames if each.url.startswith(acme.house.url))
    wrong = []

    def look(name: str) -> None:
        found = Axe().run(frame).response["violations"]
        wrong.extend(f"{name}: {each['id']} ({each['help']}) at {[node['html'][:110] for node in each['nodes'][:2]]}" for each in found)
        wide, seen = frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width > 1000 or seen <= 325
        wrong.extend([f"{name}: {wide} pixels wide in a frame of {seen}"] if wide > seen else [])
        wrong.extend(f"{name}: too small to press: {each}" for each in frame.evaluate(SMALL_TARGETS))

    look("offers")
    fill_in(store)
    look("cart")
    store.locator("#f-quantity").fill("0")
    store.locator("#cart .btn-primary").click()
    store.locator(".error-summary").wait_for()
    look("something to correct")
    store.locator("#f-quantity").fill("2")
    store.locator("#cart .btn-primary").click()
    store.locator("#check-title").wait_for()
    look("check")
    store.locator(".btn-primary").click()
    store.locator("#done-title").wait_for()
    look("done")
    store.locator(".done a").click()
    store.locator("#order-title").wait_for()
    look("order")
    store.locator(".ways a").last.click()
    store.locator("#orders-title").wait_for()
    look("orders")
    assert not wrong, "\n".join(wrong)
    assert not [each for each in page.complaints if "422" not in each]
