"""Coupons: held for a while, moved with the order, used once, given back once."""

from __future__ import annotations

from datetime import timedelta

from portal.codes import Rules, expire_coupons, list_coupons, move_coupons, release_coupon, stop_batch, use_coupon
from tests.cast import Cast
from tests.codes.press import Press, reason_of

LATER = timedelta(minutes=31)


def test_a_held_coupon_is_its_holders_until_it_lapses(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(press.coupons()), 3)
    held = press.hold(cast.alice, code)
    assert not reason_of(held)
    assert held.campaign_code == "autumn"  # type: ignore[union-attr]
    assert reason_of(press.hold(cast.charlie, code, "cart:2")) == "held"
    assert reason_of(press.hold(cast.alice, code, "cart:2")) == "held"
    assert press.hold(cast.alice, code) == held
    assert not reason_of(press.hold(cast.charlie, code, "cart:2", now=press.now + LATER))
    with press.database.writing() as session:
        assert use_coupon(session, cast.alice.customer_id, "cart:1", now=press.now + LATER) == 0
        assert use_coupon(session, cast.alice.customer_id, "cart:2", now=press.now + LATER) == 0
        assert use_coupon(session, cast.charlie.customer_id, "cart:2", now=press.now + LATER) == 1


def test_asking_again_holds_a_coupon_for_longer(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(press.coupons()), 3)
    press.hold(cast.alice, code)
    press.hold(cast.alice, code, now=press.now + timedelta(minutes=20))
    assert reason_of(press.hold(cast.charlie, code, "cart:2", now=press.now + LATER)) == "held"


def test_a_used_coupon_is_given_back_once_with_what_it_counted(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.coupons(rules=Rules(per_customer=1, per_customer_day=1, per_day=1)))
    code, other = press.code(batch_id, 3), press.code(batch_id, 4)
    press.hold(cast.alice, code)
    assert press.counted(batch_id) == 1
    with press.database.writing() as session:
        assert move_coupons(session, cast.alice.customer_id, "cart:1", "order:9", until=None, now=press.now) == [f"code:{batch_id}:3"]
        assert use_coupon(session, cast.alice.customer_id, "order:9", now=press.now) == 1
        assert use_coupon(session, cast.alice.customer_id, "order:9", now=press.now) == 0
        assert [each.reference for each in list_coupons(session, cast.alice.customer_id, "order:9")] == [f"code:{batch_id}:3"]
    assert reason_of(press.hold(cast.alice, other)) == "customer_limit"
    assert reason_of(press.hold(cast.charlie, other)) == "day_limit"
    with press.database.writing() as session:
        assert release_coupon(session, cast.charlie.customer_id, "order:9", now=press.now) == 0
        assert release_coupon(session, cast.alice.customer_id, "order:9", now=press.now) == 1
        assert release_coupon(session, cast.alice.customer_id, "order:9", now=press.now) == 0
    assert press.counted(batch_id) == 0
    assert not reason_of(press.hold(cast.charlie, code))


def test_one_of_several_coupons_is_let_go_by_its_reference(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.coupons())
    for number in (3, 4):
        press.hold(cast.alice, press.code(batch_id, number))
    with press.database.writing() as session:
        assert release_coupon(session, cast.alice.customer_id, "cart:1", now=press.now, references=[f"code:{batch_id}:3"]) == 1
        assert [each.number for each in list_coupons(session, cast.alice.customer_id, "cart:1")] == [4]


def test_the_sweep_gives_back_what_lapsed_and_nothing_else(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.coupons(rules=Rules(per_day=10)))
    press.hold(cast.alice, press.code(batch_id, 3))
    press.hold(cast.alice, press.code(batch_id, 4), minutes=60)
    with press.database.writing() as session:
        assert expire_coupons(session, now=press.now + LATER) == 1
    assert [use["number"] for use in press.uses()] == [4]
    assert press.counted(batch_id) == 1


def test_a_refused_claim_leaves_nothing(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.coupons(rules=Rules(per_customer=1)))
    press.hold(cast.alice, press.code(batch_id, 3))
    assert reason_of(press.hold(cast.alice, press.code(batch_id, 4))) == "customer_limit"
    assert [use["number"] for use in press.uses()] == [3]


def test_a_stopped_batch_holds_nothing_more(press: Press, cast: Cast) -> None:
    batch_id = press.batch(press.coupons())
    with press.database.writing() as session:
        stop_batch(session, batch_id)
    assert reason_of(press.hold(cast.alice, press.code(batch_id, 3))) == "stopped"


def test_a_prize_code_is_no_coupon(press: Press, cast: Cast) -> None:
    assert reason_of(press.hold(cast.alice, press.code(press.batch(), 3))) == "prize"
