"""The words for what campaigns name by code: kinds, channels, tiers, days of the week."""

from __future__ import annotations

from collections.abc import Mapping

from portal.base.errors import N_

KIND_WORDS: Mapping[str, str] = {
    "plan": N_("plans"), "line": N_("lines"), "internet": N_("broadband"), "add_on": N_("add-ons"), "bundle": N_("bundles"),
    "device": N_("handsets"), "accessory": N_("accessories"), "sim": N_("SIM cards"), "service": N_("services"), "gift": N_("gifts"),
}  # fmt: skip
CATEGORY_WORDS: Mapping[str, str] = {
    "plans": N_("plans"), "bundles": N_("bundles"), "broadband": N_("broadband"), "lines": N_("lines"), "add-ons": N_("add-ons"),
    "phones": N_("handsets"), "devices": N_("devices"), "accessories": N_("accessories"), "sim-cards": N_("SIM cards"),
    "services": N_("services"),
}  # fmt: skip
CHANNEL_WORDS: Mapping[str, str] = {
    "web": N_("on the web"), "counter": N_("at the counter"), "ministore": N_("in mini-stores"), "sms": N_("by SMS"),
    "partner": N_("at partners"),
}  # fmt: skip
TIER_WORDS: Mapping[str, str] = {"standard": N_("standard customers"), "silver": N_("silver customers"), "gold": N_("gold customers")}
CUSTOMER_WORDS: Mapping[str, str] = {"individual": N_("persons"), "organisation": N_("organisations")}
DAY_WORDS = (
    N_("on Mondays"), N_("on Tuesdays"), N_("on Wednesdays"), N_("on Thursdays"), N_("on Fridays"), N_("on Saturdays"), N_("on Sundays"),
)  # fmt: skip
COMMA: Mapping[str, str] = {"zh": "，", "en": ", "}
LIST: Mapping[str, str] = {"zh": "、", "en": ", "}
AND: Mapping[str, str] = {"zh": "和", "en": " and "}
OR: Mapping[str, str] = {"zh": "或", "en": " or "}
STOP: Mapping[str, str] = {"zh": "。", "en": "."}
"""Signs and words between others: not sentences, so not in the catalogues, whose tools drop spaces at either end."""
