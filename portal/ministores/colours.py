"""An enterprise's colour in place of ours: taken only if it can be read on our paper (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

from portal.base.errors import N_, Invalid

LEAST_CONTRAST = 4.5
LIGHT_GROUNDS = ("#f6f5f1", "#ffffff")
DARK_GROUNDS = ("#0f1517", "#172024")
"""What stands behind it in the light and in the dark scheme: paper and card."""
INKS = ("#ffffff", "#101517")
"""What is written on it."""
_HEX = re.compile(r"#[0-9a-f]{6}")


def clean_colour(colour: str | None, field: str) -> str | None:
    """Give a colour as `#0f6b66`, or None for none; raise Invalid beside `field` for what cannot be read on our grounds.

    `field`: "colour" for the light scheme, "colour_dark" for the dark one.
    """
    if not colour:
        return None
    written = colour.strip().lower()
    if not _HEX.fullmatch(written):
        raise Invalid({field: N_("Write a colour as # and six digits, such as #0f6b66.")})
    grounds = DARK_GROUNDS if field == "colour_dark" else LIGHT_GROUNDS
    least = min(contrast(written, ground) for ground in grounds)
    if least < LEAST_CONTRAST:
        sentence = N_("This colour has a contrast of %(contrast)s : 1 to what lies behind it; 4.5 : 1 is needed.")
        raise Invalid({field: sentence}, contrast=f"{least:.1f}")
    return written


def ink_on(colour: str) -> str:
    """Give what is easier to read on a colour: white or ink."""
    return max(INKS, key=lambda ink: contrast(colour, ink))


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours (WCAG 2.2): 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
