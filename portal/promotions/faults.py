"""What is wrong with a campaign's document, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One place of a document, such as `effects.0.basis_points`, with the sentence (msgid) that says what is wrong there."""

    place: str
    sentence: str
    params: Mapping[str, Any] = field(default_factory=dict)
