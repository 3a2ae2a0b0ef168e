"""Points against a model of them: lists that anybody can check by eye."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from portal.base.db import Base, Database
from portal.base.ledger import ReferenceReused
from portal.points import GRACE_DAYS, HoldEnded, NotEnoughPoints
from tests.cast import NOW, Cast
from tests.points.purse import Purses

TABLES = (
    "points_lot_use", "points_hold", "points_lot", "points_earned",
    "ledger_entry", "ledger_movement", "ledger_account", "outbox_event",
)  # fmt: skip


@dataclass
class Lot:
    """A lot of the model: the day it can no longer be spent, and what is left."""

    until: int
    left: int


@dataclass
class Hold:
    """A hold of the model: what it took from which lots, and how it ended."""

    amount: int
    took: list[tuple[Lot, int]]
    status: str = "held"


@dataclass
class Model:
    """What should be true. Days count from the first."""

    today: int = 0
    lots: list[Lot] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    issued: int = 0
    expired: int = 0

    def available(self) -> int:
        return sum(lot.left for lot in self.lots if lot.until > self.today)

    def put(self, until: int, amount: int) -> None:
        self.lots.append(Lot(until, amount))

    def hold(self, reference: str, amount: int) -> None:
        taken, rest = [], amount
        for lot in sorted((lot for lot in self.lots if lot.until > self.today and lot.left), key=lambda lot: lot.until):
            part = min(rest, lot.left)
            if part:
                lot.left -= part
                rest -= part
                taken.append((lot, part))
        self.holds[reference] = Hold(amount, taken)

    def release(self, hold: Hold) -> None:
        hold.status = "released"
        for lot, part in hold.took:
            if lot.until > self.today:
                lot.left += part
            else:
                self.put(self.today + GRACE_DAYS, part)

    def expire(self) -> None:
        for lot in self.lots:
            if lot.until <= self.today:
                self.expired += lot.left
                lot.left = 0


class PointsMachine(RuleBasedStateMachine):
    """Earns, holds, spends, gives back, lets time pass and repeats all of it; the model says what must come of it."""

    database: Database
    customer_id: int

    @initialize()
    def start(self) -> None:
        with self.database.writing() as session:
            for name in TABLES:
                session.execute(sa.delete(Base.metadata.tables[name]))
        self.purse = Purses(self.database, self.customer_id, NOW)
        self.model = Model()
        self.given: dict[str, tuple[int, int]] = {}
        self.numbers = itertools.count()

    @rule(amount=st.integers(1, 40), days=st.integers(1, 25))
    def earn(self, amount: int, days: int) -> None:
        reference, until = f"g{next(self.numbers)}", self.model.today + days
        assert self.purse.give(amount, days=until, reference=reference, on=self.model.today)
        self.given[reference] = (amount, until)
        self.model.put(until, amount)
        self.model.issued += amount

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def earn_again(self, data: st.DataObject) -> None:
        reference = data.draw(st.sampled_from(sorted(self.given)))
        amount, _ = self.given[reference]
        later = self.model.today + 5
        assert not self.purse.give(amount, days=later, reference=reference, on=self.model.today)
        with pytest.raises(ReferenceReused):
            self.purse.give(amount + 1, days=later, reference=reference, on=self.model.today)

    @rule(amount=st.integers(1, 60))
    def hold(self, amount: int) -> None:
        reference = f"order:{next(self.numbers)}"
        if amount > self.model.available():
            with pytest.raises(NotEnoughPoints):
                self.purse.hold(amount, reference, on=self.model.today)
        else:
            self.purse.hold(amount, reference, on=self.model.today)
            self.model.hold(reference, amount)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def hold_again(self, data: st.DataObject) -> None:
        reference = data.draw(st.sampled_from(sorted(self.model.holds)))
        amount = self.model.holds[reference].amount
        self.purse.hold(amount, reference, on=self.model.today)
        with pytest.raises(ReferenceReused):
            self.purse.hold(amount + 1, reference, on=self.model.today)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), end=st.sampled_from(["spent", "released"]))
    def end(self, data: st.DataObject, end: str) -> None:
        reference = data.draw(st.sampled_from(sorted(self.model.holds)))
        hold = self.model.holds[reference]
        act: Any = self.purse.spend if end == "spent" else self.purse.release
        if hold.status not in ("held", end):
            with pytest.raises(HoldEnded):
                act(reference, on=self.model.today)
            return
        act(reference, on=self.model.today)
        if hold.status == "held" and end == "released":
            self.model.release(hold)
        hold.status = end

    @rule(days=st.integers(1, 15))
    def wait(self, days: int) -> None:
        self.model.today += days

    @rule()
    def expire(self) -> None:
        self.purse.expire(on=self.model.today)
        self.model.expire()

    @invariant()
    def ledger_lots_card_and_model_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        ends = {status: sum(each.amount for each in self.model.holds.values() if each.status == status) for status in ("held", "spent")}
        card = self.purse.card(on=self.model.today)
        assert (card.available, card.held) == (self.model.available(), ends["held"])
        days: dict[int, int] = {}
        for lot in self.model.lots:
            if lot.left:
                days[lot.until] = days.get(lot.until, 0) + lot.left
        found: dict[int, int] = {}
        for until, left in self.purse.lots():
            if left:
                found[until] = found.get(until, 0) + left
        assert found == days
        usable = sorted(until for until in days if until > self.model.today)[:3]
        last_days = [NOW.date() + timedelta(days=until - 1) for until in usable]
        assert [(each.on, each.amount) for each in card.expiring] == [
            (day, days[until]) for day, until in zip(last_days, usable, strict=True)
        ]
        assert self.purse.books() == {
            "points": sum(days.values()), "held": ends["held"], "issued": -self.model.issued, "spent": ends["spent"],
            "expired": self.model.expired,
        }  # fmt: skip
        assert self.purse.faults() == []


def test_points_do_what_their_model_does(database: Database, cast: Cast) -> None:
    machine = type("Machine", (PointsMachine,), {"database": database, "customer_id": cast.alice.customer_id})
    run_state_machine_as_test(machine, settings=hypothesis_settings(max_examples=15, stateful_step_count=25, deadline=None))
