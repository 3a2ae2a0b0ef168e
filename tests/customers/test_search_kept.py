"""What customers are found by follows every change; and crowds are searched as honestly as few."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.base.db import Database
from portal.base.privacy import mask_number
from portal.customers import (
    NewCustomer,
    NewPerson,
    SearchAnswer,
    add_member,
    change_number,
    create_customer,
    end_line,
    rename_customer,
    search_keys_of,
)
from portal.customers.models import SearchKey
from tests.cast import Cast
from tests.customers.finding import NEW_ID, crowd, ids, noise, search


def test_of_a_name_and_digits_the_rarer_one_is_looked_up_however_common_the_other(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        crowd(session, "周一", "1360", 1_200, now)
    assert ids(database, "欧阳 136") == [noise(cast, "欧阳晓明").customer_id]
    assert ids(database, "王博 13") == [cast.alice.customer_id]
    assert ids(database, "周一 00001199") == [NEW_ID + 1_199]
    assert ids(database, "zhou 0001199") == [NEW_ID + 1_199]
    assert search(database, "吴 136") == SearchAnswer((), False, "name_and_number")
    assert not search(database, "欧阳 136").more


def test_what_is_too_common_either_way_is_said_to_be_more_and_never_hidden(database: Database, now: datetime) -> None:
    with database.writing() as session:
        crowd(session, "周一", "1360", 1_200, now)
        crowd(session, "吴二", "1370", 1_200, now, first=2 * NEW_ID)
    assert search(database, "周 1370") == SearchAnswer((), True, "name_and_number")
    answer = search(database, "周 1360")
    assert (len(answer.hits), answer.more) == (20, True)


def test_a_renamed_customer_is_found_by_the_new_name_only(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        rename_customer(session, cast.charlie.customer_id, "张若曦")
    assert ids(database, "李查理") == []
    assert ids(database, "lichali") == []
    assert cast.charlie.customer_id not in ids(database, "li 1234")
    assert ids(database, "张若曦") == [cast.charlie.customer_id]
    assert ids(database, "zrx") == [cast.charlie.customer_id]
    assert ids(database, "zhang 1234") == [cast.charlie.customer_id]
    assert ids(database, "13701601234") == [cast.charlie.customer_id]


def test_a_changed_number_is_found_and_the_old_one_is_not(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        change_number(session, cast.alice.customer_id, cast.alice.subscription_id, "18612349999", now=now)
    assert ids(database, cast.alice.number) == []
    assert ids(database, "18612349999") == [cast.alice.customer_id]
    assert ids(database, cast.bob.number) == [cast.alice.customer_id]
    assert ids(database, "王爱丽 9999") == [cast.alice.customer_id]


def test_an_ended_line_is_not_found_by_its_number_but_its_customer_by_name(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        end_line(session, cast.charlie.customer_id, cast.charlie.subscription_id, now=now)
    assert ids(database, cast.charlie.number) == []
    (hit,) = search(database, "李查理").hits
    assert hit.customer_id == cast.charlie.customer_id
    assert hit.number_masked == mask_number(cast.charlie.number)


def test_a_customer_without_lines_is_found_and_shows_no_number(database: Database, now: datetime) -> None:
    with database.writing() as session:
        create_customer(session, NewCustomer("孤零零"), now=now)
    (hit,) = search(database, "孤").hits
    assert hit.number_masked is None
    assert hit.region is None


def test_a_new_user_of_a_line_is_found_and_the_former_one_is_not(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, NewPerson("赵云"), now=now)
    assert ids(database, "赵云") == [cast.alice.customer_id]
    assert ids(database, "王博") == []
    assert cast.alice.customer_id in ids(database, "王爱丽")


def test_keys_are_exactly_those_of_the_present_names_and_numbers(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        change_number(session, cast.alice.customer_id, cast.bob.subscription_id, "18600001111", now=now)
        rename_customer(session, cast.alice.customer_id, "单于明")
        kept = session.execute(sa.select(SearchKey.kind, SearchKey.key).where(SearchKey.customer_id == cast.alice.customer_id)).all()
    numbers = [cast.alice.number, "18600001111"]
    wanted = search_keys_of("单于明", numbers) | search_keys_of("王博", numbers)
    assert {tuple(row) for row in kept} == wanted
