"""Where a sign-in came from: what the operator's list says, and honestly nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.settings import Settings

LIST = "network,zh,en\n203.0.113.0/24,上海,Shanghai\n203.0.113.64/26,浦东,Pudong\n"


@pytest.fixture
def listed(app, tmp_path):
    """Have the operator's list read, as at a start."""
    parts, path = app.extensions["portal"], tmp_path / "places.csv"
    path.write_text(LIST, encoding="utf-8")
    read = Settings(**parts.settings.model_dump() | {"places_file": path})
    app.extensions["portal"] = replace(parts, settings=read)
    yield
    app.extensions["portal"] = parts


def from_address(app, sign_in, cast, address):
    """Sign Alice in and have it come from an address."""
    alice = sign_in(cast.alice)
    with app.extensions["portal"].db.writing() as session:
        for name in ("login_session", "sign_in_event"):
            session.execute(sa.update(Base.metadata.tables[name]).values(ip=address))
    return alice


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.70", "Pudong (203.0.113.70)"), ("203.0.113.7", "Shanghai (203.0.113.7)"), ("8.8.8.8", "8.8.8.8"),
        ("127.0.0.1", "This computer (127.0.0.1)"), ("::1", "This computer (::1)"), ("10.1.2.3", "A private network (10.1.2.3)"),
    ],
)  # fmt: skip
def test_the_place_stands_beside_the_address_in_both_lists(app, listed, sign_in, cast, address, shown):
    alice = from_address(app, sign_in, cast, address)
    for path in ("/me/sessions", "/me/sign-ins"):
        assert shown in alice.get(path).page.text, path


def test_the_place_is_said_in_the_readers_language(app, listed, sign_in, cast):
    alice = from_address(app, sign_in, cast, "203.0.113.70")
    alice.post_form(alice.get("/me"), "/language")
    assert "浦东" in alice.get("/me/sessions").page.text
