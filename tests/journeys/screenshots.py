"""Re-makes docs/screenshots: every page at 360 and 1366 pixels, light and dark, the important ones in both languages.

bin/screenshots runs it. The pictures are WebP, made by the browser itself, and small enough for git: it ends with 1
where they are more than 6 MB together.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from portal.base.db import Database
from portal.base.ids import to_ref
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.demo.rush import announce_coming, announce_sales
from tests.conftest import TEST_SECRET
from tests.journeys.acme import join_acme
from tests.journeys.buying import put_in
from tests.journeys.conftest import House, run_house, sign_in, staff_in
from tests.journeys.intranet import Site, intranet
from tests.journeys.letting_in import let_in
from tests.journeys.pages import (
    ERRORS,
    FOR_ANYBODY,
    OF_THE_COUNTER,
    OF_THE_HALL,
    OF_THE_MARKETING,
    OF_THE_OFFICE,
    OF_THE_SHOP,
    company,
    customer,
    newest_bill,
)
from tests.ministores.company import EMMA
from tests.ordering import order_handset, redeem
from tests.servers import chromium

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 6 * 1024 * 1024
TALLEST = 2400
SIZES = {"phone": (360, 740), "desktop": (1366, 860)}
IN_BOTH_LANGUAGES = {"sign-in", "home", "bill", "points", "order", "customer-masked", "customer-open", "worklist", "mini-store", "shop"}
QUALITY = 50
LOADED = """Promise.all([...document.images].filter(each => each.getBoundingClientRect().top < innerHeight && each.checkVisibility())
    .map(each => each.decode().catch(() => {})))"""


def main() -> int:
    """Make every picture in a new folder, then put it in the place of the old one."""
    parser = argparse.ArgumentParser(prog="bin/screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    out: Path = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        drafts = Path(folder) / "drafts"
        drafts.mkdir()
        browser = playwright.chromium.launch(**chromium.launch_options())
        houses = run_house(Path(folder) / "house")
        try:
            house = next(houses)
            with intranet(house, Path(folder)) as site:
                count = sum(1 for _ in take_all(browser, house, site, drafts))
        finally:
            houses.close()
            browser.close()
        size = sum(path.stat().st_size for path in drafts.iterdir())
        write_index(drafts)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(drafts, out)
    print(f"{count} pictures, {size / 1024 / 1024:.1f} MB, in {out}")
    return 0 if size <= MOST_BYTES else 1


def take_all(browser: Any, house: House, site: Site, out: Path) -> Iterator[str]:
    """Walk through the house once for each language, and photograph each page in every size and scheme."""
    states: dict[str, Any] = {"order": place_orders(house), "sites": join_acme(house)}
    for language, locale in (("zh", "zh-CN"), ("en", "en-GB")):
        wanted = None if language == "zh" else IN_BOTH_LANGUAGES
        faces = (hall, shop, counter, office, marketing, developers, sign_on)
        for page, name in chain(*(face(browser, house, locale, states) for face in faces), mini_store(browser, site, language)):
            if wanted is None or name in wanted:
                yield from take(page, name, language, out)
        for context in browser.contexts:
            context.close()


def window(browser: Any, house: House, locale: str, state: Any = None) -> Any:
    """Open a window."""
    return browser.new_context(base_url=house.url, locale=locale, reduced_motion="reduce", storage_state=state).new_page()


def hall(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give each page for anybody and of the hall, standing ready in a window."""
    page = window(browser, house, locale)
    for name, path in FOR_ANYBODY.items():
        page.goto(path)
        yield page, name
    for name, go_wrong in ERRORS.items():
        go_wrong(page)
        yield page, name
    if "alice" not in states:
        sign_in(page, house.cast.alice.number)
        states["alice"] = page.context.storage_state()
    page = window(browser, house, locale, states["alice"])
    own = {"bill": newest_bill(page), "order": f"/orders/{states['order']}"}
    for name, path in {**OF_THE_HALL, **own}.items():
        page.goto(path)
        yield page, name


