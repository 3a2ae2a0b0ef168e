"""What usage is called and counted in: parts of the day, data, messages, and the allowances they draw on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from portal.base.errors import N_

Part = Literal["day", "evening", "night", "international", "data", "sms"]
Unit = Literal["seconds", "kilobytes", "messages"]
Allowance = Literal["voice", "data", "sms"]

PARTS: Mapping[str, str] = {
    "day": N_("Calls in the daytime"),
    "evening": N_("Calls in the evening"),
    "night": N_("Calls at night"),
    "international": N_("Calls abroad"),
    "data": N_("Mobile data"),
    "sms": N_("Text messages"),
}
"""Every part of usage, in the order it is shown, with its name."""

PART_NAMES: Mapping[str, Mapping[str, str]] = {
    "day": {"zh": "白天通话", "en": "Calls in the daytime"},
    "evening": {"zh": "晚间通话", "en": "Calls in the evening"},
    "night": {"zh": "夜间通话", "en": "Calls at night"},
    "international": {"zh": "国际通话", "en": "Calls abroad"},
    "data": {"zh": "手机流量", "en": "Mobile data"},
    "sms": {"zh": "短信", "en": "Text messages"},
}
"""The same names as a bill keeps them: a bill is a document and stays as it was issued, whatever is renamed later."""

UNITS: Mapping[str, Unit] = {
    "day": "seconds",
    "evening": "seconds",
    "night": "seconds",
    "international": "seconds",
    "data": "kilobytes",
    "sms": "messages",
}

ALLOWANCES: Mapping[str, tuple[str, Unit]] = {
    "voice": (N_("Calls"), "seconds"),
    "data": (N_("Mobile data"), "kilobytes"),
    "sms": (N_("Text messages"), "messages"),
}
"""Every kind of allowance, in the order it is shown, with its name and unit."""

DRAWS_ON: Mapping[str, str | None] = {
    "day": "voice",
    "evening": "voice",
    "night": "voice",
    "international": None,
    "data": "data",
    "sms": "sms",
}
"""The allowance a part draws on; calls abroad draw on none."""
