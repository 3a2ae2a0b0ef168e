"""Each sentence stands in the Chinese catalogue, written as Chinese is; and a Chinese page holds no English one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from portal.base.settings import ROOT
from portal.billing.words import PART_NAMES, PARTS
from portal.faces.cli.database import compile_languages
from portal.identity.codes import CODE_MINUTES, CODE_SENTENCES
from portal.interactions import list_kinds

TRANSLATIONS = ROOT / "portal" / "translations"
CHINESE = TRANSLATIONS / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
HAN = r"[\u4e00-\u9fff]"
ONLY_LATIN = {"%(size)s GB", "%(size)s MB", "FAPI 2.0", "%(place)s (%(address)s)", "%(count)s × %(what)s", ", ", "%(kind)s: %(name)s."}
LATIN = {  # what is written in Latin letters in Chinese too: units, names of things, what is typed into a shell
    "GB", "MB", "SIM", "Cookie", "PORTAL_ENV", "demo", "test", "fresh", "clerk", "supervisor", "order_desk", "PEM", "JWK",
    "https", "intranet", "example", "com", "device_x", "CODE", "AMOUNT", "Set", "EC", "RSA", "Ed", "refresh_token",
    "administrator", "ES", "RS", "PS", "EdDSA", "JSON", "FAPI", "PAR", "DPoP", "PKCE", "RFC", "OpenID", "Connect", "SAML", "SCIM", "HTTP",
    "Redirect", "issuer", "state", "nonce", "iss", "aud", "exp", "ID", "userinfo", "openid", "response_type", "code", "Entra", "Okta",
    "user_name", "email", "name", "external_id", "PNG", "JPEG", "WebP", "CSV", "PDF", "kB", "more", "phones", "kind", "plan", "extra_line",
    "marketing", "White", "Colour", "DHM", "KM", "XAC", "SF", "Newcombe", "Wilson", "AB", "CT", "HMAC", "SHA",
}  # fmt: skip
COUNTED = {"minutes", "seconds", "tries", "count", "num", "hours"}
"""Placeholders that are figures: Chinese sets a space between a figure and a word."""
SMS_LETTERS = 70  # one message in UCS-2 (3GPP TS 23.040 §9.2.3.24.1)


@cache
def extracted() -> Mapping[tuple[str, ...], str]:
    """Give every sentence in the code and the templates now (with its plural), and where it stands."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found: dict[tuple[str, ...], str] = {}
    for file_name, line, message, _, _ in extract_from_dir(ROOT, methods, options):
        found.setdefault((message,) if isinstance(message, str) else tuple(message), f"{file_name}:{line}")
    return found


@cache
def chinese() -> Catalog:
    """Give the Chinese catalogue."""
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN", abort_invalid=True)


def entries() -> Iterator[tuple[str, str]]:
    """Give each English sentence (in the plural, where it has one) with its Chinese."""
    for message in chinese():
        if message.id:
            yield (message.id if isinstance(message.id, str) else message.id[1]), chinese_of(message)


def first_of(message: Message) -> str:
    """Give the English of a message, the singular where it has a plural."""
    return message.id if isinstance(message.id, str) else message.id[0]


def chinese_of(message: Message) -> str:
    """Give the one Chinese form of a message."""
    return message.string if isinstance(message.string, str) else message.string[0]


def test_there_are_sentences_of_every_kind_to_judge():
    places = {place.split("/")[0] + "/" + place.split("/")[1] for place in extracted().values()}
    for folder in ("portal/base", "portal/identity", "portal/interactions", "portal/billing", "portal/faces", "templates/site"):
        assert folder in places
    assert len(extracted()) > 350


def test_every_sentence_is_in_the_chinese_catalogue():
    missing = {place: message[0] for message, place in extracted().items() if message[0] not in chinese()}
    assert not missing


def test_the_catalogue_holds_nothing_that_nobody_says():
    said = {message[0] for message in extracted()}
    assert [message.id for message in chinese() if message.id and first_of(message) not in said] == []
    assert not chinese().obsolete


def test_a_sentence_with_a_plural_has_one_there_and_one_form_here():
    assert chinese().num_plurals == 1
    for message, place in extracted().items():
        if len(message) > 1:
            entry = chinese()[message[0]]
            assert entry.id == message, place
            assert len(entry.string) == 1, place


def test_every_sentence_is_written_and_none_is_a_guess():
    unwritten = [message.id for message in chinese() if message.id and not chinese_of(message).strip()]
    guessed = [message.id for message in chinese() if message.id and message.fuzzy]
    assert (unwritten, guessed) == ([], [])


