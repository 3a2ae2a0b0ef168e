"""The timeline: newest first, a page at a time, as far as each may see it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event

from portal.base.db import Database
from portal.base.errors import Invalid
from portal.base.ids import to_ref
from portal.base.keyset import read_place, write_place
from portal.customers import NOTHING, Viewer, get_viewer
from portal.interactions import CHANNELS, TimelineCard, list_kinds, record_interaction, timeline_card
from portal.interactions.kinds import sentence_of
from portal.interactions.models import Interaction
from tests.cast import Cast

FIRST, LAST = datetime(1970, 1, 1), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds the zone


def everything(customer_id: int) -> Viewer:
    return Viewer("staff", "staff:7", customer_id)


def page(database: Database, viewer: Viewer, now: datetime, before: str | None = None, limit: int = 10) -> TimelineCard:
    with database.reading() as session:
        return timeline_card(session, viewer, now=now, before=before, limit=limit)


def pages(database: Database, viewer: Viewer, now: datetime, limit: int) -> Iterator[TimelineCard]:
    card = page(database, viewer, now, limit=limit)
    yield card
    while card.older is not None:
        card = page(database, viewer, now, card.older, limit)
        yield card


def fill(database: Database, cast: Cast, now: datetime, count: int = 23) -> list[int]:
    """Write a row of things at Alice's, some at one moment, with as many of Charlie's between; give Alice's, newest first."""
    made = []
    with database.writing() as session:
        for index in range(count):
            at = now - timedelta(hours=count - index // 3 * 3)
            made.append((at, record_interaction(session, cast.alice.customer_id, channel="web", kind="signed_out", now=at)))
            record_interaction(session, cast.charlie.customer_id, channel="web", kind="signed_out", now=at)
    return [interaction_id for _, interaction_id in sorted(made, reverse=True)]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        # SQLAlchemy writes LIMIT ? OFFSET 0 for SQLite
        no_offset = isinstance(parameters, tuple) and parameters[-1:] == (0,)
        sent.append(statement.replace("OFFSET ?", "") if no_offset else statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_what_was_recorded_is_shown_with_its_sentence(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        recorded = record_interaction(
            session,
            cast.alice.customer_id,
            channel="mobile",
            kind="signed_in",
            params={"device": "HUAWEI Mate 60"},
            subscription_id=cast.alice.subscription_id,
            now=now,
        )
    (item,) = page(database, everything(cast.alice.customer_id), now).items
    assert (item.id, item.at, item.channel, item.kind) == (recorded, now, "mobile", "signed_in")
    assert item.sentence % item.params == "Signed in on HUAWEI Mate 60"
    assert item.subscription_id == cast.alice.subscription_id


def test_the_newest_comes_first_and_nobody_elses_at_all(database: Database, cast: Cast, now: datetime) -> None:
    wanted = fill(database, cast, now)
    card = page(database, everything(cast.alice.customer_id), now, limit=100)
    assert [item.id for item in card.items] == wanted
    assert card.older is None


@pytest.mark.parametrize("limit", [1, 2, 7, 22, 23, 24])
def test_pages_of_any_size_show_each_item_once_in_order(database: Database, cast: Cast, now: datetime, limit: int) -> None:
    wanted = fill(database, cast, now)
    seen = [[item.id for item in card.items] for card in pages(database, everything(cast.alice.customer_id), now, limit)]
    assert [each for ids in seen for each in ids] == wanted
    assert all(len(ids) == limit for ids in seen[:-1])
    assert seen[-1]


def test_what_happens_meanwhile_neither_repeats_nor_hides_an_item(database: Database, cast: Cast, now: datetime) -> None:
    wanted = fill(database, cast, now)
    first = page(database, everything(cast.alice.customer_id), now)
    with database.writing() as session:
        record_interaction(session, cast.alice.customer_id, channel="web", kind="signed_in", now=now)
    second = page(database, everything(cast.alice.customer_id), now, first.older)
    assert [item.id for item in first.items + second.items] == wanted[:20]


def test_what_lies_ahead_is_not_shown_yet(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        record_interaction(session, cast.alice.customer_id, channel="web", kind="bill_issued", now=now + timedelta(seconds=1))
        shown = record_interaction(session, cast.alice.customer_id, channel="web", kind="bill_paid", now=now)
    assert [item.id for item in page(database, everything(cast.alice.customer_id), now).items] == [shown]


def test_a_member_sees_what_concerns_the_own_line_alone_on_every_page(database: Database, cast: Cast, now: datetime) -> None:
    own = []
    with database.writing() as session:
        for index in range(12):
            for line in (None, cast.alice.subscription_id, cast.bob.subscription_id):
                made = record_interaction(
                    session,
                    cast.alice.customer_id,
                    channel="web",
                    kind="password_set",
                    subscription_id=line,
                    now=now - timedelta(minutes=index),
                )
                if line == cast.bob.subscription_id:
                    own.append(made)
    with database.reading() as session:
        viewer = get_viewer(session, cast.bob.party_id, cast.alice.customer_id, now=now)
    seen = [item for card in pages(database, viewer, now, 5) for item in card.items]
    assert [item.id for item in seen] == own
    assert {item.subscription_id for item in seen} == {cast.bob.subscription_id}


def test_who_has_no_line_in_sight_sees_nothing(database: Database, cast: Cast, now: datetime) -> None:
    fill(database, cast, now)
    viewer = Viewer("subscriber", "party:1", cast.alice.customer_id, lines=frozenset(), rights=NOTHING)
    assert page(database, viewer, now) == TimelineCard((), None)


def test_a_place_in_somebody_elses_timeline_shows_nothing_of_theirs(database: Database, cast: Cast, now: datetime) -> None:
    fill(database, cast, now)
    older = page(database, everything(cast.charlie.customer_id), now, limit=3).older
    assert older is not None
    mine = {item.id for item in page(database, everything(cast.alice.customer_id), now, limit=100).items}
    found = page(database, everything(cast.alice.customer_id), now, older, limit=100)
    assert found.items
    assert {item.id for item in found.items} <= mine


def test_a_page_is_one_statement_without_offset_and_walks_the_index(database: Database, cast: Cast, now: datetime) -> None:
    fill(database, cast, now)
    viewer = everything(cast.alice.customer_id)
    with counted(database) as sent:
        older = page(database, viewer, now).older
        page(database, viewer, now, older)
    selects = [statement for statement in sent if statement.startswith("SELECT")]
    assert len(selects) == 2
    assert not any("OFFSET" in statement for statement in selects)
    if database.is_sqlite:
        with database.reading() as session:
            plan = session.execute(
                sa.text(
                    "EXPLAIN QUERY PLAN SELECT id FROM interaction WHERE customer_id = 1 AND at <= '2026' "
                    "AND (at < '2026' OR id < 5) ORDER BY at DESC, id DESC LIMIT 11"
                )
            ).all()
        assert "ix_interaction_timeline" in str(plan)
        assert "TEMP B-TREE" not in str(plan)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "0",
        "x" * 26,
        "zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "0" * 25,
        "0" * 27,
        "'; DROP TABLE interaction; --",
        "..%2f..%2fetc%2fpasswd",
        "\x00" * 26,
        "王" * 26,
        "\ud800" * 26,
        "9" * 10_000,
        "-1",
        "None",
        base64.b64encode(b"2026-11-22T10:00:00Z|1").decode(),
        to_ref(2**63 - 1) + to_ref(1),
        to_ref(1),
    ],
)
def test_a_place_that_was_tampered_with_is_refused(database: Database, cast: Cast, now: datetime, before: str) -> None:
    with pytest.raises(Invalid):
        page(database, everything(cast.alice.customer_id), now, before)


@given(st.text(max_size=40))
@example("0" * 26)
@example("8" * 26)
@example("7" + "z" * 12 + "7" + "z" * 12)
def test_reading_a_place_gives_a_place_or_a_refusal(place: str) -> None:
    try:
        at, interaction_id = read_place(place)
    except ValueError:
        return
    assert at.tzinfo is not None
    assert 0 <= interaction_id < 2**63


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), st.integers(0, 2**63 - 1))
def test_a_place_is_read_as_it_was_written(at: datetime, interaction_id: int) -> None:
    assert read_place(write_place(at, interaction_id)) == (at, interaction_id)


