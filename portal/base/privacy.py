"""Masks: what a reader sees of personal data before the customer has proved who they are.

Form of the masks (138****1234, 王*) as customary in China's telecoms and asked for by guard.md 27.
"""

from __future__ import annotations

import hashlib
import hmac

COMPOUND_SURNAMES = frozenset(
    (
        "欧阳 司马 上官 诸葛 东方 尉迟 皇甫 司徒 令狐 慕容 宇文 长孙 夏侯 公孙 轩辕 端木 独孤 南宫 西门 百里 呼延 "
        "澹台 淳于 单于 太史 申屠 钟离 闻人 赫连 万俟"
    ).split()
)


def mask_number(number: str) -> str:
    """Keep the first three and last four digits of a phone number: 138****1234. Short numbers keep their last two."""
    if len(number) < 8:
        return "*" * max(len(number) - 2, 0) + number[-2:]
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def split_name(name: str) -> tuple[str, str]:
    """Part a Chinese name into surname and given name; any other name at its last space. The parts join to the name."""
    if not name:
        return "", ""
    if "\u4e00" <= name[0] <= "\u9fff":
        size = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
        return name[:size], name[size:]
    head, space, tail = name.rpartition(" ")
    return (tail, head + space) if space else (name, "")


def mask_name(name: str) -> str:
    """Keep the surname: 王*, 欧阳**; of a name in Latin letters its first letter: A****."""
    if not name:
        return ""
    if "\u4e00" <= name[0] <= "\u9fff":
        surname, given = split_name(name)
        return surname + "*" * max(len(given), 1)
    return name[0] + "*" * min(max(len(name) - 1, 1), 4)


def mask_line(text: str, keep: int = 6) -> str:
    """Keep the first `keep` characters of an address line or other text; the rest, if any, becomes ****."""
    return text if len(text) <= keep else text[:keep] + "****"


def show_number(number: str) -> str:
    """Group a mainland mobile number for reading, 138 1234 5678; anything else is given as it is."""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]} {number[3:7]} {number[7:]}"
    return number


def keyed_hash(key: bytes, purpose: str, value: str) -> str:
    """Give the HMAC-SHA-256 of `value` in hex, bound to `purpose`: for looking secrets up without storing them."""
    return hmac.new(key, f"{purpose}\x00{value}".encode(), hashlib.sha256).hexdigest()
