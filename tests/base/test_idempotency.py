"""A request that comes twice acts once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.idempotency import IdempotencyKey, KeyReused, claim, forget_before, store


def test_the_first_request_goes_on_and_the_second_is_told_the_same(database: Database, now: datetime) -> None:
    with database.writing() as session:
        assert claim(session, "pay", "k1", "body", now=now) is None
        store(session, "pay", "k1", {"bill": 7, "word": "已付"})
    with database.writing() as session:
        assert claim(session, "pay", "k1", "body", now=now) == {"bill": 7, "word": "已付"}


def test_the_same_key_in_another_scope_is_another_request(database: Database, now: datetime) -> None:
    with database.writing() as session:
        assert claim(session, "pay", "k1", "body", now=now) is None
        assert claim(session, "order", "k1", "body", now=now) is None
        assert claim(session, "pay", "k2", "body", now=now) is None


def test_the_same_key_with_another_body_is_refused(database: Database, now: datetime) -> None:
    with database.writing() as session:
        claim(session, "pay", "k1", "100", now=now)
        store(session, "pay", "k1", {"ok": True})
    with database.writing() as session, pytest.raises(KeyReused) as refusal:
        claim(session, "pay", "k1", "10000", now=now)
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key_reused")


def test_a_request_that_failed_left_no_claim(database: Database, now: datetime) -> None:
    with suppress(RuntimeError), database.writing() as session:
        claim(session, "pay", "k1", "body", now=now)
        raise RuntimeError
    with database.writing() as session:
        assert claim(session, "pay", "k1", "body", now=now) is None


def test_of_six_at_once_one_acts_and_all_are_told_the_same(database: Database, now: datetime) -> None:
    acted = []

    def request(place: int) -> dict[str, object]:
        with database.writing() as session:
            answer = claim(session, "pay", "k1", "body", now=now)
            if answer is None:
                acted.append(place)
                answer = {"by": place}
                store(session, "pay", "k1", answer)
            return answer

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(request, range(6)))
    assert len(acted) == 1
    assert answers == [{"by": acted[0]}] * 6


def test_old_keys_are_forgotten_and_young_ones_kept(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for place in range(5):
            claim(session, "pay", f"k{place}", "body", now=now - timedelta(days=place))
        assert forget_before(session, now - timedelta(days=2)) == 2
        left = session.scalars(sa.select(IdempotencyKey.key).order_by(IdempotencyKey.key)).all()
    assert left == ["k0", "k1", "k2"]
