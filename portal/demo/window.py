"""The demo's shop window: a picture for every offering that is shipped, drawn for it (portal/demo/pictures) and named by its code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from portal.catalog import Picture, hang_pictures

FOLDER = Path(__file__).parent / "pictures"
SIDE, MOST_BYTES = 640, 20_000


def read_pictures() -> Mapping[str, Picture]:
    """Give the pictures that are shipped, by the code of their offering. They are as we made them: nothing is unpacked."""
    return {path.stem: _picture(path.read_bytes()) for path in sorted(FOLDER.glob("*.webp"))}


def dress_window(session: Session, *, now: datetime) -> int:
    """Give every shipped offering that has no picture its own; give how many got one. A second time there is nothing to do."""
    return hang_pictures(session, read_pictures(), now=now)


def _picture(content: bytes) -> Picture:
    return Picture(hashlib.sha256(content).hexdigest(), "image/webp", SIDE, SIDE, content)
