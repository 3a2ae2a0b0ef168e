"""Which browser the tests drive, and with which arguments. `python -m tests.servers.chromium` prints its path."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TypedDict

ARGUMENTS = (
    "--no-sandbox",  # root, as in a container, has none
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-features=OptimizationHints,MediaRouter,AutofillServerCommunication",
    "--lang=zh-CN",
)
_NAMES = ("chromium", "google-chrome-stable", "google-chrome")
_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


class LaunchOptions(TypedDict, total=False):
    """What playwright's `chromium.launch(**options)` takes."""

    executable_path: str
    args: list[str]
    headless: bool


def find() -> str | None:
    """Give the path of an installed Chromium, or None: then playwright takes its own."""
    if named := os.environ.get("CHROMIUM"):
        return named
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None and "/snap/" not in os.path.realpath(found):
            return found
    return next((each for each in _MAC if Path(each).exists()), None)


def launch_options() -> LaunchOptions:
    """Give what playwright is to start: Debian's Chromium, or its own where there is none."""
    options: LaunchOptions = {"args": list(ARGUMENTS), "headless": True}
    if (path := find()) is not None:
        options["executable_path"] = path
    return options


def installed() -> str | None:
    """Give the path of a browser that is really there, playwright's own among them."""
    if (path := find()) is not None:
        return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


if __name__ == "__main__":
    browser = installed()
    print(browser or "no Chromium was found")
    sys.exit(browser is None)
