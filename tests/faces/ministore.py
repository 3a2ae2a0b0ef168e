"""An employee before a mini-store, as the frame's script acts for them: a token in a header, regions by htmx, no cookie."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.cast import NOW
from tests.ministores.company import EMMA, Intranet
from tests.pages import HTMX, Page, Site, fields_of

FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
OWN = {"Sec-Fetch-Site": "same-origin"}


class Frame:
    """The frame of one employee. `token` is what the swap gave."""

    def __init__(self, site: Site, intranet: Intranet, token: str) -> None:
        self.site = site
        self.intranet = intranet
        self.token = token

    def url(self, endpoint: str, **values: object) -> str:
        """Give an address of this store."""
        return self.site.url(f"ministore.{endpoint}", **({"slug": self.intranet.slug} | values))

    def headers(self) -> dict[str, str]:
        """Give what the script and htmx send with a request."""
        return {**HTMX, **OWN, "HX-Target": "div#store", "Authorization": f"Bearer {self.token}", "Accept": "text/html"}

    def get(self, endpoint: str, **values: object) -> Any:
        """Ask for a region."""
        return self.site.get(self.url(endpoint, **values), headers=self.headers())

    def send(self, page: Any, action: str, *, nth: int = 0, **fields: str) -> Any:
        """Fill in a form of a region and send it as htmx would; `nth` of those that go there."""
        page = page if isinstance(page, Page) else page.page
        url = self.url(action)
        forms = [form for form in page.root.all("form") if urlsplit(page.where(form)).path == url]
        assert forms, f"no form goes to {url}"
        form = forms[nth]
        assert form.get("hx-post") == form.get("action"), "without htmx no token would go along"
        data = dict(fields_of(form, fields, None))
        return self.site.post(url, data=data, headers=self.headers())

    def choose(self, code: str) -> Any:
        """Put a handset into the cart."""
        shop = self.get("show_offers").page
        codes = [node.get("value") for node in shop.root.all("input") if node.get("name") == "choose"]
        return self.send(shop, "fill_cart", nth=codes.index(code))

    def order(self, code: str, quantity: str = "1", **typed: str) -> Any:
        """Order a handset, all the way."""
        delivery = {"phone": "0571-8888 1234", "address": "文三路 90 号 7 层 12 号桌"} | typed
        check = self.send(self.choose(code), "check_order", quantity=quantity, **delivery)
        assert check.status_code == 200, check.page.text
        return self.send(check, "send_order")


def show_frame(site: Site, intranet: Intranet, *, query: str = "", **headers: str) -> Any:
    """Load the frame as a page of the enterprise's does."""
    sent = {**FRAME, "Referer": intranet.origin + "/", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return site.get(f"/ministore/{intranet.slug}/{query}", headers={name: value for name, value in sent.items() if value})


def swap(site: Site, intranet: Intranet, assertion: str, **fields: str) -> Any:
    """Swap an assertion for a token, as the frame's script does."""
    data = {"assertion": assertion, "origin": intranet.origin} | fields
    headers = {"Accept": "application/json", "Origin": "https://localhost", **OWN}
    return site.post(f"/ministore/{intranet.slug}/tokens", data=data, headers=headers)


def enter(site: Site, intranet: Intranet, employee: tuple[str, str] = EMMA, **claims: Any) -> Frame:
    """Bring an employee in."""
    answer = swap(site, intranet, intranet.sign(employee, now=claims.pop("now", NOW), **claims))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return Frame(site, intranet, answer.json["token"])
