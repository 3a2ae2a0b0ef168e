"""Pictures of offers: read strictly, made anew, kept under the hash of what was made. Nothing that was uploaded is ever given out."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from PIL import Image, ImageFile, ImageOps
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.catalog.models import OfferingPicture

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 1600
_MADE_AS = "image/webp"
_KINDS = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "WEBP": b"RIFF"}
_NO_PICTURE = N_("Choose a picture in PNG, JPEG or WebP.")
_TOO_LARGE = N_("The picture is too large: 2 MB and 25 megapixels at most.")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as we made it. `hash`: SHA-256 of the content, in hex."""

    hash: str
    media_type: str
    width: int
    height: int
    content: bytes = field(repr=False)


_table = OfferingPicture.metadata.tables["offering_picture"]
_one = sa.select(_table.c.hash, _table.c.media_type, _table.c.width, _table.c.height, _table.c.content).where(
    _table.c.hash == sa.bindparam("which")
)


def make_picture(raw: bytes) -> Picture:
    """Read what was uploaded and make it anew: without notes, places or anything behind it, upright, 1,600 pixels at most.

    Takes as long as the picture is large: call it between transactions. Raises Invalid for what is no PNG, JPEG or WebP by its
    content, is damaged or too large.
    """
    if len(raw) > MOST_BYTES:
        raise Invalid({"picture": _TOO_LARGE})
    kind = next((name for name, magic in _KINDS.items() if raw.startswith(magic)), None)
    if kind is None or (kind == "WEBP" and raw[8:12] != b"WEBP"):
        raise Invalid({"picture": _NO_PICTURE})
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint sets it for its whole process: half a picture would pass
    try:
        with Image.open(io.BytesIO(raw), formats=[kind]) as image:
            if image.width * image.height > MOST_PIXELS:  # told by the head: nothing is unpacked yet
                raise Invalid({"picture": _TOO_LARGE})
            return _made(image)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise Invalid({"picture": _NO_PICTURE}) from error


def keep_picture(session: Session, picture: Picture, *, made_by: int | None, now: datetime) -> None:
    """Keep a picture; one of the same content is kept once."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {
        "hash": picture.hash, "media_type": picture.media_type, "width": picture.width, "height": picture.height,
        "content": picture.content, "made_at": now, "made_by": made_by,
    }  # fmt: skip
    session.connection().execute(insert(_table).values(row).on_conflict_do_nothing())


def get_picture(session: Session, picture_hash: str) -> Picture:
    """Give a picture by its hash; NotFound where there is none."""
    row = session.connection().execute(_one, {"which": picture_hash}).first()
    if row is None:
        raise NotFound
    return Picture(*row)


def _made(image: Image.Image) -> Picture:
    upright = ImageOps.exif_transpose(image)
    plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    # A fresh image of the pixels alone: no profile, note or further frame comes along.
    clean = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    clean.save(out, "WEBP", quality=82)
    content = out.getvalue()
    return Picture(hashlib.sha256(content).hexdigest(), _MADE_AS, clean.width, clean.height, content)
