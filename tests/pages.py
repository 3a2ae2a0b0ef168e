"""The client every test of a face uses: it reads each page a test opens and refuses a bad one.

A page is bad when a browser, a screen reader or a careful reviewer would stumble over it: wrong HTML, a label missing, a
dead link, a script the Content-Security-Policy would not run, a full phone number. `tests/rules.py` says each rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask, Response
from flask.testing import FlaskClient

from tests.rules import BARE_NUMBER, faults
from tests.tree import Node, parse

ORIGIN = "https://localhost"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Answer(Response):
    """What came back: Werkzeug's response, and the page in it."""

    @property
    def page(self) -> Page:
        """The page or region that was sent."""
        found: Page = self.__dict__["_page"]
        return found


class Page:
    """A page as a reader sees it, and the forms a reader can send."""

    def __init__(self, html: str, url: str, *, region: bool) -> None:
        self.html = html
        self.url = url
        self.root, self.guesses = parse(html, region=region)

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return next(self.root.all("title")).text

    @property
    def heading(self) -> str:
        """The page's one first heading."""
        return next(self.root.all("h1")).text

    @property
    def language(self) -> str:
        """The language the page says it is written in."""
        return next(self.root.all("html")).get("lang")

    @property
    def text(self) -> str:
        """The words of the page's main part, or of the region."""
        return (next(self.root.all("main"), None) or self.root).text

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong by field, as it stands beside the field."""
        wrong = [field for field in self.root.all("input", "select", "textarea") if field.get("aria-invalid") == "true"]
        said = {field.get("name"): self.id(f"{field.get('id')}-error").text for field in wrong}
        return {name: re.split("[:：] ?", text, maxsplit=1)[-1] for name, text in said.items()}  # "Error:" is for screen readers

    def id(self, name: str) -> Node:
        """Give the element with this id; AssertionError where there is none."""
        for node in self.root.all():
            if node.get("id") == name:
                return node
        raise AssertionError(f"nothing on {self.url} has the id {name}")

    def has(self, name: str) -> bool:
        """Say whether an element has this id."""
        return any(node.get("id") == name for node in self.root.all())

    def links(self) -> Iterator[str]:
        """Give where the page's links lead, without what is behind #; those within the page are left out."""
        for node in self.root.all("a"):
            if not node.get("href").startswith("#"):
                yield urljoin(self.url, node.get("href")).partition("#")[0].removeprefix(ORIGIN)

    def form(self, action: str) -> Node:
        """Give the form that goes to this path (or has this id); AssertionError where there is none, or two that differ."""
        found = [form for form in self.root.all("form") if action in (form.get("id"), self.where(form), self.path_of(form))]
        assert found, f"no form on {self.url} goes to {action}; there are {[self.where(form) for form in self.root.all('form')]}"
        shapes = {tuple(field.get("name") for field in form.all("input", "select", "textarea")) for form in found}
        assert len(shapes) == 1, f"{len(found)} forms on {self.url} go to {action}"
        return found[0]

    def can_send(self, action: str) -> bool:
        """Say whether the page has a form that goes to this path."""
        return any(action in (form.get("id"), self.path_of(form)) for form in self.root.all("form"))

    def where(self, form: Node) -> str:
        """Give the address a form goes to, without the origin."""
        return urljoin(self.url, form.get("action") or self.url).removeprefix(ORIGIN)

    def path_of(self, form: Node) -> str:
        """Give the path a form goes to."""
        return urlsplit(self.where(form)).path


def fields_of(form: Node, wanted: Mapping[str, str], button: str | None) -> list[tuple[str, str]]:
    """Give what a browser would send: what the form holds, `wanted` typed or chosen over it, and the button pressed.

    Raises AssertionError when `wanted` names a field, a choice or a button that the form has not.
    """
    left = dict(wanted)
    sent: list[tuple[str, str]] = []
    for node in form.all("input", "select", "textarea"):
        name, kind = node.get("name"), node.get("type") or node.name
        if not name or kind in ("submit", "button") or node.has("disabled"):
            continue
        if kind in ("radio", "checkbox"):
            chosen = left.get(name) == node.get("value") if name in wanted else node.has("checked")
            if chosen:
                left.pop(name, None)
                sent.append((name, node.get("value") or "on"))
        elif kind == "select":
            choices = [option.get("value") for option in node.all("option")]
            held = [option.get("value") for option in node.all("option") if option.has("selected")] or choices[:1]
            value = left.pop(name, held[0] if held else "")
            assert value in choices, f"{name} offers {choices}, not {value!r}"
            sent.append((name, value))
        else:
            held_text = node.get("value") if kind != "textarea" else node.text
            sent.append((name, left.pop(name, held_text)))
    buttons = [node for node in form.all("button", "input") if (node.get("type") or "submit") == "submit" and node.name == "button"]
    named = [(node.get("name"), node.get("value")) for node in buttons if node.get("name")]
    pressed = next(((name, value) for name, value in named if button == value or left.get(name) == value), None)
    if pressed is not None:
        left.pop(pressed[0], None)
    elif named and buttons[0].get("name"):
        pressed = named[0]  # Enter in a field presses the first button
    assert not left, f"the form has no {sorted(left)}; it has {[name for name, _ in sent + named]}"
    assert button is None or (pressed and pressed[1] == button), f"the form has no button {button!r}"
    return sent + ([pressed] if pressed else [])


