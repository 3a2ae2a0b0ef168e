"""Values are written as people write them: counts of one, spaces in Chinese, names as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.base import clock
from portal.base.db import Base
from portal.base.errors import TooMany
from portal.faces import words
from portal.faces.cards import spoken
from portal.faces.code_words import code_words, sent_words, wait_words
from portal.identity import CodeWrong, Limited
from portal.interactions import record_interaction
from tests.cast import NOW


def reading_in(house: Flask, language: str) -> AbstractContextManager[object]:
    """Be a reader of this language."""
    return house.test_request_context("/", headers={"Accept-Language": language})


@pytest.fixture
def english(house_itself: Flask) -> Iterator[None]:
    with reading_in(house_itself, "en"):
        yield


@pytest.fixture
def chinese(house_itself: Flask) -> Iterator[None]:
    with reading_in(house_itself, "zh"):
        yield


def test_one_minute_one_second_and_one_try_are_counted_as_one(english):
    assert wait_words(Limited(60)) == "That was tried too often. Wait 1 minute, then go on where you are."
    assert wait_words(Limited(61)) == "That was tried too often. Wait 2 minutes, then go on where you are."
    assert sent_words(Limited(1)) == "A code was sent a moment ago. Another one can be sent in 1 second."
    assert sent_words(Limited(59)) == "A code was sent a moment ago. Another one can be sent in 59 seconds."
    assert code_words(CodeWrong(1)) == "That is not the code. You can try 1 more time."
    assert code_words(CodeWrong(4)) == "That is not the code. You can try 4 more times."


@pytest.mark.parametrize(("count", "text"), [(0, "0 points"), (1, "1 point"), (2, "2 points"), (1_000, "1,000 points")])
def test_one_point_is_counted_as_one(english, count, text):
    assert words.points_of(count) == text


def test_a_wait_is_told_in_the_readers_language_wherever_it_ends_up(chinese):
    refusal = TooMany(wait_words(Limited(60)), retry_after_seconds=60)
    assert words.sentence(refusal) == "尝试次数过多。请等待 1 分钟，然后在本页继续。"


@pytest.mark.parametrize(("passed", "zh"), [(3, "3 分钟前"), (60 * 5, "5 小时前"), (60 * 24 * 2, "2 天前")])
def test_how_long_ago_has_a_space_between_figure_and_chinese(passed, zh, chinese, shift):
    assert words.ago(clock.now() - timedelta(minutes=passed)) == zh


def test_how_long_ago_is_english_as_it_was(english, shift):
    assert words.ago(clock.now() - timedelta(minutes=3)) == "3 minutes ago"


@pytest.mark.parametrize(("language", "text"), [("zh", "甲。乙。"), ("en", "甲。 乙。")])
def test_chinese_sentences_follow_each_other_without_a_space(language, text, house_itself):
    with reading_in(house_itself, language):
        assert words.joined(["甲。", "乙。"]) == text


@pytest.mark.parametrize(("stored", "shown"), [("重庆 重庆", "重庆"), ("浙江 杭州", "浙江 杭州"), ("上海", "上海"), ("", "")])
def test_a_province_that_is_its_own_city_is_named_once(stored, shown):
    assert words.region(stored) == shown


def test_what_somebody_or_something_is_called_is_never_translated(chinese):
    params = {"outlet": "Gold", "name": "Standard", "device": "Calls", "topic": {"zh": "账单", "en": "Bill"}}
    assert spoken(params) == {"outlet": "Gold", "name": "Standard", "device": "Calls", "topic": "账单"}


def test_a_hall_called_gold_is_called_gold_in_the_timeline(app, cast, sign_in):
    with app.extensions["portal"].db.writing() as session:
        record_interaction(session, cast.alice.customer_id, channel="counter", kind="visited_counter", params={"outlet": "Gold"}, now=NOW)
    text = sign_in(cast.alice).speak("zh").get("/").page.id("card-timeline").text
    assert "在Gold办理业务" in text
    assert "金卡" not in text


def test_where_a_number_is_from_is_said_once_on_the_card_and_in_the_search(app, cast, sign_in, counter):
    lines = Base.metadata.tables["subscription"]
    with app.extensions["portal"].db.writing() as session:
        session.execute(sa.update(lines).where(lines.c.customer_id == cast.alice.customer_id).values(region="重庆 重庆"))
    found = counter().get("/counter/search", query_string={"q": cast.alice.number}).page.text
    for text in (sign_in(cast.alice).get("/").page.id("card-lines").text, found):
        assert "重庆" in text
        assert "重庆 重庆" not in text


def test_messages_left_are_counted_in_their_own_word(app, cast, story, sign_in):
    buckets = Base.metadata.tables["bucket"]
    with app.extensions["portal"].db.writing() as session:
        session.execute(sa.update(buckets).where(buckets.c.kind == "sms").values(used=20))
    alice = sign_in(cast.alice)
    assert "还剩 80 条" in alice.speak("zh").get("/").page.id("card-usage").text
    assert "80 messages left" in alice.speak("en").get("/").page.id("card-usage").text


def test_a_bill_names_its_customer_in_the_hall_and_at_the_counter(cast, story, sign_in, counter):
    alice, dora = sign_in(cast.alice), counter()
    here = alice.url("site.show_bill", bill_id=story.bills[-1])
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    dora.post_form(dora.get(url).page, url + "/openings/by-reason", reason="document_shown")
    for page in (alice.get(here).page, dora.get(f"{url}/bills/{here.rpartition('/')[2]}").page):
        assert cast.alice.name in page.id("bill").text


def test_an_open_company_has_the_icon_of_one(cast, counter):
    dora = counter()
    pictures = {}
    for name, customer_id in (("company", cast.acme.customer_id), ("person", cast.alice.customer_id)):
        url = dora.url("counter.show_customer", customer_id=customer_id)
        page = dora.post_form(dora.get(url).page, url + "/openings/by-reason", reason="document_shown").page
        (tab,) = [node for node in page.root.all("a") if node.get("aria-current") == "page" and node.get("href") == url]
        pictures[name] = [use.get("href").partition("#")[2] for use in tab.all("use")]
    assert pictures == {"company": ["i-building"], "person": ["i-user"]}
