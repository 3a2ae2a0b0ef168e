"""Papers as pages: an order's confirmation, contract, invoice or credit note, in a language, as HTML and as PDF.

The PDF is set from the same page by WeasyPrint, which reads our own sheet and nothing else; it is loaded when the first paper
is set, for it brings libraries that a system may lack. Tagged as PDF/UA-1, so that a screen reader can read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Flask, g, render_template

from portal.base.errors import N_
from portal.base.i18n import Language
from portal.carts import OUTLETS_BY_CODE
from portal.faces.assets import SOURCE
from portal.faces.babel import gettext
from portal.orders import Paper, PaperOrder

TITLES: Mapping[str, str] = {
    "confirmation": N_("Order confirmation"),
    "contract": N_("Contract"),
    "invoice": N_("Invoice"),
    "credit_note": N_("Credit note"),
}
_LEADS: Mapping[str, str] = {
    "confirmation": N_("We have your order. This is what was ordered, at the prices and terms of that moment."),
    "contract": N_("This is what you and we have agreed on with this order."),
    "invoice": N_("This is what was supplied and paid."),
    "credit_note": N_("Of what was paid for this order, this was paid back."),
}
_LASTS: Mapping[str, str] = {
    "confirmation": N_("This confirmation is no invoice."),
    "contract": "",
    "invoice": N_("The tax authority’s own invoice is issued apart, where you asked for one."),
    "credit_note": "",
}
SHEET = SOURCE / "css" / "paper.css"


def paper_page(kind: Paper, order: PaperOrder, *, made_at: datetime, on_screen: bool = False) -> str:
    """Give the page of a paper in the reader's language; `on_screen`: with its sheet, for a browser."""
    return render_template(
        "papers/paper.html",
        kind=kind,
        order=order,
        outlet=OUTLETS_BY_CODE.get(order.outlet or ""),
        number=order.number_of(kind),
        title=gettext(TITLES[kind]),
        lead=gettext(_LEADS[kind]),
        last=gettext(_LASTS[kind]) if _LASTS[kind] else "",
        made_at=made_at,
        on_screen=on_screen,
    )


def set_paper(app: Flask, kind: Paper, order: PaperOrder, spoken: Language, *, made_at: datetime) -> bytes:
    """Give a paper as PDF. Raises OSError where the system lacks what WeasyPrint needs."""
    with app.test_request_context("/"):
        g.language = spoken
        page = paper_page(kind, order, made_at=made_at)
    return to_pdf(page)


def to_pdf(page: str) -> bytes:
    """Set a page with our sheet as tagged PDF. It fetches nothing, from here or elsewhere: what it points at is left out."""
    import weasyprint

    nothing = weasyprint.URLFetcher(allowed_protocols=())
    sheet = weasyprint.CSS(string=SHEET.read_text("utf-8"), url_fetcher=nothing)
    document = weasyprint.HTML(string=page, base_url="about:blank", url_fetcher=nothing)
    pdf: bytes = document.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1")
    return pdf