def test_a_place_within_a_crowd_of_one_moment_goes_on_there(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        made = [record_interaction(session, cast.alice.customer_id, channel="web", kind="signed_out", now=now) for _ in range(9)]
    seen = [item.id for card in pages(database, everything(cast.alice.customer_id), now, 2) for item in card.items]
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize(("limit", "shown"), [(0, 1), (-5, 1), (1, 1), (10_000, 100)])
def test_a_page_holds_one_to_a_hundred(database: Database, cast: Cast, now: datetime, limit: int, shown: int) -> None:
    fill(database, cast, now, count=105)
    assert len(page(database, everything(cast.alice.customer_id), now, limit=limit).items) == shown


def test_only_kinds_and_channels_there_are_can_be_recorded(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        for channel, kind in (("web", "danced"), ("fax", "signed_in"), ("", "")):
            with pytest.raises(ValueError, match="no such kind"):
                record_interaction(session, cast.alice.customer_id, channel=channel, kind=kind, now=now)
        assert session.scalar(sa.select(sa.func.count()).select_from(Interaction)) == 0


@pytest.mark.parametrize("kind", list(list_kinds()))
def test_every_kind_has_a_sentence_for_whatever_is_known(database: Database, cast: Cast, now: datetime, kind: str) -> None:
    sentences = list_kinds()[kind]
    assert sentence_of(kind, {}) == sentences[-1]
    assert "%" not in sentences[-1]
    names = (
        "device",
        "cycle_start",
        "total_minor",
        "due_on",
        "amount_minor",
        "outlet",
        "product",
        "before",
        "after",
        "topic",
        "language",
        "name",
    )
    names = set(re.findall(r"%\((\w+)\)s", " ".join(sentences)))
    assert sentence_of(kind, dict.fromkeys(names, "x")) == sentences[0]
    assert sentence_of(kind, dict.fromkeys(names)) == sentences[-1]
    with database.writing() as session:
        for channel in CHANNELS:
            record_interaction(session, cast.alice.customer_id, channel=channel, kind=kind, now=now)


def test_a_kind_of_a_later_release_is_shown_in_general_words_and_breaks_nothing(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        made = record_interaction(session, cast.alice.customer_id, channel="web", kind="signed_in", now=now)
        session.execute(sa.update(Interaction).where(Interaction.id == made).values(kind="teleported"))
    (item,) = page(database, everything(cast.alice.customer_id), now).items
    assert (item.kind, item.sentence) == ("teleported", "A contact of another kind")


def test_the_kinds_that_others_record_are_there() -> None:
    others = "signed_in signed_out password_set password_reset bill_issued bill_paid visited_counter code_sent_counter product_started"
    more = "product_ended device_changed plan_changed called_support language_changed"
    assert set(f"{others} {more}".split()) <= set(list_kinds())
