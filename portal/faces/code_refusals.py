"""What the pages say of a code that was not taken: the reason in words, days as days are written here."""

from __future__ import annotations

from datetime import date

from portal.codes import CodeRefused
from portal.faces.words import day_long, sentence


def refusal_words(refused: CodeRefused) -> str:
    """Give the sentence of a refusal."""
    params = dict(refused.params)
    if "day" in params:
        params["day"] = day_long(date.fromisoformat(str(params["day"])))
    return sentence(refused.sentence, **params)
