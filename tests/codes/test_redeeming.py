"""Redeeming: what is good, what is not and why, what is won, and what it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid
from portal.codes import NewPrize, Redeemed, Rules, read_code, stop_batch
from tests.cast import Cast
from tests.codes.press import Press, reason_of

OUTBOX, TIMELINE = Base.metadata.tables["outbox_event"], Base.metadata.tables["interaction"]
FLASK = NewPrize({"zh": "保温杯", "en": "Thermos flask"}, "offering", 1_000_000, amount=1, offering_code="gift_thermos")
NOTHING = NewPrize({"zh": "谢谢参与", "en": "No luck this time"}, "nothing", 1_000_000)


def _events(press: Press) -> list[tuple[str, dict[str, object]]]:
    with press.database.reading() as session:
        rows = session.execute(sa.select(OUTBOX.c.type, OUTBOX.c.payload).where(OUTBOX.c.type.like("codes.%")).order_by(OUTBOX.c.id))
        return [(row.type, row.payload) for row in rows]


def test_a_code_wins_what_was_drawn_and_everybody_is_told_once(press: Press, cast: Cast) -> None:
    batch_id = press.batch()
    code = press.code(batch_id, 7)
    won = press.redeem(cast.alice, code)
    assert isinstance(won, Redeemed)
    assert won.prize is not None
    assert (won.number, won.prize.kind, won.prize.points) == (7, "points", 50)
    assert [kind for kind, _ in _events(press)] == ["codes.code_redeemed", "codes.prize_won"]
    payload = _events(press)[1][1]
    assert (payload["customer_id"], payload["reference"], payload["points"]) == (cast.alice.customer_id, f"code:{batch_id}:7", 50)
    assert code.replace("-", "") not in str(_events(press)).replace("-", "")
    assert (reason_of(press.redeem(cast.alice, code)), reason_of(press.redeem(cast.charlie, code))) == ("mine", "used")
    with press.database.reading() as session:
        kinds = session.scalars(sa.select(TIMELINE.c.kind).where(TIMELINE.c.customer_id == cast.alice.customer_id)).all()
    assert kinds.count("prize_won") == 1
    assert len(_events(press)) == 2


def test_a_prize_that_is_out_is_won_no_more(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.new(prizes=(FLASK,)))
    first, second = (press.redeem(cast.alice, press.code(batch_id, number)) for number in (1, 2))
    assert isinstance(first, Redeemed)
    assert isinstance(second, Redeemed)
    assert first.prize is not None
    assert (first.prize.offering_code, second.prize, press.left(batch_id)) == ("gift_thermos", None, [0])
    assert [kind for kind, _ in _events(press)].count("codes.prize_won") == 1


def test_a_draw_that_wins_nothing_is_redeemed_all_the_same(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(press.new(prizes=(NOTHING,))), 1)
    won = press.redeem(cast.alice, code)
    assert isinstance(won, Redeemed)
    assert won.prize is None
    assert reason_of(press.redeem(cast.alice, code)) == "mine"


def test_a_code_is_good_in_its_time_alone(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.new(starts_at=press.now + timedelta(days=1), ends_at=press.now + timedelta(days=2)))
    code = press.code(batch_id, 1)
    assert reason_of(press.redeem(cast.alice, code)) == "not_yet"
    assert reason_of(press.redeem(cast.alice, code, now=press.now + timedelta(days=2))) == "ended"
    assert not reason_of(press.redeem(cast.alice, code, now=press.now + timedelta(days=1)))


def test_rules_say_where_who_and_how_many(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.new(rules=Rules(per_customer=3, per_customer_day=1, per_day=2, channels=("web",), kinds=("individual",))))
    codes = [press.code(batch_id, number) for number in range(8)]
    assert reason_of(press.redeem(cast.alice, codes[0], channel="counter")) == "channel"
    assert reason_of(press.redeem(cast.erin, codes[0])) == "customer"
    assert not reason_of(press.redeem(cast.alice, codes[0]))
    assert reason_of(press.redeem(cast.alice, codes[1])) == "day_limit"
    assert not reason_of(press.redeem(cast.charlie, codes[1]))
    assert reason_of(press.redeem(cast.noise[0], codes[2])) == "day_limit"
    for day in (1, 2):
        assert not reason_of(press.redeem(cast.alice, codes[2 + day], now=press.now + timedelta(days=day)))
    assert reason_of(press.redeem(cast.alice, codes[5], now=press.now + timedelta(days=3))) == "customer_limit"


def test_a_coupon_and_a_stopped_batch_are_told_as_what_they_are(press: Press, cast: Cast) -> None:
    coupon, batch_id = press.code(press.batch(press.coupons()), 1), press.batch()
    assert reason_of(press.redeem(cast.alice, coupon)) == "coupon"
    with press.database.writing() as session:
        stop_batch(session, batch_id)
    assert reason_of(press.redeem(cast.alice, press.code(batch_id, 1))) == "stopped"


def test_a_typing_error_is_told_and_counts_as_nothing(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(), 1)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for _ in range(30):
        with pytest.raises(Invalid):
            press.redeem(cast.alice, wrong)
    assert not reason_of(press.redeem(cast.alice, code))


def test_batches_a_thousand_and_twenty_four_apart_share_a_mark_and_not_their_codes(press: Press, cast: Cast) -> None:
    first = press.batch()
    with press.database.writing() as session:
        batch = Base.metadata.tables["code_batch"]
        row = dict(session.execute(sa.select(batch).where(batch.c.id == first)).mappings().one())
        session.execute(sa.insert(batch).values({**row, "id": first + 1024, "secret": press.keys.encrypt("5e" * 32)}))
    with press.database.reading() as session:
        found = [read_code(session, press.keys, press.code(batch_id, 1)) for batch_id in (first, first + 1024)]
    assert [(each.batch_id, each.number) for each in found if each] == [(first, 1), (first + 1024, 1)]
