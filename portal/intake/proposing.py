"""Proposing a mapping: what the headings of a file, and what stands below them, are likely to mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice

from portal.intake.fields import WORDS
from portal.intake.sheets import Sheet

LOOKED_AT = 2000
MOST_VALUES = 12
_HEADINGS: Mapping[str, str] = {
    "external_id": "customerid customerno customernumber customercode clientid accountid accountno userid id"
    " 客户编号 客户号 客户标识 用户编号 编号",
    "name": "name fullname customername clientname 姓名 客户姓名 客户名称 名称 用户名",
    "number": "number msisdn mobile mobilenumber phone phonenumber telephone tel cell 手机号 手机 手机号码 电话 电话号码 号码 联系电话",
    "gender": "gender sex 性别",
    "birth_date": "birthdate dateofbirth birthday dob 出生日期 生日",
    "language": "language lang 语言",
    "tier": "tier level grade segment class 等级 客户等级 级别 星级",
    "since": "since joined joinedon customersince startdate activationdate signupdate 入网日期 入网时间 开户日期",
    "tenure_months": "tenure tenuremonths monthsoftenure monthswithus 在网月数 在网时长",
    "payment_method": "paymentmethod payment paymethod 付款方式 支付方式 缴费方式",
    "paperless": "paperless paperlessbilling ebill 电子账单 无纸账单",
    "term": "contract contractterm term agreement 合约 合约期 协议期",
    "device": "device handset phonemodel 终端 手机型号 机型",
    "region": "region 归属地",
    "address.province": "province state 省 省份",
    "address.city": "city town 市 城市 地市",
    "address.area": "area district county 区 区县 县",
    "address.line": "address street addressline 地址 详细地址 住址 街道",
    "address.area_code": "areacode divisioncode 行政区划代码 区划代码",
}
_MEANINGS = {word: field for field, words in _HEADINGS.items() for word in words.split()}
_HINTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "term": (("two|2 ?y|24|两年|二年", "two_years"), ("one|1 ?y|12|一年", "one_year"), ("month|按月|月付", "monthly")),
    "payment_method": (
        ("bank|transfer|debit|银行|代扣", "bank_transfer"), ("credit|信用卡", "credit_card"), ("electronic|电子支票", "electronic_check"),
        ("mail|cheque|check|支票", "mailed_check"),
    ),
    "gender": (("^f|女|^1(\\.0)?$", "female"), ("^m|男|^0(\\.0)?$", "male")),
    "paperless": (("^y|^t|是|^1(\\.0)?$", "yes"), ("^n|^f|否|^0(\\.0)?$", "no")),
    "language": (("中|chin|zh|cn", "zh"), ("en", "en")),
    "tier": (("gold|金|vip", "gold"), ("silver|银", "silver"), (".", "standard")),
}  # fmt: skip
_HEAD = """# Proposed from {what}. Look through every line before importing with it: docs/importing.md explains them.
source = "{source}"
"""


def propose_mapping(sheet: Sheet, source: str) -> str:
    """Give a mapping, as TOML to be looked through, for a file like this one. Reads its first rows alone."""
    texts = _texts(sheet)
    taken: dict[str, str] = {}
    for heading in dict.fromkeys(sheet.header):
        field = _MEANINGS.get(re.sub(r"[\W_]+", "", heading.casefold()))
        if heading and field is not None:
            taken.setdefault(field, heading)
    lines = [_HEAD.format(what=sheet.said, source=re.sub(r"[\W]+", "_", source)[:40]), "[fields]"]
    for field in ("external_id", "name", "number"):
        lines += [] if field in taken else [f'# {field} = "…"      # no column looks like it{_needed(field, taken)}']
    lines += [_line(field, heading, texts[heading]) for field, heading in taken.items() if "." not in field]
    if parts := [(field, heading) for field, heading in taken.items() if "." in field]:
        lines += ["", "[address]", *(f"{field.partition('.')[2]} = {_quoted(heading)}" for field, heading in parts)]
    lines += ["", "# Not taken; a column that says what somebody has becomes [[products]] with a table of offerings:"]
    lines += [f"#   {heading}: {_sample(texts[heading])}" for heading in texts if heading not in taken.values()]
    return "\n".join(lines) + "\n"


def _texts(sheet: Sheet) -> Mapping[str, list[str]]:
    """Give what stands in each column of the first rows, each text once."""
    found: dict[str, dict[str, None]] = {heading: {} for heading in sheet.header if heading}
    for _, cells, fault in islice(sheet.rows(), LOOKED_AT):
        if fault is None:
            for heading, cell in zip(sheet.header, cells, strict=True):
                if heading and cell.strip() and len(found[heading]) <= MOST_VALUES:
                    found[heading][cell.strip()] = None
    return {heading: list(texts) for heading, texts in found.items()}


def _line(field: str, heading: str, texts: Sequence[str]) -> str:
    known = WORDS.get(field)
    if known is None or all(text.casefold() in known for text in texts):
        return f"{field} = {_quoted(heading)}"
    pairs = ", ".join(f"{_quoted(text)} = {_quoted(_meant(field, text))}" for text in texts[:MOST_VALUES])
    ours = ", ".join(dict.fromkeys(str(value) for value in known.values())) if field != "paperless" else "yes, no"
    return f"{field} = {{ column = {_quoted(heading)}, values = {{ {pairs} }} }}  # one of: {ours}"


def _meant(field: str, text: str) -> str:
    if text.casefold() in WORDS[field]:
        return text.casefold()
    return next((ours for pattern, ours in _HINTS.get(field, ()) if re.search(pattern, text.casefold())), "")


def _sample(texts: Sequence[str]) -> str:
    """Give the few values of a column; of one with many, that they are many: nobody's data stand in a mapping."""
    if len(texts) > MOST_VALUES:
        return "many values"
    return ", ".join(_quoted(text[:40]) for text in texts) or "blank"


def _needed(field: str, taken: Mapping[str, str]) -> str:
    return ": without it nothing can be imported" if field == "external_id" or not {"name", "number"} & taken.keys() else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
