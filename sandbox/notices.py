"""Sending notifications: a thread that looks twice a second for what is due."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.signing import SIGNATURE, sign
from sandbox.store import Row, Store

SECONDS = 5.0
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Sender:
    """Sends what stands in `store`, signed with `secret`; `clock` gives the seconds since 1970."""

    store: Store
    secret: str
    clock: Callable[[], float] = time.time
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Send from now on, behind the scenes."""
        threading.Thread(target=self._run, name="notices", daemon=True).start()

    def end(self) -> None:
        """Send no more."""
        self._ended.set()

    def send_due(self) -> int:
        """Send all that is due; give how many were taken."""
        self.store.pay_due(self.clock())
        taken = 0
        for row in self.store.take_due(self.clock()):
            answer, good = self._send(row)
            self.store.note_answer(row, answer, taken=good, now=self.clock())
            taken += good
        return taken

    def _send(self, row: Row) -> tuple[str, bool]:
        raw = row["body"].encode()
        secret = "somebody else's" if row["forged"] else self.secret
        signature = sign(secret, "notification", raw, at=int(self.clock()), ident=row["id"])
        headers = {"Content-Type": "application/json", SIGNATURE: signature}
        try:
            with _opener.open(urllib.request.Request(row["url"], raw, headers), timeout=SECONDS) as answer:  # noqa: S310 - our own merchant
                return f"{answer.status}", True
        except urllib.error.HTTPError as error:
            with error:
                return f"{error.code} {error.read(200).decode('utf-8', 'replace')}", False
        except (OSError, ValueError) as error:
            return type(error).__name__, False

    def _run(self) -> None:
        while not self._ended.wait(0.25):
            try:
                self.send_due()
            except Exception as error:  # noqa: BLE001 - the next round tries again
                print(f"sending failed: {error!r}", flush=True)  # noqa: T201 - its log is what it prints
