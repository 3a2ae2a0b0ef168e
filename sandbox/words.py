"""The sandbox's words, in both languages."""

from __future__ import annotations

WORDS = {
    "title": ("Sandbox payments", "沙箱支付"),
    "note": ("No real money moves here. It is for trying out.", "这里没有真实的资金往来，仅供试用。"),
    "amount": ("Amount", "金额"),
    "for": ("For", "用途"),
    "until": ("Can be paid until", "支付截止时间"),
    "pay": ("Pay", "支付"),
    "refuse": ("Do not pay", "不支付"),
    "later": ("Pay in one minute", "一分钟后支付"),
    "paid": ("Paid", "已支付"),
    "closed": ("Closed: it can no longer be paid", "已关闭：不能再支付"),
    "open": ("Not paid", "未支付"),
    "over": ("Its time is over: it can no longer be paid", "已超过支付时间：不能再支付"),
    "back": ("Back to the shop", "返回商城"),
    "operator": ("What the sandbox does wrong", "沙箱的故障设置"),
    "delay": ("Notifications late, by seconds", "通知延迟（秒）"),
    "copies": ("Copies sent besides", "额外重复发送的次数"),
    "forged": ("A forged one first (1: yes)", "先发送一份伪造通知（1：是）"),
    "swapped": ("Out of order (1: yes)", "打乱顺序（1：是）"),
    "lost": ("Lost: none is sent (1: yes)", "丢失：不发送通知（1：是）"),
    "refuse_refunds": ("Refuse refunds (1: yes)", "拒绝退款（1：是）"),
    "refunds_take": ("A refund takes so many seconds", "退款所需时间（秒）"),
    "away": ("Answer nobody (1: yes)", "不响应接口（1：是）"),
    "save": ("Save", "保存"),
    "payments": ("Payments", "支付"),
    "notices": ("Notifications", "通知"),
    "again": ("Send again", "再次发送"),
    "pay_late": ("Pay after the end", "关闭后支付"),
    "reference": ("Reference", "参考号"),
    "state": ("State", "状态"),
    "when": ("When", "时间"),
    "answer": ("Answer", "应答"),
    "none": ("Nothing yet.", "暂无记录。"),
    "other_language": ("中文", "English"),
}


def texts(language: str) -> dict[str, str]:
    """Give every word in one language."""
    return {name: words[language == "zh"] for name, words in WORDS.items()}
