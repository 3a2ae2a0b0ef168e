"""What docs/orders.md draws is what the table says."""

from __future__ import annotations

from portal.base.settings import ROOT
from portal.orders.chart import chart


def test_the_drawing_in_the_docs_is_made_from_the_table() -> None:
    text = (ROOT / "docs" / "orders.md").read_text("utf-8")
    drawn = text.partition("<!-- chart -->\n")[2].partition("\n<!-- /chart -->")[0]
    assert drawn.strip() == chart().strip()
