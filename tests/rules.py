"""What makes a page bad: each rule is a generator of faults in words. The checking client (tests/pages.py) asks them all.

Sources: HTML Living Standard (syntax, ids, labels), WCAG 2.2 (1.1.1, 1.3.1, 2.4.2, 3.1.1, 3.3.2, 4.1.2), guard.md 14, 27,
40 and 41, design.md (one region, one root), look.md (complete in both languages).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.tree import Node, parse

if TYPE_CHECKING:
    from tests.pages import Page

BARE_NUMBER = re.compile(r"\b1[3-9]\d{9}\b")
ENGLISH = re.compile(r"[A-Za-z][a-z’']*(?:,? [A-Za-z][a-z’']*){3,}")
LANGUAGES = ("zh-Hans-CN", "en")
FETCHED = {"a": "href", "link": "href", "script": "src", "img": "src", "use": "href"}
POINTING = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "for")
ASKING = {"hx-get": "GET", "hx-post": "POST", "hx-put": "PUT", "hx-delete": "DELETE"}
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-error-summary")


def faults(app: Flask, answer: Any, page: Page, *, region: bool, typed: set[str]) -> Iterator[str]:
    """Give everything that is wrong with a page, or with a region on its way into one."""
    in_store = page.url.startswith("/ministore/")
    yield from page.guesses
    for rule in (ids, labels, names, inline_code, pictures, structure):
        yield from rule(page.root)
    yield from forms(page.root, tokens=not in_store)
    if in_store:
        yield from sent_by_htmx(page.root)
    yield from numbers(page.html, typed)
    yield from addresses(app, page)
    yield from headers(answer, in_store=in_store)
    if region:
        yield from region_shape(page)
        return
    yield from frame(page.root)
    yield from targets(page.root)
    yield from trusted_code(page.root, answer.headers.get("Content-Security-Policy", ""))
    yield from translation(page.root)


def frame(root: Node) -> Iterator[str]:
    """A page says its language, has a title, one first heading, one main part, and its errors in the title."""
    html = next(root.all("html"))
    if html.get("lang") not in LANGUAGES:
        yield f"its language is {html.get('lang')!r}"
    titles = list(root.all("title"))
    head_titles = [title for title in titles if title.above("svg") is None]
    if len(head_titles) != 1 or not head_titles[0].text:
        yield "it needs one title with words in it"
    headings = list(root.all("h1"))
    if len(headings) != 1 or not headings[0].text:
        yield f"it has {len(headings)} first headings (or an empty one)"
    if sum(1 for _ in root.all("main")) != 1:
        yield "it needs one main part"
    for summary in root.all():
        word = summary.get("data-error-summary")
        if word and not head_titles[0].text.startswith(word):
            yield f"its title does not start with {word!r} though something is to be corrected"


def ids(root: Node) -> Iterator[str]:
    """Each id stands once, and holds no space."""
    counted = Counter(node.get("id") for node in root.all() if node.has("id"))
    for name, count in counted.items():
        if count > 1:
            yield f"the id {name!r} stands {count} times"
        if not name or " " in name:
            yield f"{name!r} is no id"


def targets(root: Node) -> Iterator[str]:
    """What points at an id points at one that is there."""
    known = {node.get("id") for node in root.all() if node.has("id")}
    for node in root.all():
        for attribute in POINTING:
            for name in node.get(attribute).split():
                if name not in known:
                    yield f"<{node.name} {attribute}> points at {name!r}, which is nowhere"
        if (target := node.get("hx-target")).startswith("#") and target[1:] not in known:
            yield f"<{node.name} hx-target> names {target!r}, which is nowhere"
        href = node.get("href")
        if node.name == "a" and href.startswith("#") and href[1:] not in known:
            yield f"a link jumps to {href!r}, which is nowhere"


def labels(root: Node) -> Iterator[str]:
    """Each field has a label of its own."""
    labelled = {label.get("for") for label in root.all("label") if label.text}
    for field in root.all("input", "select", "textarea"):
        if field.get("type") in ("hidden", "submit", "button"):
            continue
        wrapped = field.above("label") is not None
        if not (wrapped or field.get("id") in labelled or field.get("aria-label") or field.get("aria-labelledby")):
            yield f"the field {field.get('name')!r} has no label"


def names(root: Node) -> Iterator[str]:
    """Each link, button and drawing with a role says in words what it is."""
    for node in root.all("a", "button", "summary"):
        inner = [child.get("aria-label") or child.get("alt") for child in node.all()]
        if not (node.text or node.get("aria-label") or any(inner)):
            yield f"a <{node.name}> to {node.get('href') or node.get('name')!r} says nothing"
    for node in root.all("svg"):
        if node.get("aria-hidden") != "true" and not (node.get("aria-label") or node.get("aria-labelledby")):
            yield "a drawing is neither hidden from screen readers nor named"


def forms(root: Node, *, tokens: bool = True) -> Iterator[str]:
    """A form that writes carries its token (where `tokens`); one that asks carries none; each has a way to send it."""
    for form in root.all("form"):
        method = form.get("method").lower() or "get"
        held = [field.get("value") for field in form.all("input") if field.get("name") == "csrf_token"]
        if method == "post" and tokens and (len(held) != 1 or not held[0]):
            yield f"the form to {form.get('action')!r} has {len(held)} tokens"
        if method == "get" and held:
            yield f"the form to {form.get('action')!r} would put its token into an address"
        if method not in ("get", "post") or not form.has("action"):
            yield f"a form with method {method!r} and action {form.get('action')!r}"
        sends = any((node.get("type") or "submit") == "submit" for node in form.all("button"))
        if not sends and form.get("role") != "search":
            yield f"the form to {form.get('action')!r} has no button"
        if form.above("form"):
            yield "a form stands in a form"
        repeated = Counter(field.get("name") for field in form.all("input") if field.get("type") == "hidden")
        for name, count in repeated.items():
            if count > 1:
                yield f"the form to {form.get('action')!r} holds {name!r} {count} times"


def sent_by_htmx(root: Node) -> Iterator[str]:
    """In a mini-store htmx sends each form and follows each link, with the token in a header; none stands in the markup."""
    for form in root.all("form"):
        if form.get("hx-post") != form.get("action") or any("token" in field.get("name") for field in form.all("input")):
            yield f"the form to {form.get('action')!r} has a token, or is not sent by htmx"
    for link in root.all("a"):
        if not link.get("href").startswith("#") and link.get("hx-get") != link.get("href"):
            yield f"the link to {link.get('href')!r} leaves the store"


def inline_code(root: Node) -> Iterator[str]:
    """Nothing the policy would block, and nothing that needs eval."""
    for node in root.all():
        for attribute in node.attributes:
            if attribute == "style" or attribute.startswith(("on", "hx-on")):
                yield f"<{node.name}> has {attribute!r}"
        if node.get("hx-vals").startswith(("js:", "javascript:")) or "[" in node.get("hx-trigger"):
            yield f"<{node.name}> has an htmx attribute that needs eval"
        if node.get("href").lower().startswith("javascript:"):
            yield "a link is a script"


def pictures(root: Node) -> Iterator[str]:
    """Each picture says what it shows, or that it shows nothing of note, and how large it is."""
    for image in root.all("img"):
        if not image.has("alt"):
            yield f"the picture {image.get('src')[:40]!r} has no alt"


def structure(root: Node) -> Iterator[str]:
    """Lists hold items, nothing one can press stands in something one can press, headings skip no level."""
    level = 0
    for node in root.all():
        if node.name in ("ul", "ol") and any(child.name not in ("li", "script", "template") for child in node.children):
            yield f"a <{node.name}> holds something that is no <li>"
        if node.name == "dl" and any(child.name not in ("dt", "dd", "div") for child in node.children):
            yield "a <dl> holds something else than terms"
        if node.name == "li" and node.parent and node.parent.name not in ("ul", "ol", "menu"):
            yield "a <li> outside a list"
        if node.name in ("a", "button") and node.above("a", "button", "label", "summary"):
            yield f"a <{node.name}> ({node.text[:30]}) stands in something one can press"
        if re.fullmatch("h[1-6]", node.name):
            if level and int(node.name[1]) > level + 1:
                yield f"heading {node.text!r} is a {node.name} after an h{level}"
            level = int(node.name[1])
        if node.get("tabindex") not in ("", "0", "-1"):
            yield f"<{node.name}> has a tabindex of its own order"


def numbers(html: str, typed: set[str]) -> Iterator[str]:
    """No full phone number stands anywhere, but the one its reader has just typed (guard.md 27)."""
    for number in sorted(set(BARE_NUMBER.findall(html)) - typed):
        yield f"it holds a full number ending in {number[-4:]}"


def trusted_code(root: Node, policy: str) -> Iterator[str]:
    """Each script and sheet would run under the page's own policy."""
    rules = {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
    for node in root.all("script", "style", "link"):
        if node.name == "link" and "stylesheet" not in node.get("rel"):
            continue
        kind = "script-src" if node.name == "script" else "style-src"
        allowed = rules.get(kind, [])
        by_nonce = f"'nonce-{node.get('nonce')}'" in allowed
        source = node.get("src") or node.get("href")
        by_place = "'self'" in allowed and "'strict-dynamic'" not in allowed and source.startswith("/")
        if not (by_nonce or by_place):
            yield f"its policy blocks <{node.name} {source[:60]}>"


def translation(root: Node) -> Iterator[str]:
    """A Chinese page holds no English sentence."""
    if next(root.all("html")).get("lang") != "zh-Hans-CN":
        return
    for node in root.all():
        if node.name in ("script", "style", "code") or _language(node) != "zh-Hans-CN":
            continue
        own = [node.element.text or "", *(child.tail or "" for child in node.element)]
        for text in [*own, *(node.get(attribute) for attribute in SPOKEN)]:
            if found := ENGLISH.search(text):
                yield f"not in Chinese: {found.group()!r}"


def _language(node: Node) -> str:
    at: Node | None = node
    while at is not None and not at.get("lang"):
        at = at.parent
    return at.get("lang") if at else ""


def region_shape(page: Page) -> Iterator[str]:
    """A region is one element, with the id it replaces (a refusal may have none)."""
    roots = page.root.children
    if len(roots) != 1:
        yield f"a region of {len(roots)} elements: {[node.name for node in roots]}"


def headers(answer: Any, *, in_store: bool = False) -> Iterator[str]:
    """Each page tells the browser what it may do with it (guard.md 40, 41); a store's own may be framed (guard.md 21)."""
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    policy = answer.headers.get("Content-Security-Policy", "")
    framed = in_store and "frame-ancestors 'none'" not in policy
    for name, value in (wanted | ({"X-Frame-Options": None} if framed else {})).items():
        if answer.headers.get(name) != value:
            yield f"{name} is {answer.headers.get(name)!r}, not {value!r}"
    for part in (
        "default-src 'none'",
        "frame-ancestors http" if framed else "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "'nonce-",
    ):
        if part not in policy:
            yield f"its Content-Security-Policy lacks {part}"
    if in_store and answer.headers.getlist("Set-Cookie"):
        yield "a mini-store sets a cookie"
    if "unsafe" in policy:
        yield "its Content-Security-Policy allows something unsafe"
    if "HX-Request" not in answer.headers.get("Vary", ""):
        yield "it does not say that it varies by HX-Request"
    if not answer.headers.get("X-Request-ID"):
        yield "it has no request id"


def addresses(app: Flask, page: Page) -> Iterator[str]:
    """Each link, form and file leads somewhere in this house; the one elsewhere stands on a page that goes there by itself."""
    matcher = app.url_map.bind("localhost", url_scheme="https")
    onwards = {node.get("content").partition("url=")[2] for node in page.root.all("meta") if node.get("http-equiv") == "refresh"}
    for node in page.root.all():
        wanted = [(node.get(attribute), method) for attribute, method in ASKING.items() if node.has(attribute)]
        if node.name == "form":
            wanted.append((node.get("action"), node.get("method").upper() or "GET"))
        elif node.name in FETCHED and node.has(FETCHED[node.name]):
            wanted.append((node.get(FETCHED[node.name]), "GET"))
        for address, method in wanted:
            if address in onwards and node.name == "a":
                continue
            if reason := _unreachable(app, matcher, page.url, address, method):
                yield f"<{node.name}> leads to {address[:80]!r}: {reason}"


def _unreachable(app: Flask, matcher: Any, here: str, address: str, method: str) -> str:
    parts = urlsplit(urljoin(f"https://localhost{here}", address))
    if parts.scheme in ("tel", "mailto") or address.startswith(("data:image/", "#")):
        return ""
    if (parts.scheme, parts.netloc) != ("https", "localhost"):
        return "another house"
    if parts.path.startswith("/static/"):
        return _missing_file(app, parts.path, parts.fragment)
    try:
        matcher.match(parts.path, method)
    except HTTPException as error:
        return type(error).__name__
    return ""


@lru_cache(maxsize=512)
def _missing_file(app: Flask, path: str, fragment: str) -> str:
    answer = app.test_client().get(path, base_url="https://localhost")
    if answer.status_code != 200:
        return f"answers {answer.status_code}"
    text = answer.get_data()
    answer.close()
    if fragment and not any(node.get("id") == fragment for node in parse(text.decode())[0].all()):
        return f"{Path(path).name} has no {fragment!r}"
    return ""
