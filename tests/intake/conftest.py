"""A database with the cast and the catalogue, and a folder for files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.intake import Tally
from tests.cast import Cast
from tests.intake.files import HEADINGS, Rows, bring_in, write

Import = Callable[..., Tally]


@pytest.fixture
def imports(database: Database, cast: Cast, keys: Keys, tmp_path: Path, now: datetime) -> Import:
    """Give a way to import rows beside the cast: `imports([WANG, LI])`."""

    def run(rows: Rows, *, headings: tuple[str, ...] = HEADINGS, **options: Any) -> Tally:
        file = write(tmp_path / "customers.csv", rows, headings)
        return bring_in(database, keys, file, now=options.pop("at", now), **options)

    return run