def shop(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give pages of the shop, with something in the cart, standing ready in a window."""
    page = window(browser, house, locale)
    let_in(house, page, house.cast.noise[1].number)
    if "cart" not in states:
        put_in(page, "accessory_earphones", "device_redmi_note_13")
        states["cart"] = True
    for name in ("shop", "offer", "cart", "sales"):
        page.goto(OF_THE_SHOP[name])
        yield page, name


def marketing(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give pages of who changes offers and campaigns, standing ready in a window."""
    if "mei" not in states:
        page = window(browser, house, locale)
        staff_in(page, house, "mei")
        states["mei"] = page.context.storage_state()
    page = window(browser, house, locale, states["mei"])
    for name, path in {
        "offer-change": OF_THE_MARKETING["offer-change"],
        "campaign-new": "/office/campaigns/new/form?like=percentage",
    }.items():
        page.goto(path)
        yield page, name


def counter(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give each page of the counter, standing ready in a window."""
    if "sam" not in states:
        page = window(browser, house, locale)
        staff_in(page, house, "sam")
        states["sam"] = page.context.storage_state()
    page = window(browser, house, locale, states["sam"])
    for name, path in {**OF_THE_COUNTER, "alerts": "/counter/alerts", "customer-masked": customer(house)}.items():
        page.goto(path)
        yield page, name
    page.locator("#f-reason").select_option("bill_question")
    page.locator("form[action$='/by-reason'] button").click()
    page.locator("#card-bills").wait_for()
    yield page, "customer-open"
    page.locator("#band form[action$='/close'] button").click()
    page.wait_for_url("**/counter/")


def place_orders(house: House) -> str:
    """Place orders and announce sales for the pages to show; give the reference of Alice's newest in an address."""
    database, now = Database(house.database), datetime.now(UTC)
    with database.writing() as session:
        order_handset(session, house.cast, now=now)
        redeem(session, house.cast.alice, "gift_power_bank", now=now)
        newest = redeem(session, house.cast.alice, now=now)
        settings = Settings(env="test", secret_key=TEST_SECRET)
        announce_sales(session, make_keys(settings), currency=settings.currency, zone=settings.zone, now=now)
        announce_coming(session, currency=settings.currency, now=now)
    database.close()
    return to_ref(newest.order_id)


def office(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give each page of the order desk, standing ready in a window."""
    if "olga" not in states:
        page = window(browser, house, locale)
        staff_in(page, house, "olga")
        states["olga"] = page.context.storage_state()
    page = window(browser, house, locale, states["olga"])
    page.goto("/office/?view=free")
    if page.locator("main table a").count() > 1:
        page.locator("main table a").first.click()
        page.locator("#next-step form button[type=submit]").first.click()
        page.locator("#f-note").wait_for()
        yield page, "desk-order"
    for name, path in OF_THE_OFFICE.items():
        page.goto(path)
        yield page, name


def developers(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give the developers' pages of the company, and the question whom to go on as, standing ready in a window."""
    page = window(browser, house, locale)
    let_in(house, page, house.cast.erin.number)
    for name, path in {"developers": "/developers", "developers-site": f"/developers/sites/{states['sites']}"}.items():
        page.goto(path)
        yield page, name
    page = window(browser, house, locale)
    let_in(house, page, house.cast.noise[7].number)
    asked = {
        "client_id": states["sites"], "response_type": "code", "redirect_uri": "https://intranet.acme.example/back", "scope": "openid",
        "state": "s", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # pragma: allowlist secret
        "code_challenge_method": "S256", "prompt": "select_account",
    }  # fmt: skip
    page.goto(f"/oauth/authorize?{urlencode(asked)}")
    yield page, "choose-account"


def sign_on(browser: Any, house: House, locale: str, states: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Give the pages of who looks after single sign-on, standing ready in a window."""
    if "ada" not in states:
        page = window(browser, house, locale)
        staff_in(page, house, "ada")
        states["ada"] = page.context.storage_state()
    page = window(browser, house, locale, states["ada"])
    for name, path in {"sign-on-sites": "/office/sign-on/", "sign-on-company": company(house)}.items():
        page.goto(path)
        yield page, name


def mini_store(browser: Any, site: Site, language: str) -> Iterator[tuple[Any, str]]:
    """Give the store in a page of the company's intranet."""
    page = browser.new_context(locale="zh-CN" if language == "zh" else "en-GB", reduced_motion="reduce").new_page()
    page.goto(f"{site.origin}/as/{EMMA[0]}")
    page.goto(f"{site.origin}/?lang={language}")
    page.frame_locator("mini-store iframe").locator(".offer").first.wait_for()
    yield page, "mini-store"


def take(page: Any, name: str, language: str, out: Path) -> Iterator[str]:
    """Photograph a page in every size and scheme; give the names of the files."""
    camera = page.context.new_cdp_session(page)
    for place, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        tall = min(max(page.evaluate("document.documentElement.scrollHeight"), height), TALLEST)
        page.set_viewport_size({"width": width, "height": tall})  # what is fixed to the window's edge stays at the picture's
        page.evaluate(LOADED)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.mouse.move(0, 0)
            shot = camera.send(
                "Page.captureScreenshot",
                {
                    "format": "webp",
                    "quality": QUALITY,
                    "clip": {"x": 0, "y": 0, "width": width, "height": tall, "scale": 1},
                },
            )
            file = f"{name}.{place}.{scheme}.{language}.webp"
            (out / file).write_bytes(base64.b64decode(shot["data"]))
            yield file
    page.emulate_media(color_scheme="light")


def write_index(out: Path) -> None:
    """Write a page that shows the pictures side by side."""
    names = sorted({path.name.split(".")[0] for path in out.glob("*.webp")})
    lines = ["# Screenshots", "", "Made by `bin/screenshots`; nothing here is edited by hand.", ""]
    for name in names:
        files = sorted(path.name for path in out.glob(f"{name}.*.webp"))
        lines += [
            f"## {name}",
            "",
            " ".join(f'<img src="{file}" alt="{file.removesuffix(".webp")}" width="{220 if "phone" in file else 480}">' for file in files),
            "",
        ]
    (out / "README.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
