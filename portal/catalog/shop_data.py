"""A shop as shipped, written as documents: plans, a family bundle, add-ons, accessories by quantity, offers for some alone.

What load_catalog made before (portal.catalog.data) gets its document from `documents_of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.catalog.data import DEVICES, GB_KB, GIFTS, OFFERINGS, PRICES, OfferingData

CURRENCY = "CNY"
_SHELVES = {"plan": "plans", "line": "plans", "internet": "broadband", "add_on": "add-ons", "device": "phones", "gift": "gifts"}
_SERVICES = ("plan", "line", "internet", "add_on")
_TELECOM_TAX, _GOODS_TAX = 900, 1300
_BOUND = {
    "zh": "合约期 24 个月。提前解约的，按剩余月数收取违约金，最高 600 元。",
    "en": "You are bound for 24 months. Ending early costs the rest, 600 yuan at most.",
}
_DEVICE_TERMS = {"return_days": 7}


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _once(amount: int, from_quantity: int = 1) -> dict[str, Any]:
    return {"kind": "once", "unit": CURRENCY, "amount": amount, "from_quantity": from_quantity}


def _monthly(amount: int) -> dict[str, Any]:
    return {"kind": "monthly", "unit": CURRENCY, "amount": amount}


def _usage(unit: str, amount: int) -> dict[str, Any]:
    return {"kind": "usage", "unit": CURRENCY, "usage_unit": unit, "amount": amount}


def _allow(minutes: int, data_gb: int, messages: int) -> dict[str, int]:
    return {"voice": minutes * 60, "data": data_gb * GB_KB, "sms": messages}


def _fulfilment(offering: OfferingData) -> str:
    """A plan, a line or an add-on runs once the billing system has set it up."""
    return "service" if offering.kind in _SERVICES else offering.fulfilment


def documents_of(offering: OfferingData) -> dict[str, Any]:
    """Give an offering of portal.catalog.data as a document."""
    prices = [{"kind": "once", "unit": each.unit, "amount": each.amount} for each in PRICES if each.offering_code == offering.code]
    if offering.monthly_price_minor:
        prices.append(_monthly(offering.monthly_price_minor))
    if offering.kind == "plan":
        prices += [_usage("minute", 17), _usage("message", 10)]
    document: dict[str, Any] = {
        "code": offering.code, "kind": offering.kind, "category": _SHELVES[offering.kind], "name": offering.name,
        "allowances": offering.allowances, "fulfilment": _fulfilment(offering), "stocked": offering.stocked, "prices": prices,
        "tax_basis_points": _GOODS_TAX if offering.fulfilment == "goods" else _TELECOM_TAX,
    }  # fmt: skip
    if offering.summary:
        document["summary"] = offering.summary
    if offering.picture:
        document["picture"] = offering.picture
    if offering.kind == "add_on":
        document["add_on_of"] = ["kind:internet"]
    if offering.kind == "line":
        document["add_on_of"] = ["kind:plan"]
    if offering.kind == "internet":
        other = {"internet_dsl": "internet_fibre", "internet_fibre": "internet_dsl"}
        document["excludes"] = [other[offering.code]]
    return document


SHOP: Sequence[Mapping[str, Any]] = (
    {
        "code": "plan_student", "kind": "plan", "category": "plans", "fulfilment": "service",
        "name": _text("青春校园套餐", "Student plan"),
        "summary": _text("16 至 25 岁学生专享，每月 40 GB。", "For students of 16 to 25: 40 GB a month."),
        "picture": "device-mobile", "allowances": _allow(300, 40, 50), "tax_basis_points": _TELECOM_TAX,
        "eligibility": {"kinds": ["individual"], "age_min": 16, "age_max": 25, "documents": ["student_card"]}, "most_per_customer": 1,
        "terms": {"notice_days": 30}, "excludes": ["voice_large"], "prices": [_monthly(1900), _usage("minute", 15)],
    },
    {
        "code": "plan_contract_24", "kind": "plan", "category": "plans", "fulfilment": "service",
        "name": _text("两年合约套餐", "Two-year plan"),
        "summary": _text("每月省 10 元，合约期 24 个月。", "Ten yuan less a month; bound for 24 months."),
        "picture": "device-mobile", "allowances": _allow(1200, 30, 200), "tax_basis_points": _TELECOM_TAX,
        "terms": {"months_bound": 24, "early_end_minor": 60_000, "notice_days": 30, "words": _BOUND},
        "prices": [_monthly(2500), _usage("minute", 15)],
    },
    {
        "code": "plan_enterprise", "kind": "plan", "category": "plans", "fulfilment": "service",
        "name": _text("企业员工套餐", "Enterprise tariff"),
        "summary": _text("企业客户及其员工专享。", "For enterprises and those who work for them."),
        "picture": "building", "allowances": _allow(2000, 60, 300), "tax_basis_points": _TELECOM_TAX,
        "eligibility": {"enterprise": True}, "prices": [_monthly(2900), _usage("minute", 10)],
    },
    {
        "code": "bundle_family", "kind": "bundle", "category": "plans",
        "name": _text("全家福融合套餐", "Family bundle"),
        "summary": _text("光纤宽带、一个套餐和两张副卡，每月省 16 元。", "Fibre, a plan and two extra lines: 16 yuan less a month."),
        "picture": "users", "tax_basis_points": _TELECOM_TAX, "fulfilment": "service",
        "members": [{"code": "internet_fibre"}, {"code": "voice_standard"}, {"code": "extra_line", "quantity": 2}],
        "excludes": ["internet_dsl"], "most_per_customer": 1,
        "terms": {"months_bound": 12, "early_end_minor": 20_000, "notice_days": 30},
        "prices": [_monthly(6400), _once(10_000)],
    },
    {
        "code": "add_on_roaming", "kind": "add_on", "category": "add-ons", "fulfilment": "service",
        "name": _text("国际漫游包", "Roaming pack"),
        "summary": _text("每月 3 GB 漫游流量，覆盖 60 个国家和地区。", "3 GB a month abroad, in 60 countries and regions."),
        "picture": "world", "tax_basis_points": _TELECOM_TAX, "add_on_of": ["kind:plan"], "prices": [_monthly(3000)],
    },
    {
        "code": "add_on_gold_data", "kind": "add_on", "category": "add-ons", "fulfilment": "service",
        "name": _text("金卡流量包", "Gold data pack"),
        "summary": _text("金卡客户专享，每月 20 GB。", "For gold customers: 20 GB a month."),
        "picture": "world-download", "allowances": {"data": 20 * GB_KB}, "tax_basis_points": _TELECOM_TAX,
        "add_on_of": ["kind:plan"], "eligibility": {"tiers": ["gold"]}, "prices": [_monthly(900)],
    },
    {
        "code": "sim_card", "kind": "sim", "category": "sim-cards",
        "name": _text("SIM 卡", "SIM card"), "summary": _text("普通卡，可剪裁三种尺寸。", "A plain card, in three sizes."),
        "picture": "antenna-bars-5", "fulfilment": "goods", "stocked": True, "most_per_customer": 5, "prices": [_once(1000)],
    },
    {
        "code": "router_fibre", "kind": "accessory", "category": "broadband",
        "name": _text("Wi-Fi 6 光纤路由器", "Wi-Fi 6 fibre router"),
        "summary": _text("租用，押金 200 元，退网时退还。", "On loan; a deposit of 200 yuan, back when you leave."),
        "picture": "router", "fulfilment": "goods", "stocked": True, "add_on_of": ["kind:internet", "kind:bundle"],
        "most_per_customer": 2,
        "prices": [_monthly(500), {"kind": "deposit", "unit": CURRENCY, "amount": 20_000}],
    },
    {
        "code": "accessory_cable", "kind": "accessory", "category": "accessories",
        "name": _text("USB-C 数据线", "USB-C cable"), "summary": _text("1.5 米，编织外皮。", "1.5 metres, braided."),
        "picture": "bolt", "fulfilment": "goods", "stocked": True, "prices": [_once(3900), _once(3500, 3), _once(2900, 10)],
    },
    {
        "code": "accessory_earphones", "kind": "accessory", "category": "accessories",
        "name": _text("无线耳机", "Wireless earphones"),
        "summary": _text("主动降噪，续航 30 小时。", "They silence what is around; 30 hours."),
        "picture": "headset", "fulfilment": "goods", "stocked": True, "prices": [_once(39_900), _once(36_900, 2)],
        "specifications": [{"name": _text("颜色", "Colour"), "value": _text("白色", "White")}],
    },
    {
        "code": "service_installation", "kind": "service", "category": "broadband",
        "name": _text("上门安装", "Installation at home"), "summary": _text("两个工作日内上门。", "Within two working days."),
        "picture": "tool", "fulfilment": "service", "tax_basis_points": 600, "add_on_of": ["kind:internet", "kind:bundle"],
        "prices": [_once(5000)],
    },
)  # fmt: skip
"""What stands in the shop besides."""


def shipped_documents() -> list[dict[str, Any]]:
    """Give every shipped offering as a document, those of `data` first."""
    return [*(documents_of(each) for each in (*OFFERINGS, *DEVICES, *GIFTS)), *(dict(each) for each in SHOP)]
