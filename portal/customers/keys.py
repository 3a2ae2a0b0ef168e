"""What a customer is found by: every end of each number and name, as (kind, key) pairs that a range of keys looks up.

kinds: `n` a number from each digit on; `z` a Chinese name from each character on; `p` its pinyin, or the words of any other
name, from each syllable on; `i` the initials from each syllable on, two or more (one is the beginning of a `p`); `t` the last
four digits of a number and behind them the whole name, its pinyin or initials.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product

from portal.customers.names import has_han, readings_of, split_syllables

NUMBER, CHINESE, PINYIN, INITIALS, TAIL_AND_NAME = "n", "z", "p", "i", "t"
TAIL_LENGTH = 4
KEY_LENGTH = 64
"""Keys are cut here; a search for more characters than this finds nothing."""
MOST_SPELLINGS = 12
LAST_CODE_POINT = 0x10FFFF

KeyPair = tuple[str, str]


def search_keys_of(name: str, numbers: Iterable[str]) -> set[KeyPair]:
    """Give every (kind, key) that a customer with this name and these numbers (held now) is found by.

    For people with other names on the same customer, add `search_keys_of(their_name, numbers)`. About 12 µs a customer.
    """
    from_each, from_start = _name_keys(name)
    keys = set(from_each)
    for number in numbers:
        keys.update([(NUMBER, number[start : start + KEY_LENGTH]) for start in range(len(number))])
        if len(number) >= TAIL_LENGTH:
            tail = number[-TAIL_LENGTH:]
            keys.update([(TAIL_AND_NAME, (tail + key)[:KEY_LENGTH]) for key in from_start])
    return keys


def search_rows_of(customer_id: int, name: str, numbers: Sequence[str]) -> tuple[list[tuple[str, str, int]], str]:
    """Give `search_keys_of` as rows (kind, key, customer), each once, and `search_text_of`: for loading many.

    Nothing is kept in memory, and nothing is made on the way: a third quicker than the two when names do not repeat.
    """
    from_each, from_start = _name_keys.__wrapped__(name)
    rows = [(kind, key, customer_id) for kind, key in from_each]
    for number in numbers:
        rows += [(NUMBER, number[start : start + KEY_LENGTH], customer_id) for start in range(len(number))]
        if len(number) >= TAIL_LENGTH:
            tail = number[-TAIL_LENGTH:]
            rows += [(TAIL_AND_NAME, (tail + key)[:KEY_LENGTH], customer_id) for key in from_start]
    if len(numbers) > 1 or any(len(key) + TAIL_LENGTH > KEY_LENGTH for key in from_start):  # ends of numbers, or keys cut, may agree
        rows = list(set(rows))
    return rows, " " + " ".join(_words_of(name, from_each))


def search_text_of(names: Iterable[str]) -> str:
    """Give the text kept beside a customer, in which a name searched for together with digits is looked for.

    Each word starts after a space: the name itself, then everything its `p` and `i` keys say.
    """
    words: dict[str, None] = {}
    for name in names:
        words |= _words_of(name, _name_keys(name)[0])
    return " " + " ".join(words)


def _words_of(name: str, keys: Iterable[KeyPair]) -> dict[str, None]:
    return {"".join(split_syllables(name)): None} | dict.fromkeys(sorted(key for kind, key in keys if kind != CHINESE))


def end_of_range(start: str) -> str | None:
    """Give the least text above every text that begins with `start`, by code point; None where there is none.

    UTF-8 sorts as code points do; surrogates are none of its characters, so the one before them is followed by U+E000.
    """
    for place in range(len(start) - 1, -1, -1):
        point = ord(start[place])
        if point < LAST_CODE_POINT:
            following = 0xE000 if 0xD7FF <= point <= 0xDFFF else point + 1
            return start[:place] + chr(following)
    return None


@lru_cache(maxsize=65536)
def _name_keys(name: str) -> tuple[frozenset[KeyPair], frozenset[str]]:
    """Give the keys of a name from each syllable on, and, without their kinds, those of the whole name."""
    syllables = split_syllables(name)
    readings = readings_of(syllables)
    chinese = any(map(has_han, syllables))
    keys: set[KeyPair] = set()
    whole: set[str] = set()
    for start in reversed(range(len(syllables))):
        whole = {"".join(syllables[start:])[:KEY_LENGTH]} if chinese else set()
        keys.update([(CHINESE, key) for key in whole])
        for spelling in _spellings(readings[start:]):
            pinyin, initials = "".join(spelling)[:KEY_LENGTH], "".join([part[0] for part in spelling])
            keys.add((PINYIN, pinyin))
            whole.add(pinyin)
            if len(spelling) > 1:
                keys.add((INITIALS, initials))
                whole.add(initials)
    return frozenset(keys), frozenset(whole)


def _spellings(readings: Sequence[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    """Give the ways to spell a row of syllables; past MOST_SPELLINGS, later syllables keep their usual reading only."""
    ways, kept = 1, []
    for choices in readings:
        ways *= len(choices)
        kept.append(choices if ways <= MOST_SPELLINGS else choices[:1])
        ways = min(ways, MOST_SPELLINGS + 1)
    return product(*kept)
