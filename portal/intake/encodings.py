"""Which characters a file is written in: by its mark, else UTF-8 if all of it is, else GB18030 if it reads as Chinese."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO

from portal.base.errors import Refused

AUTO = "auto"
BLOCK = 1 << 20
_KNOWN = {
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "utf-8-sig": "utf-8-sig", "utf-16": "utf-16", "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "big5": "big5",
    "latin-1": "latin-1", "iso-8859-1": "latin-1", "windows-1252": "cp1252", "cp1252": "cp1252",
}  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, None),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAIR = re.compile(rb"[\x81-\xfe][\x30-\xfe]")
_USUAL_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_SHARE = 0.9


class Undecipherable(Refused):
    """The file's characters cannot be told, or are not what was said."""

    code = "undecipherable"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look through a file found: its characters, and what its bytes hash to."""

    encoding: str
    sha256: str


def look_through(file: BinaryIO, encoding: str) -> Reading:
    """Read a file once, a block at a time, and make sure that all of it can be read as text. Raises Undecipherable."""
    if encoding.lower() == AUTO:
        return _found(file)
    named = _KNOWN.get(encoding.lower())
    if named is None:
        raise Undecipherable("%(name)s is no encoding known here: %(known)s.", name=encoding, known=", ".join([AUTO, *_KNOWN]))
    digest, wrong_line = _try(file, named)
    if wrong_line is not None:
        raise Undecipherable("Line %(line)s cannot be read as %(name)s.", line=wrong_line, name=named)
    return Reading(named, digest)


def _found(file: BinaryIO) -> Reading:
    file.seek(0)
    start = file.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            if encoding is None:
                raise Undecipherable("The file is written in UTF-32. Save it as UTF-8.")
            return look_through(file, encoding)
    digest, wrong_line = _try(file, "utf-8")
    if wrong_line is None:
        return Reading("utf-8", digest)
    if _reads_as_chinese(file) and _try(file, "gb18030")[1] is None:
        return Reading("gb18030", digest)
    raise Undecipherable(
        "Line %(line)s is not UTF-8, and which characters it is written in cannot be told. Say it with --encoding, or save as UTF-8.",
        line=wrong_line,
    )


def _try(file: BinaryIO, encoding: str) -> tuple[str, int | None]:
    """Give the hash of the whole file, and the first line that cannot be decoded or None."""
    file.seek(0)
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder(encoding)("strict")
    lines, wrong = 1, None
    while True:
        block = file.read(BLOCK)
        digest.update(block)
        if wrong is None:
            try:
                lines += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                wrong = lines + error.object[: error.start].count(b"\n")
            except UnicodeError:  # UTF-16 without its mark
                wrong = lines
        if not block:
            return digest.hexdigest(), wrong


def _reads_as_chinese(file: BinaryIO) -> bool:
    """Say whether the bytes above ASCII come in the pairs that Chinese text is mostly made of; those of French do not."""
    file.seek(0)
    pairs = usual = 0
    while block := file.read(BLOCK):
        for pair in _PAIR.finditer(block):
            pairs += 1
            usual += _USUAL_PAIR.fullmatch(pair.group()) is not None
        if pairs > BLOCK // 16:
            break
    return pairs > 0 and usual / pairs >= _SHARE
