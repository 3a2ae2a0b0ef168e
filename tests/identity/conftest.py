"""The door, open for every test of identity."""

from __future__ import annotations

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.base.settings import Settings
from tests.identity.door import Door, make_door


@pytest.fixture
def door(database: Database, keys: Keys, settings: Settings) -> Door:
    return make_door(database, keys, settings)
