"""Who is buying, read at once: home, products, employer and lines, and nothing of anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.customers import NewPerson, add_employee, age_on, end_employee, end_line, get_shopper, lives_in, tenure_months
from tests.cast import NOW, Cast
from tests.statements import statements


def test_a_shopper_is_read_by_one_statement(database: Database, cast: Cast) -> None:
    with database.reading() as session, statements(database) as sent:
        alice = get_shopper(session, cast.alice.customer_id, now=NOW)
    assert len(sent) == 1
    assert (alice.kind, alice.tier, alice.region, alice.since) == ("individual", "gold", "浙江省", date(2024, 3, 5))
    assert alice.products == {"voice_standard", "internet_fibre", "extra_line"}
    assert [line.number for line in alice.lines] == [cast.alice.number, cast.bob.number]
    assert (alice.birth_date, alice.enterprise, alice.documents) == (date(1988, 4, 17), None, frozenset())


def test_what_has_ended_is_not_held_any_more(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        end_line(session, cast.alice.customer_id, cast.bob.subscription_id, now=NOW)
        alice = get_shopper(session, cast.alice.customer_id, now=NOW)
    assert [line.number for line in alice.lines] == [cast.alice.number]
    assert "extra_line" not in alice.products


def test_an_organisation_is_its_own_enterprise(database: Database, cast: Cast) -> None:
    with database.reading() as session:
        acme = get_shopper(session, cast.acme.customer_id, now=NOW, party_id=cast.erin.party_id)
    assert (acme.kind, acme.enterprise) == ("organisation", cast.acme.customer_id)


def test_who_works_for_an_enterprise_shops_as_its_employee_while_it_is_so(database: Database, cast: Cast) -> None:
    def enterprise(party_id: int | None = None) -> int | None:
        with database.reading() as session:
            return get_shopper(session, cast.charlie.customer_id, now=NOW, party_id=party_id).enterprise

    with database.writing() as session:
        add_employee(session, cast.acme.customer_id, cast.charlie.party_id, now=NOW)
        stranger = add_employee(session, cast.acme.customer_id, NewPerson("张三"), now=NOW)
    assert enterprise() == enterprise(cast.charlie.party_id) == enterprise(stranger) == cast.acme.customer_id
    assert enterprise(cast.alice.party_id) is None
    with database.writing() as session:
        end_employee(session, cast.acme.customer_id, cast.charlie.party_id, now=NOW)
    assert enterprise() is None


def test_nobody_is_not_found(database: Database, cast: Cast) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        get_shopper(session, 1, now=NOW)


def test_months_years_and_provinces_are_counted_as_people_do(database: Database, cast: Cast) -> None:
    with database.reading() as session:
        alice = get_shopper(session, cast.alice.customer_id, now=NOW)
    assert [tenure_months(alice, day) for day in (date(2024, 4, 4), date(2024, 4, 5), date(2026, 11, 22))] == [0, 1, 32]
    assert [age_on(alice, day) for day in (date(2026, 4, 16), date(2026, 4, 17))] == [37, 38]
    assert [lives_in(alice, names) for names in (["浙江"], ["上海", "浙江省"], ["上海"], [])] == [True, True, False, False]
    assert not lives_in(replace(alice, region=""), ["浙江"])