def faults(one: str, zh: str) -> Iterator[str]:
    """Give whatever is wrong with a Chinese sentence, beside the English one it stands for."""
    if set(PLACEHOLDER.findall(one)) != set(PLACEHOLDER.findall(zh)):
        yield "its placeholders differ"
    # Templates fill in whatever they translate, so that a bare % would stop the page (Jinja2's newstyle gettext).
    if any("%" in PLACEHOLDER.sub("", text).replace("%%", "") for text in (one, zh)):
        yield "a percent sign stands alone"
    ends = {".": "。", "?": "？", ":": "："}
    if zh[-1:] != ends.get(one[-1:], zh[-1:]) or (one[-1:] not in ends and zh[-1:] in tuple("。：，；？")):
        yield "it ends otherwise"
    if re.search(rf"""(?:{HAN}|[）”])[,.;:?!()]|["'…！]""", PLACEHOLDER.sub("字", zh)):
        yield "a sign is not full-width, or not ours"
    if re.search(r"[，。：；？、（）“”] | [，。：；？、（）“”]|^ | $|  ", zh):
        yield "a space too many"
    figures = PLACEHOLDER.sub(lambda found: "8" if found[1] in COUNTED else "", zh)
    if re.search(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}", figures):
        yield "a space is missing"
    if unknown := set(re.findall(r"[A-Za-z_]{2,}", PLACEHOLDER.sub("", zh))) - LATIN:
        yield f"{unknown} is not Chinese"
    if one not in ONLY_LATIN and not re.search(HAN, zh):
        yield "nothing of it is Chinese"
    if re.search(r"你|咱|亲", zh):
        yield "the reader is 您"


def test_every_sentence_is_written_as_chinese_is():
    assert {one: found for one, zh in entries() if (found := list(faults(one, zh)))} == {}


@pytest.mark.parametrize(
    ("one", "zh", "fault"),
    [
        ("Bill for %(month)s", "%(moon)s账单", "its placeholders differ"),
        ("Half of it", "50% 已用", "a percent sign stands alone"),
        ("It is set.", "已设置", "it ends otherwise"),
        ("Set", "已设置。", "it ends otherwise"),
        ("Set, done", "已设置,完成", "a sign is not full-width, or not ours"),
        ("Of %(name)s: set", "%(name)s:已设置", "a sign is not full-width, or not ours"),
        ("Set it now", "立即设置！", "a sign is not full-width, or not ours"),
        ("Set, done", "已设置， 完成", "a space too many"),
        ("Of 6 months", "6个月", "a space is missing"),
        ("%(count)s customers", "%(count)s位客户", "a space is missing"),
        ("Web browser", "使用 browser", "{'browser'} is not Chinese"),
        ("%(count)s MB", "%(count)s MB", "nothing of it is Chinese"),
        ("Your bill", "你的账单", "the reader is 您"),
    ],
)
def test_a_sentence_written_otherwise_would_be_caught(one, zh, fault):
    assert list(faults(one, zh)) == [fault]


TERMS = {
    "service password": "服务密码", "agreement": "合约", "bill": "账单", "bills": "账单", "plan": "套餐", "outlet": "营业厅",
    "months with us": "在网时长", "left the network": "离网", "usage": "用量", "sim": "SIM 卡",
    "code": "码|编号",
}  # fmt: skip
"""What English says, and the term people here know it by (docs/language.md)."""


@pytest.mark.parametrize("english", sorted(TERMS))
def test_a_term_is_used_wherever_english_uses_its_own(english):
    plain = [(PLACEHOLDER.sub("", one), zh) for one, zh in entries()]
    said = [(one, zh) for one, zh in plain if re.search(rf"\b{english}\b", one, re.IGNORECASE)]
    assert said
    assert [(one, zh) for one, zh in said if not re.search(TERMS[english], zh)] == []


def test_a_bill_calls_usage_what_the_pages_call_it():
    for part, sentence in PARTS.items():
        assert chinese().get(sentence).string == PART_NAMES[part]["zh"]


def test_every_kind_of_interaction_is_told_in_chinese_with_the_same_values():
    for sentences in list_kinds().values():
        for one in sentences:
            assert set(PLACEHOLDER.findall(chinese().get(one).string)) == set(PLACEHOLDER.findall(one))


@pytest.mark.parametrize("purpose", sorted(CODE_SENTENCES))
def test_a_code_is_one_message_with_its_last_line(purpose):
    words = chinese().get(CODE_SENTENCES[purpose]).string % {"code": "123456", "minutes": CODE_MINUTES}
    last_line = "" if purpose == "counter" else "\n@hall.operator.example #123456"
    assert len(words + last_line) <= SMS_LETTERS


