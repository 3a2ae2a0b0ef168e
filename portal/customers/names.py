"""How a name is read: folded to plain letters, parted into syllables, and each Chinese character's readings in pinyin.

pypinyin knows the readings and is imported when the first Chinese name is read; each character is asked about once.
Surnames are often read otherwise than the same character elsewhere (曾 zeng, not ceng), so both readings are kept
(counter-and-care.md, section 2: pypinyin reads 曾 as ceng, 单 as dan, 仇 as chou, 解 as jie).
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache

from portal.base.privacy import COMPOUND_SURNAMES

NAME_LENGTH = 64
"""So many characters of a name are read; the rest does not help to find it."""

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_SYLLABLE = re.compile(f"[{_HAN}]|[^{_HAN}]+")
_HAN_INSIDE = re.compile(f"[{_HAN}]")
_USUAL = re.compile("[\u4e00-\u9fff]+")

_SURNAMES = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "区": "ou", "查": "zha", "朴": "piao", "任": "ren", "盖": "ge",
    "华": "hua", "乐": "yue", "尉": "yu", "缪": "miao", "翟": "zhai", "员": "yun", "折": "she", "召": "shao", "种": "chong",
    "秘": "bi", "繁": "po", "覃": "qin", "洗": "xian", "冼": "xian", "牟": "mu", "黑": "he", "谌": "shen", "句": "gou",
    "祭": "zhai", "郇": "huan", "重": "chong", "隗": "kui", "郗": "chi", "费": "bi", "贾": "jia", "晁": "chao", "卜": "bu",
    "粘": "nian", "乜": "nie", "万": "wan", "纪": "ji", "尹": "yin", "宁": "ning", "车": "che", "逄": "pang", "佴": "nai",
}  # fmt: skip
_COMPOUND = {"尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "单于": ("chan", "yu"), "长孙": ("zhang", "sun"), "澹台": ("tan", "tai")}
_GIVEN = {"乐": "yue", "长": "chang", "茜": "xi", "晟": "sheng", "朝": "zhao", "行": "hang", "重": "chong", "盛": "cheng", "曦": "xi"}


def fold(text: str) -> str:
    """Give `text` in the one form that is compared: narrow, lower case, without accents, every decimal digit as ASCII.

    Folding is done alike to names and to what is searched for. Nothing is removed but accents.
    """
    if _USUAL.fullmatch(text) or (text.isascii() and text.isdigit()):
        return text
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    if not plain.isascii():
        plain = "".join(
            str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain if unicodedata.category(char) != "Mn"
        )
    return unicodedata.normalize("NFC", plain)


def has_han(text: str) -> bool:
    """Say whether there is a Chinese character in `text`."""
    return _HAN_INSIDE.search(text) is not None


def split_syllables(name: str) -> list[str]:
    """Part a name, folded here, into what can be read apart: each Chinese character, and each word of other letters.

    Spaces, points, dots and whatever else is neither letter nor digit part words and belong to none.
    """
    words = "".join(char if char.isalnum() else " " for char in fold(name[:NAME_LENGTH])).split()
    return [part for word in words for part in _SYLLABLE.findall(word)]


def readings_of(syllables: list[str]) -> list[tuple[str, ...]]:
    """Give each syllable's readings in Latin letters, the usual one first: both of surnames, and ü as v, yu and u."""
    readings = [_usual(syllable) if has_han(syllable) else (syllable,) for syllable in syllables]
    if not syllables or not has_han(syllables[0]):
        return readings
    pair = "".join(syllables[:2])
    if len(syllables) > 2 and pair in COMPOUND_SURNAMES:
        for place, other in enumerate(_COMPOUND.get(pair, ())):
            readings[place] = _with(readings[place], other)
    elif syllables[0] in _SURNAMES:
        readings[0] = _with(readings[0], _SURNAMES[syllables[0]])
    return readings


def _with(readings: tuple[str, ...], other: str) -> tuple[str, ...]:
    return readings if other in readings else (*readings, other)


@cache
def _usual(char: str) -> tuple[str, ...]:
    """Give the usual reading of one Chinese character and its spellings; nobody's reading is the character itself."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # 40 MB of readings of whole phrases, which are never asked for
    from pypinyin import Style, lazy_pinyin  # 13 MB and 0.03 s: not before a name is read

    readings = list(lazy_pinyin(char, style=Style.NORMAL, v_to_u=False)) or [char]
    if char in _GIVEN and _GIVEN[char] not in readings:
        readings.append(_GIVEN[char])
    spelled: list[str] = []
    for reading in readings:
        plain = fold(reading)
        if plain.startswith(("lv", "nv")):
            spelled += [plain, f"{plain[0]}yu{plain[2:]}", f"{plain[0]}u{plain[2:]}"]
        else:
            spelled.append(plain)
    return tuple(dict.fromkeys(spelled))
