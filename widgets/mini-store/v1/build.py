"""Makes a release of the component: the source without comments and indentation, under the name of its content.

    python widgets/mini-store/v1/build.py          writes releases/<hash>.js and names it in releases/newest.txt
    python widgets/mini-store/v1/build.py --check  ends with 1 when the newest release is not what the source gives

A release stays for good: pages name it by its hash and would lose their store without it. Standard library only.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE, RELEASES = HERE / "mini-store.js", HERE / "releases"
NEWEST = RELEASES / "newest.txt"
BUDGET_BYTES = 2_000


def minify(source: str) -> bytes:
    """Give the source without comment lines, indentation and spaces around signs that need none.

    Texts in quotes stay as they are; the source has no comment behind code and no text over several lines.
    """
    lines = [line.strip() for line in source.splitlines()]
    kept = "\n".join(line for line in lines if line and not line.startswith("//"))
    parts = re.split(r"('[^'\n]*'|`[^`\n]*`|/\^[^/\n]+/)", kept)
    tight = [part if place % 2 else re.sub(r" *([{}()\[\],;:?=<>+&|!]) *", r"\1", part) for place, part in enumerate(parts)]
    joined = re.sub(r"([{,;(])\n", r"\1", "".join(tight))
    return re.sub(r"\n(?=[}\]).])", "", joined).encode() + b"\n"


def main() -> int:
    """Build or check."""
    built = minify(SOURCE.read_text("utf-8"))
    name = hashlib.sha256(built).hexdigest()[:16]
    size = len(gzip.compress(built, 9, mtime=0))
    if "--check" in sys.argv:
        return 0 if NEWEST.read_text("ascii").strip() == name and size <= BUDGET_BYTES else 1
    RELEASES.mkdir(exist_ok=True)
    (RELEASES / f"{name}.js").write_bytes(built)
    NEWEST.write_text(f"{name}\n", "ascii")
    sys.stdout.write(f"{name}: {len(built)} bytes, {size} gzip (at most {BUDGET_BYTES})\n")
    return 0 if size <= BUDGET_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
