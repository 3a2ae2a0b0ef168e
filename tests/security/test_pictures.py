"""Pictures of offers: nothing that was uploaded is given out, and what is no picture never becomes one (guard.md 38)."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.catalog import get_picture, keep_picture, make_picture
from tests.cast import NOW

HIDDEN = b"<script>alert(1)</script> 30.27N 120.15E"


def picture(kind: str = "PNG", side: int = 40, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side // 2), "teal").save(out, kind, **options)
    return out.getvalue()


def with_notes(kind: str) -> bytes:
    if kind == "PNG":
        notes = PngInfo()
        notes.add_text("Comment", HIDDEN.decode())
        return picture(kind, pnginfo=notes)
    exif = Image.Exif()
    exif[0x010E] = HIDDEN.decode()  # what it shows
    return picture(kind, exif=exif)


def bomb(width: int, height: int) -> bytes:
    """A few bytes that say they are a very large PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew_without_what_was_hidden_in_it_or_behind_it(kind: str) -> None:
    made = make_picture(with_notes(kind) + HIDDEN)
    assert HIDDEN not in made.content
    assert b"30.27N" not in made.content
    assert (made.media_type, made.width, made.height) == ("image/webp", 40, 20)
    with Image.open(io.BytesIO(made.content)) as again:
        assert (again.format, dict(again.getexif())) == ("WEBP", {})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + HIDDEN,
        b"%PDF-1.7",
        b"<!DOCTYPE html>",
        b"\x89PNG\r\n\x1a\n" + HIDDEN,
        b"\xff\xd8\xff" + HIDDEN,
        b"RIFF\x00\x00\x00\x00WAVE" + HIDDEN,
        b"RIFF\x00\x00\x00\x00WEBP" + HIDDEN,
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture()[:60],
        bomb(5001, 5001),
        bomb(2**30, 2**30),
        bomb(1000, 1000),
        b"\x89PNG\r\n\x1a\n" + b"\0" * (2 * 1024 * 1024),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_no_picture_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        make_picture(raw)
    assert set(refused.value.fields) == {"picture"}


def test_half_a_picture_is_refused_in_a_process_that_makes_papers_too() -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as WeasyPrint does
    with pytest.raises(Invalid):
        make_picture(picture()[:60])


def test_a_picture_larger_than_a_page_needs_is_made_smaller() -> None:
    assert max((made := make_picture(picture(side=2400))).width, made.height) == 1600


def test_the_same_picture_is_kept_once_under_its_hash(database: Database) -> None:
    made = make_picture(picture())
    with database.writing() as session:
        for _ in range(2):
            keep_picture(session, made, made_by=None, now=NOW)
    with database.reading() as session:
        assert get_picture(session, made.hash) == made
        with pytest.raises(NotFound):
            get_picture(session, "0" * 64)
