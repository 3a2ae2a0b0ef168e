"""The demo's pictures: one for each thing that is shipped, small, of one size; hung once, and never over what the operator did."""

from __future__ import annotations

import io
import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from PIL import Image

from portal.base.db import Base, Database
from portal.catalog import find_published, get_picture, list_published, load_catalog
from portal.catalog.publishing import publish_document
from portal.demo import Options, dress_window, load_demo
from portal.demo.window import FOLDER, MOST_BYTES, SIDE, read_pictures
from tests.demo.rows import ZONE
from tests.statements import statements

CABLE = "accessory_cable"
SHIPPED = read_pictures()


@pytest.fixture
def shop(database: Database) -> Database:
    """Give a database with the shipped catalogue."""
    with database.writing() as session:
        load_catalog(session)
    return database


def kept(database: Database) -> int:
    with database.reading() as session:
        return session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables["offering_picture"])).scalar_one()


def test_every_picture_is_named_by_an_offering_and_every_offering_has_one(shop: Database) -> None:
    with shop.reading() as session:
        assert set(SHIPPED) == set(list_published(session))


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_a_picture_is_small_of_the_common_size_and_has_its_drawing_beside_it(code: str) -> None:
    picture = SHIPPED[code]
    assert len(picture.content) <= MOST_BYTES
    with Image.open(io.BytesIO(picture.content)) as image:
        assert (image.format, image.size, image.mode) == ("WEBP", (SIDE, SIDE), "RGB")
    drawing = (FOLDER / f"{code}.svg").read_text("utf-8")
    assert not re.search(r"<(text|image|script|foreignObject)|href|url\(", drawing), "nothing written, nothing fetched"


def test_no_two_offerings_are_shown_by_the_same_picture() -> None:
    assert len({each.hash for each in SHIPPED.values()}) == len(SHIPPED)


def test_a_second_time_there_is_nothing_to_do(shop: Database, now: datetime) -> None:
    with shop.writing() as session:
        assert dress_window(session, now=now) == len(SHIPPED)
    assert kept(shop) == len(SHIPPED)
    with shop.writing() as session, statements(shop) as sent:
        assert dress_window(session, now=now) == 0
    assert kept(shop) == len(SHIPPED)
    assert len(sent) == 1


def test_a_demo_that_is_loaded_again_has_each_picture_once_and_shows_it(database: Database, now: datetime) -> None:
    for fresh in (False, True):
        load_demo(database, Options(2, 2, processes=0), zone=ZONE, currency="CNY", fresh=fresh, now=now)
        assert kept(database) == len(SHIPPED)
        with database.reading() as session:
            for document in list_published(session).values():
                assert get_picture(session, document.pictures[0]) == SHIPPED[document.code]


def test_an_operator_who_loads_the_catalogue_has_no_picture_of_the_demo(shop: Database) -> None:
    assert kept(shop) == 0


def test_a_release_that_loads_the_catalogue_anew_takes_no_picture_down(shop: Database, now: datetime) -> None:
    with shop.writing() as session:
        dress_window(session, now=now)
    with shop.writing() as session:
        load_catalog(session)
    with shop.reading() as session:
        assert all(each.pictures == (SHIPPED[each.code].hash,) for each in list_published(session).values())


def test_what_the_operator_published_keeps_the_pictures_it_has_or_has_not(shop: Database, now: datetime) -> None:
    with shop.writing() as session:
        found = find_published(session, CABLE)
        assert found is not None
        publish_document(session, found[0], 2, now=now)
        assert dress_window(session, now=now) == len(SHIPPED) - 1
    with shop.reading() as session:
        assert list_published(session)[CABLE].pictures == ()
