"""What the operator sells and charges by, as shipped: the services of a carrier in the wa_churn data, the tariffs of mlc_churn,
gifts for points and a few handsets.

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
    """One offering. Allowances (a month, or once for a pack): voice in seconds, data in kB, sms in messages.

    `picture` is an icon of the sprite; what is `stocked` can be had while there are units of it.
    """

    code: str
    kind: str
    name: LocalText
    monthly_price_minor: int = 0
    allowances: dict[str, int] = field(default_factory=dict)
    summary: LocalText | None = None
    picture: str | None = None
    fulfilment: str = "none"
    stocked: bool = False


@dataclass(frozen=True, slots=True)
class PriceData:
    """What an offering costs once on the standard list: `amount` points, or minor units of a currency."""

    offering_code: str
    unit: str
    amount: int


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
"""What costs something every month."""

GIFTS: tuple[OfferingData, ...] = (
    OfferingData(
        "gift_data_5gb",
        "gift",
        {"zh": "5 GB 流量包", "en": "5 GB of mobile data"},
        allowances={"data": 5 * GB_KB},
        summary={"zh": "即时到账，本月有效。", "en": "Yours at once, good until the end of this month."},
        picture="world-download",
        fulfilment="data_pack",
    ),
    OfferingData(
        "gift_coffee",
        "gift",
        {"zh": "咖啡券", "en": "Coffee voucher"},
        summary={"zh": "任选一杯中杯咖啡，券码即时送达。", "en": "One medium cup of your choice; the code comes at once."},
        picture="coffee",
        fulfilment="voucher",
        stocked=True,
    ),
    OfferingData(
        "gift_cinema",
        "gift",
        {"zh": "电影票兑换券", "en": "Cinema voucher"},
        summary={"zh": "普通场次一张，券码即时送达。", "en": "One seat at a standard showing; the code comes at once."},
        picture="movie",
        fulfilment="voucher",
        stocked=True,
    ),
    OfferingData(
        "gift_thermos",
        "gift",
        {"zh": "保温杯", "en": "Thermos flask"},
        summary={"zh": "500 毫升，不锈钢内胆，两个工作日内寄出。", "en": "Half a litre, stainless steel; sent within two working days."},
        picture="bottle",
        fulfilment="goods",
        stocked=True,
    ),
    OfferingData(
        "gift_power_bank",
        "gift",
        {"zh": "移动电源", "en": "Power bank"},
        summary={"zh": "10000 毫安时，双向快充，两个工作日内寄出。", "en": "10,000 mAh, charges fast; sent within two working days."},
        picture="battery-charging",
        fulfilment="goods",
        stocked=True,
    ),
)
"""What points are redeemed for."""


def _handset(code: str, name: str, zh: str, en: str) -> OfferingData:
    return OfferingData(
        code,
        "device",
        {"zh": name, "en": name},
        summary={"zh": zh, "en": en},
        picture="device-mobile",
        fulfilment="goods",
        stocked=True,
    )


DEVICES: tuple[OfferingData, ...] = (
    _handset("device_redmi_note_13", "Redmi Note 13", "6.67 英寸，8 GB + 256 GB", "6.67 inches, 8 GB + 256 GB"),
    _handset(
        "device_oppo_a3_pro", "OPPO A3 Pro", "6.7 英寸，12 GB + 256 GB，耐摔防水", "6.7 inches, 12 GB + 256 GB, stands falls and water"
    ),
    _handset(
        "device_huawei_mate_60", "HUAWEI Mate 60", "6.69 英寸，12 GB + 512 GB，卫星消息", "6.69 inches, 12 GB + 512 GB, satellite messages"
    ),
)
"""Handsets."""

PRICES: tuple[PriceData, ...] = (
    PriceData("gift_data_5gb", "points", 200),
    PriceData("gift_coffee", "points", 300),
    PriceData("gift_cinema", "points", 450),
    PriceData("gift_thermos", "points", 600),
    PriceData("gift_power_bank", "points", 900),
    PriceData("device_redmi_note_13", "CNY", 109_900),
    PriceData("device_oppo_a3_pro", "CNY", 199_900),
    PriceData("device_huawei_mate_60", "CNY", 549_900),
)
"""Prices on the standard list."""

TARIFFS: tuple[TariffData, ...] = (
    TariffData("day", {"zh": "日间通话", "en": "Calls in the daytime"}, 17_000, 60),
    TariffData("evening", {"zh": "傍晚通话", "en": "Calls in the evening"}, 8_500, 60),
    TariffData("night", {"zh": "夜间通话", "en": "Calls at night"}, 4_500, 60),
    TariffData("international", {"zh": "国际通话", "en": "Calls abroad"}, 27_000, 60),
    TariffData("data", {"zh": "手机上网", "en": "Mobile data"}, 500, 1024),
    TariffData("sms", {"zh": "短信", "en": "Text messages"}, 10_000, 1),
)
