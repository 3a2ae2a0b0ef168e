"""Texts an operator writes in several languages, and the languages themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LOCALES: Mapping[Language, str] = {"zh": "zh_Hans_CN", "en": "en"}

LocalText = dict[str, str]
"""A text by language, as stored: {"zh": "光纤宽带", "en": "Fibre broadband"}."""


def pick_text(text: Mapping[str, str], language: str) -> str:
    """Give the text in `language`, else in any other it has, else nothing."""
    return text.get(language) or next((value for value in text.values() if value), "")
