"""Who acts for whom, and how much of a customer each sees."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.errors import NotFound, Refused
from portal.customers import (
    EVERYTHING,
    NOTHING,
    ActingFor,
    NewCustomer,
    NewLine,
    NewPerson,
    Viewer,
    add_member,
    create_customer,
    end_line,
    find_holder,
    get_viewer,
    list_acting,
    remove_member,
)
from portal.customers.models import CustomerRole, NumberHolding
from tests.cast import JOINED, Cast


def test_an_owner_sees_everything(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        viewer = get_viewer(session, cast.alice.party_id, cast.alice.customer_id, now=now)
    assert viewer == Viewer("subscriber", f"party:{cast.alice.party_id}", cast.alice.customer_id, lines=None, rights=EVERYTHING, full=True)
    assert viewer.sees_line(cast.bob.subscription_id)
    assert viewer.sees_line(None)


def test_a_member_sees_the_own_line_and_no_money(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        viewer = get_viewer(session, cast.bob.party_id, cast.alice.customer_id, now=now)
    assert viewer.lines == {cast.bob.subscription_id}
    assert not viewer.money
    assert not viewer.sees_line(cast.alice.subscription_id)
    assert not viewer.sees_line(None)


def test_the_administrator_of_an_enterprise_sees_all_of_it(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        viewer = get_viewer(session, cast.erin.party_id, cast.acme.customer_id, now=now)
    assert (viewer.lines, viewer.money) == (None, True)


@pytest.mark.parametrize(
    ("who", "whose"), [("charlie", "alice"), ("bob", "charlie"), ("alice", "acme"), ("erin", "alice"), ("alice", "charlie")]
)
def test_a_stranger_is_told_that_there_is_nothing(database: Database, cast: Cast, now: datetime, who: str, whose: str) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        get_viewer(session, getattr(cast, who).party_id, getattr(cast, whose).customer_id, now=now)


def test_a_customer_or_person_there_is_not_is_refused_in_the_same_way(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        for party_id, customer_id in ((cast.alice.party_id, 1), (1, cast.alice.customer_id), (0, 0), (-1, -1)):
            with pytest.raises(NotFound):
                get_viewer(session, party_id, customer_id, now=now)


def test_a_role_counts_from_its_first_moment_to_before_its_last(database: Database, cast: Cast) -> None:
    ended = JOINED + timedelta(days=500)
    with database.writing() as session:
        session.execute(sa.update(CustomerRole).where(CustomerRole.party_id == cast.bob.party_id).values(valid_to=ended))
    began = JOINED + timedelta(days=400)
    with database.reading() as session:

        def seen(moment: datetime) -> bool:
            try:
                get_viewer(session, cast.bob.party_id, cast.alice.customer_id, now=moment)
            except NotFound:
                return False
            return True

        assert [seen(began - timedelta(seconds=1)), seen(began), seen(ended - timedelta(seconds=1)), seen(ended)] == [
            False,
            True,
            True,
            False,
        ]


def test_everybody_one_acts_for_is_listed_own_first(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, cast.erin.party_id, now=now)
        session.add(
            CustomerRole(customer_id=cast.charlie.customer_id, party_id=cast.erin.party_id, role="owner", valid_from=now, valid_to=None)
        )
    with database.reading() as session:
        acting = list_acting(session, cast.erin.party_id, now=now)
        nobody = list_acting(session, 12345, now=now)
    assert acting == [
        ActingFor(cast.charlie.customer_id, "李查理", "owner", None, EVERYTHING, cast.erin.party_id),
        ActingFor(cast.acme.customer_id, "Acme Ltd", "administrator", None, EVERYTHING, cast.erin.party_id),
        ActingFor(cast.alice.customer_id, "王爱丽", "member", frozenset({cast.bob.subscription_id}), NOTHING, cast.erin.party_id),
    ]
    assert nobody == []


def test_who_is_owner_and_member_at_once_is_listed_once_and_sees_all(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        session.add(
            CustomerRole(customer_id=cast.alice.customer_id, party_id=cast.alice.party_id, role="member", valid_from=now, valid_to=None)
        )
    with database.reading() as session:
        assert list_acting(session, cast.alice.party_id, now=now) == [
            ActingFor(cast.alice.customer_id, "王爱丽", "owner", None, EVERYTHING, cast.alice.party_id)
        ]
        assert get_viewer(session, cast.alice.party_id, cast.alice.customer_id, now=now).money


def test_a_member_of_two_lines_sees_both(database: Database, now: datetime) -> None:
    with database.writing() as session:
        lines = tuple(NewLine(f"1350000000{place}") for place in range(3))
        made = create_customer(session, NewCustomer("张三", lines=lines), now=now)
        party = add_member(session, made.customer_id, made.subscription_ids[1], NewPerson("李四"), now=now)
        add_member(session, made.customer_id, made.subscription_ids[2], party, now=now)
        viewer = get_viewer(session, party, made.customer_id, now=now)
    assert viewer.lines == set(made.subscription_ids[1:])


def test_the_new_user_of_a_line_signs_in_by_its_number_and_the_past_is_kept(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        carol = add_member(session, cast.alice.customer_id, cast.bob.subscription_id, NewPerson("赵云"), now=now)
    with database.reading() as session:
        holder = find_holder(session, cast.bob.number)
        past = session.execute(
            sa.select(NumberHolding.party_id, NumberHolding.valid_to)
            .where(NumberHolding.number == cast.bob.number)
            .order_by(NumberHolding.valid_from)
        ).all()
        with pytest.raises(NotFound):  # Bob uses no line there any more
            get_viewer(session, cast.bob.party_id, cast.alice.customer_id, now=now)
    assert holder is not None
    assert holder.party_id == carol
    assert [party for party, _ in past] == [cast.alice.party_id, cast.bob.party_id, carol]
    assert [end for _, end in past] == [JOINED + timedelta(days=400), now, None]


def test_a_removed_member_sees_nothing_and_the_line_goes_back(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        remove_member(session, cast.alice.customer_id, cast.bob.party_id, now=now)
    with database.reading() as session:
        assert list_acting(session, cast.bob.party_id, now=now) == []
        holder = find_holder(session, cast.bob.number)
    assert holder is not None
    assert holder.party_id == cast.alice.party_id
    with database.writing() as session, pytest.raises(NotFound):
        remove_member(session, cast.alice.customer_id, cast.bob.party_id, now=now)


def test_a_removed_member_can_come_back(database: Database, cast: Cast, now: datetime) -> None:
    later = now + timedelta(days=1)
    with database.writing() as session:
        remove_member(session, cast.alice.customer_id, cast.bob.party_id, now=now)
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, cast.bob.party_id, now=later)
        assert get_viewer(session, cast.bob.party_id, cast.alice.customer_id, now=later).lines == {cast.bob.subscription_id}


def test_nobody_becomes_a_member_by_a_line_that_is_not_there(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        with pytest.raises(NotFound):
            add_member(session, cast.charlie.customer_id, cast.bob.subscription_id, NewPerson("赵云"), now=now)
        with pytest.raises(NotFound):
            add_member(session, cast.alice.customer_id, cast.bob.subscription_id, 4711, now=now)
        end_line(session, cast.alice.customer_id, cast.bob.subscription_id, now=now)
        with pytest.raises(NotFound):
            add_member(session, cast.alice.customer_id, cast.bob.subscription_id, NewPerson("赵云"), now=now)


def test_who_uses_a_line_already_is_not_added_again(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session, pytest.raises(Refused) as refusal:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, cast.bob.party_id, now=now)
    assert refusal.value.code == "uses_it_already"