class Site(FlaskClient):
    """A browser without JavaScript, over https, that complains about every bad page."""

    application: Flask
    checking = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(args[0], Answer, *args[2:], **{name: value for name, value in kwargs.items() if name != "response_wrapper"})
        self.environ_base["HTTP_ACCEPT"] = "text/html,application/xhtml+xml,*/*;q=0.8"
        self.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        self.nonces: set[str] = set()
        self.cookies_sent: list[str] = []
        self._typed: set[str] = set()

    def speak(self, language: str) -> Site:
        """Ask for pages in this language from now on."""
        self.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return self

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request and check the page that comes back."""
        if not args or isinstance(args[0], str):  # else: a redirect that is followed
            kwargs.setdefault("base_url", ORIGIN)
            self._typed = set(BARE_NUMBER.findall(f"{args} {kwargs.get('query_string')} {kwargs.get('data')}"))
        if kwargs.get("method", "GET") != "GET":  # a browser says where a form stood; Flask-WTF wants it over https
            kwargs["headers"] = {"Referer": ORIGIN + "/", **dict(kwargs.get("headers") or {})}
        answer = super().open(*args, **kwargs)
        for each in (*answer.history, answer):
            self.cookies_sent += each.headers.getlist("Set-Cookie")
        if answer.mimetype == "text/html" and answer.request.method != "HEAD":
            self._look_at(answer)
        return answer

    def _look_at(self, answer: Any) -> None:
        if "_page" in answer.__dict__:
            return
        region = answer.request.headers.get("HX-Request-Type") == "partial"
        address = urlsplit(answer.request.url)
        page = Page(answer.get_data(as_text=True), f"{address.path}?{address.query}" if address.query else address.path, region=region)
        answer.__dict__["_page"] = page
        if not self.checking or (answer.status_code < 400 and not page.html.strip()) or 300 <= answer.status_code < 400:
            return
        found = list(faults(self.application, answer, page, region=region, typed=self._typed))
        nonce = answer.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
        if nonce in self.nonces:
            found.append("its nonce was used before")
        self.nonces.add(nonce)
        assert not found, f"{answer.request.method} {page.url} ({answer.status_code}):\n- " + "\n- ".join(found)

    def post_form(
        self,
        page: Page | Answer,
        action: str,
        *,
        follow: bool = True,
        button: str | None = None,
        htmx: str | None = None,
        **fields: str,
    ) -> Any:
        """Fill in a form that stands on the page and send it, with its hidden fields; `button` is the value pressed.

        Redirects are followed unless told. `htmx` sends it as htmx would, for the element described so ("div#results").
        """
        page = page if isinstance(page, Page) else page.page
        form = page.form(action)
        where, sent = page.where(form), fields_of(form, fields, button)
        if form.get("method").lower() != "post":
            return self.get(f"{where.partition('?')[0]}?{urlencode(sent)}", follow_redirects=follow)
        headers = {"Referer": ORIGIN + page.url, **({**HTMX, "HX-Target": htmx} if htmx else {})}
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        return self.post(where, data=data, headers=headers, follow_redirects=follow)

    def htmx(self, path: str, target: str, **parameters: str) -> Any:
        """Ask as htmx 4 does for a region: `target` such as "div#results"."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.get(path + query, headers={**HTMX, "HX-Target": target, "HX-Current-URL": ORIGIN + path})

    def url(self, endpoint: str, **values: object) -> str:
        """Give the address of a route."""
        address: str = self.application.url_map.bind("localhost", url_scheme="https").build(endpoint, values)
        return address

    def token(self) -> str:
        """Give a CSRF token this browser may use, from a page it can open."""
        form = next(self.get(self.url("site.ask_number")).page.root.all("form"))
        return next(node.get("value") for node in form.all("input") if node.get("name") == "csrf_token")
