"""Imports two files in a process of its own and says how much more memory the second took than the first."""

from __future__ import annotations

import json
import re
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from portal.base.db import Database
from tests.intake.files import SMALL, bring_in
from tests.intake.race import keys


def peak_kib() -> int:
    """Give the most memory this process has held. Where the system says no better, what it held when it was started counts, too."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(url: str, small: str, large: str) -> None:
    database = Database(url)
    bring_in(database, keys(), Path(small), SMALL, now=datetime.now(UTC))
    start = peak_kib()
    tally = bring_in(database, keys(), Path(large), SMALL, now=datetime.now(UTC))
    sys.stdout.write(json.dumps({"rows": tally.rows, "added": tally.added, "rejected": tally.rejected, "grown_kib": peak_kib() - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
