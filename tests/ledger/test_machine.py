"""The ledger against a model of it: a dictionary that anybody can check by eye."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.base.books import check_books, list_movements
from portal.base.db import Database
from portal.base.ledger import Account, NotEnough, Posting, ReferenceReused, balance, post
from tests.ledger.test_post import empty

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACCOUNTS = [
    Account("points", "customer:1", "points", floor=0),
    Account("points", "customer:2", "points", floor=0),
    Account("credit", "customer:1", "points", floor=-30),
    Account("issued", "operator", "points"),
]
shares = st.lists(st.integers(-40, 40).filter(bool), min_size=1, max_size=len(ACCOUNTS) - 1)


class LedgerMachine(RuleBasedStateMachine):
    """Posts, repeats and contradicts movements; the model says what must come of it."""

    database: Database

    @initialize()
    def start(self) -> None:
        empty(self.database)
        self.balances: dict[Account, int] = defaultdict(int)
        self.entries: dict[Account, int] = defaultdict(int)
        self.posted: dict[str, list[Posting]] = {}
        self.numbers = itertools.count()

    def _post(self, reference: str, entries: list[Posting]) -> bool:
        with self.database.writing() as session:
            return post(session, reference, entries, now=NOW).is_new

    @rule(amounts=shares, order=st.permutations(ACCOUNTS))
    def move(self, amounts: list[int], order: list[Account]) -> None:
        amounts = [*amounts, -sum(amounts)] if sum(amounts) else [amounts[0], -amounts[0]]
        entries = [Posting(account, amount) for account, amount in zip(order, amounts, strict=False)]
        reference = f"m:{next(self.numbers)}"
        broken = any(
            entry.account.floor is not None and self.balances[entry.account] + entry.amount < entry.account.floor for entry in entries
        )
        try:
            assert self._post(reference, entries)
        except NotEnough:
            assert broken
            return
        assert not broken
        self.posted[reference] = entries
        for entry in entries:
            self.balances[entry.account] += entry.amount
            self.entries[entry.account] += 1

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.posted:
            reference = data.draw(st.sampled_from(sorted(self.posted)))
            assert not self._post(reference, data.draw(st.permutations(self.posted[reference])))

    @rule(data=st.data(), more=st.integers(1, 9))
    def contradict(self, data: st.DataObject, more: int) -> None:
        if self.posted:
            reference = data.draw(st.sampled_from(sorted(self.posted)))
            first, second, *rest = self.posted[reference]
            other = [Posting(first.account, first.amount + more), Posting(second.account, second.amount - more), *rest]
            if all(entry.amount for entry in other):
                with pytest.raises(ReferenceReused):
                    self._post(reference, other)

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        if not hasattr(self, "balances"):
            return
        with self.database.reading() as session:
            assert {account: balance(session, account) for account in ACCOUNTS} == {one: self.balances[one] for one in ACCOUNTS}
            assert [len(list_movements(session, one, limit=500)) for one in ACCOUNTS] == [self.entries[one] for one in ACCOUNTS]
            assert list(check_books(session)) == []


def test_the_ledger_does_what_its_model_does(database: Database) -> None:
    machine = type("Machine", (LedgerMachine,), {"database": database})
    run_state_machine_as_test(machine, settings=hypothesis_settings(max_examples=15, stateful_step_count=20, deadline=None))
