"""QR codes for pages."""

from __future__ import annotations

import segno

SCALE = 5


def draw_qr(text: str) -> str:
    """Draw a QR code as a data address: black on white in every theme, as cameras want it."""
    drawn: str = segno.make(text, error="m").svg_data_uri(scale=SCALE, light="#fff", dark="#000")
    return drawn
