"""Make the demo's pictures again from their drawings: each SVG on the common ground, as Chromium shows it, kept as WebP beside it.

python -m tests.demo.draw_pictures [code …]
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from PIL import Image

from portal.demo.window import FOLDER, MOST_BYTES, SIDE
from tests.servers import chromium

GROUND = FOLDER / "ground.svg"
QUALITY = 86
_PAGE = "<!doctype html><style>body{{margin:0}}svg{{position:absolute;inset:0}}</style>{ground}{drawing}"


def draw(wanted: Sequence[str]) -> int:
    """Make the pictures of these offerings, or all; give how many. Raises ValueError for one that came out too large."""
    from playwright.sync_api import sync_playwright

    ground = GROUND.read_text("utf-8")
    drawings = [path for path in sorted(FOLDER.glob("*.svg")) if path != GROUND and (not wanted or path.stem in wanted)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        page = browser.new_page(viewport={"width": SIDE, "height": SIDE})
        for path in drawings:
            page.set_content(_PAGE.format(ground=ground, drawing=path.read_text("utf-8")))
            made = io.BytesIO()
            Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(made, "WEBP", quality=QUALITY, method=6)
            if len(made.getvalue()) > MOST_BYTES:
                raise ValueError(f"{path.stem} came out at {len(made.getvalue())} bytes")
            path.with_suffix(".webp").write_bytes(made.getvalue())
        browser.close()
    return len(drawings)


if __name__ == "__main__":
    print(f"{draw(sys.argv[1:])} pictures made")
