"""What a first view weighs on the wire, compressed: the page and everything it links to, from the real server.

Of a mini-store: the component, gzip -9 as it is budgeted, and the frame with the offers its first employee sees.
"""

from __future__ import annotations

import gzip
from contextlib import closing
from datetime import UTC, datetime
from html.parser import HTMLParser

from bench.figures import Figure
from bench.house import House, opened
from bench.people import draw
from bench.runs import Run
from bench.sets import BenchError
from bench.web import Visitor, parse_cookies, serving
from portal.demo import open_intranet
from portal.faces.component import newest
from portal.identity import Employee, issue_embed_token

_KILO = 1000
_INTRANET = "http://127.0.0.1:1"


def measure(run: Run) -> list[Figure]:
    """Fetch the home page and a customer at the counter as a browser does that was never here before."""
    with opened(run.data) as house:
        somebody = draw(house.parts.db, 1, seed=4)[0]
        clerk = house.hire([somebody.customer_id])[0]
        cookies = {"home": house.sign_in(somebody.number), "counter": clerk.cookie}
        token = employ(house)
        store = [house.url(f"ministore.{endpoint}", slug="acme") for endpoint in ("show_frame", "show_offers")]
        paths = {"home": house.url("site.show_home"), "counter": house.url("counter.show_customer", customer_id=somebody.customer_id)}
    figures = []
    script = 0
    with serving(run.data, workers=1) as web:
        for name, path in paths.items():
            everything, of_it_script = first_view(web.port, path, cookies[name])
            figures.append(run.figure(f"weight.{name}", everything / _KILO))
            script = max(script, of_it_script)
        figures.append(run.figure("weight.ministore", store_view(web.port, *store, token) / _KILO))
    component = len(gzip.compress(newest().plain, 9, mtime=0))
    return [*figures, run.figure("weight.script", script / _KILO), run.figure("weight.component", component)]


def employ(house: House) -> str:
    """Open the demo's store and let an employee in, by the services; give the token."""
    now, parts = datetime.now(UTC), house.parts
    with parts.db.writing() as session:
        store = open_intranet(session, house.data.instance, origin=_INTRANET, currency=parts.settings.currency, now=now)
        employee = Employee(store.client_id, store.customer_id, store.slug, "E-1", "Emma", _INTRANET)
        return issue_embed_token(session, employee, now=now).token


def store_view(port: int, frame: str, offers: str, token: str) -> int:
    """Give the bytes transferred for a store's frame, what it links to, and the offers."""
    framed = {"Referer": f"{_INTRANET}/", "Sec_Fetch_Dest": "iframe"}
    asked = {"Authorization": f"Bearer {token}", "HX_Request": "true", "HX_Request_Type": "partial"}
    with closing(Visitor(port)) as visitor:
        pages = [fetch(visitor, frame, "identity", **framed), fetch(visitor, offers, "identity", **asked)]
        links = Links()
        for page in pages:
            links.feed(page.decode())
        return sum(map(len, pages)) + sum(len(fetch(visitor, link, "br, gzip")) for link in links.found)


def first_view(port: int, path: str, cookie: str) -> tuple[int, int]:
    """Give the bytes transferred for a page with what it links to, and how many of them are script."""
    with closing(Visitor(port)) as visitor:
        visitor.cookies = parse_cookies(cookie)
        page = fetch(visitor, path, "identity")
        links = Links()
        links.feed(page.decode())
        sizes = {link: len(fetch(visitor, link, "br, gzip")) for link in (path, *links.found)}
    return sum(sizes.values()), sum(size for link, size in sizes.items() if link.endswith(".js"))


def fetch(visitor: Visitor, path: str, accepted: str, **headers: str) -> bytes:
    """Give what is transferred for a path; raise BenchError for anything but a 200."""
    answer = visitor.get(path, Accept_Encoding=accepted, **headers)
    if answer.status != 200:
        raise BenchError(f"{path} answered {answer.status}")
    return answer.body


class Links(HTMLParser):
    """Collects what a browser fetches with a page, each once: sheets, scripts, pictures, the icon, the sprite."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        values = {name: value or "" for name, value in attrs}
        wanted = {"script": "src", "img": "src", "use": "href", "source": "src"}.get(tag)
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload", "manifest"):
            wanted = "href"  # an apple-touch-icon is fetched when somebody puts the page on a home screen, not before
        link = values.get(wanted or "", "").partition("#")[0]
        if link:
            self.found[link] = None

    handle_startendtag = handle_starttag
