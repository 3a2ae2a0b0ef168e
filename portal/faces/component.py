"""The <mini-store> component as it is given out: each release packed ahead, and the snippet that names the newest.

A release is a file named by its content (widgets/mini-store/v1/build.py); it is served for as long as the file is there.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache

import brotli

from portal.base.settings import ROOT

RELEASES = ROOT / "widgets" / "mini-store" / "v1" / "releases"
ASSERTION_PATH = "/mini-store/assertion"


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the component. `packed`: its bytes by content coding."""

    name: str
    plain: bytes
    packed: dict[str, bytes]

    @property
    def integrity(self) -> str:
        """What a page pins it by (Subresource Integrity)."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.plain).digest()).decode()


@cache
def releases() -> dict[str, Release]:
    """Read every release, by name."""
    found = {}
    for path in sorted(RELEASES.glob("*.js")):
        plain = path.read_bytes()
        packed = {"br": brotli.compress(plain, quality=11), "gzip": gzip.compress(plain, 9, mtime=0)}
        found[path.stem] = Release(path.stem, plain, packed)
    return found


@cache
def newest() -> Release:
    """Give the release the moving address serves."""
    return releases()[(RELEASES / "newest.txt").read_text("ascii").strip()]


def script_tag(base_url: str) -> str:
    """Write the tag that loads the newest release, pinned."""
    base, release = base_url.rstrip("/"), newest()
    source = f"{base}/widgets/mini-store/{release.name}/mini-store.js"
    return f'<script src="{source}" integrity="{release.integrity}" crossorigin="anonymous" defer></script>'


def snippet(base_url: str, slug: str, *, assertion: str = ASSERTION_PATH) -> str:
    """Write what an enterprise's developer pastes into a page. `assertion`: the address on their own server."""
    base = base_url.rstrip("/")
    return (
        f"{script_tag(base)}\n"
        f'<mini-store portal="{base}" store="{slug}" assertion="{assertion}">\n'
        f'  <a href="{base}/ministore/{slug}/">{base}/ministore/{slug}/</a>\n'
        f"</mini-store>"
    )
