"""What the operator sells and charges by, as shipped: the services of a carrier in the wa_churn data, the tariffs of mlc_churn.

Prices are what the data's own charges come apart into: of wa_churn's monthly charges a voice line is 20.00, a further line
5.00, DSL 25.00, fibre 50.00, an add-on 5.00 and a streaming service 10.00, give or take; mlc_churn charges 0.17, 0.085,
0.045 and 0.27 for a minute by day, in the evening, at night and abroad, each row to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.base.i18n import LocalText

GB_KB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OfferingData:
    """One offering. Allowances a month: voice in seconds, data in kB, sms in messages."""

    code: str
    kind: str
    name: LocalText
    monthly_price_minor: int
    allowances: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TariffData:
    """The price of `unit_size` seconds, kB or messages of one part, in thousandths of a minor unit."""

    part: str
    name: LocalText
    price_milli: int
    unit_size: int


def _allow(voice_minutes: int, data_gb: int, messages: int) -> dict[str, int]:
    return {"voice": voice_minutes * 60, "data": data_gb * GB_KB, "sms": messages}


OFFERINGS: tuple[OfferingData, ...] = (
    OfferingData("voice_standard", "plan", {"zh": "畅聊套餐", "en": "Talk plan"}, 2000, _allow(600, 10, 100)),
    OfferingData("voice_large", "plan", {"zh": "畅聊大流量套餐", "en": "Talk plan large"}, 3500, _allow(1200, 30, 200)),
    OfferingData("extra_line", "line", {"zh": "副卡", "en": "Extra line"}, 500, _allow(300, 5, 50)),
    OfferingData("internet_dsl", "internet", {"zh": "DSL 宽带", "en": "DSL broadband"}, 2500),
    OfferingData("internet_fibre", "internet", {"zh": "光纤宽带", "en": "Fibre broadband"}, 5000),
    OfferingData("online_security", "add_on", {"zh": "网络安全卫士", "en": "Online security"}, 500),
    OfferingData("online_backup", "add_on", {"zh": "云备份", "en": "Online backup"}, 500),
    OfferingData("device_protection", "add_on", {"zh": "终端保障", "en": "Device protection"}, 500),
    OfferingData("tech_support", "add_on", {"zh": "技术支持", "en": "Tech support"}, 500),
    OfferingData("streaming_tv", "add_on", {"zh": "电视直播", "en": "Streaming TV"}, 1000),
    OfferingData("streaming_movies", "add_on", {"zh": "电影点播", "en": "Streaming movies"}, 1000),
)

TARIFFS: tuple[TariffData, ...] = (
    TariffData("day", {"zh": "日间通话", "en": "Calls in the daytime"}, 17_000, 60),
    TariffData("evening", {"zh": "傍晚通话", "en": "Calls in the evening"}, 8_500, 60),
    TariffData("night", {"zh": "夜间通话", "en": "Calls at night"}, 4_500, 60),
    TariffData("international", {"zh": "国际通话", "en": "Calls abroad"}, 27_000, 60),
    TariffData("data", {"zh": "手机上网", "en": "Mobile data"}, 500, 1024),
    TariffData("sms", {"zh": "短信", "en": "Text messages"}, 10_000, 1),
)