def test_setup_compiles_what_is_new_and_leaves_what_is_not(tmp_path):
    source = tmp_path / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_bytes(CHINESE.read_bytes())
    assert compile_languages(tmp_path) == 1
    compiled = source.with_suffix(".mo")
    with compiled.open("rb") as file:
        translations = GNUTranslations(file)
    assert translations.gettext("Service password") == "服务密码"
    for count in (0, 1, 5):
        assert translations.ngettext("%(num)s customer", "%(num)s customers", count) == "%(num)s 位客户"
    assert compile_languages(tmp_path) == 0
    os.utime(source, (compiled.stat().st_mtime + 5,) * 2)
    assert compile_languages(tmp_path) == 1
    assert {each.name for each in source.parent.iterdir()} == {"messages.po", "messages.mo"}


def said_in_english(node) -> set[str]:
    """Give every text and spoken attribute of a page that is, letter for letter, a sentence of ours in English."""
    english = {one for one, zh in entries() if one != zh and not PLACEHOLDER.search(one)}
    texts = {text.strip() for each in node.all() for text in [each.element.text or "", *(child.tail or "" for child in each.element)]}
    spoken = {each.get(name) for each in node.all() for name in ("aria-label", "placeholder", "title", "alt", "data-label")}
    return english & (texts | spoken)


def test_an_english_page_would_be_caught(site):
    assert "Mobile number" in said_in_english(site.speak("en").get("/login").page.root)


# What each page says is checked by the client too, which knows no Chinese page with an English sentence (tests/rules.py).
def test_every_page_of_a_subscriber_is_chinese(sign_in, story, cast):
    alice = sign_in(cast.alice).speak("zh")
    paths = ["/", "/bills", "/activity", "/me", "/me/sessions", "/me/password", "/me/looks", "/proof", "/nothing"]
    pages = {path: alice.get(path).page for path in paths}
    assert {path: page.language for path, page in pages.items()} == dict.fromkeys(paths, "zh-Hans-CN")
    assert {path: said for path, page in pages.items() if (said := said_in_english(page.root))} == {}


def test_what_happened_is_told_in_chinese(sign_in, story, cast):
    alice = sign_in(cast.alice).speak("zh")
    assert "致电客服：账单" in alice.get("/activity").page.text
    bill = alice.get(next(link for link in alice.get("/bills").page.links() if re.fullmatch(r"/bills/.+", link))).page
    assert re.fullmatch(r"2026年\d+月账单", bill.heading)
    assert "畅聊套餐" in bill.text


def test_a_code_arrives_in_chinese(site, app, cast, phone):
    site.speak("zh")
    site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code")
    code = phone(cast.alice.number)
    tray = app.test_client().get("/tray/", query_string={"number": cast.alice.number}, follow_redirects=True).page
    assert f"登录验证码 {code}，10 分钟内有效。我们不会向您索要。" in tray.text


def test_every_page_for_anybody_is_chinese(site):
    paths = ["/login", "/tray/", "/counter/login"]
    pages = {path: site.speak("zh").get(path).page for path in paths}
    assert {path: page.language for path, page in pages.items()} == dict.fromkeys(paths, "zh-Hans-CN")
    assert {path: said for path, page in pages.items() if (said := said_in_english(page.root))} == {}


def test_the_counter_is_chinese(counter, story, cast):
    dora = counter().speak("zh")
    found = dora.get("/counter/search", query_string={"q": cast.alice.number}).page
    customer = dora.get(next(link for link in found.links() if link.startswith("/counter/customers/"))).page
    ways = [path for form in customer.root.all("form") if (path := customer.path_of(form)).startswith("/counter/customers/")]
    refused = dora.post_form(customer, next(path for path in ways if "reason" in path)).page
    opened = dora.post_form(customer, next(path for path in ways if "reason" in path), reason="bill_question").page
    for page in (dora.get("/counter/").page, found, customer, refused, opened):
        assert page.language == "zh-Hans-CN"
        assert said_in_english(page.root) == set()
    assert "已脱敏" in customer.text
    assert "请选择事由。" in refused.errors["reason"]
    assert "凭事由打开" in opened.text
    assert "¥" in opened.text


def test_who_looked_is_told_in_chinese(counter, sign_in, story, cast, staff):
    dora = counter().speak("zh")
    found = dora.get("/counter/search", query_string={"q": cast.alice.number}).page
    dora.get(next(link for link in found.links() if link.startswith("/counter/customers/")))
    looks = sign_in(cast.alice).speak("zh").get("/me/looks").page
    assert said_in_english(looks.root) == set()
    assert "查看脱敏资料" in looks.text
    assert "营业员，工号 " in looks.text
