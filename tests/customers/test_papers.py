"""Papers that were shown: kept as of the last time, counted until their day, and never anything that stands on them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.errors import Invalid, NotFound
from portal.customers import PAPERS, PaperName, get_shopper, keep_papers, list_papers
from tests.cast import NOW, Cast
from tests.statements import statements

YEAR_ON = date(2027, 11, 22)


def show(database: Database, customer_id: int, *names: str, by: str = "staff:7", days: int = 0) -> None:
    with database.writing() as session:
        keep_papers(session, customer_id, names, seen_by=by, now=NOW + timedelta(days=days))


def counted(database: Database, customer_id: int, *, days: int = 0) -> frozenset[str]:
    with database.reading() as session:
        return get_shopper(session, customer_id, now=NOW + timedelta(days=days)).documents


def test_the_names_that_may_be_written_are_those_there_are() -> None:
    assert set(get_args(PaperName)) == set(PAPERS)


def test_a_paper_that_was_shown_counts_for_its_customer_alone(database: Database, cast: Cast) -> None:
    show(database, cast.alice.customer_id, "id_card", "student_card")
    assert counted(database, cast.alice.customer_id) == {"id_card", "student_card"}
    assert counted(database, cast.charlie.customer_id) == frozenset()


def test_a_shopper_with_papers_is_still_read_by_one_statement(database: Database, cast: Cast) -> None:
    show(database, cast.alice.customer_id, *PAPERS)
    with database.reading() as session, statements(database) as sent:
        alice = get_shopper(session, cast.alice.customer_id, now=NOW)
    assert len(sent) == 1
    assert alice.documents == PAPERS.keys()
    assert alice.products == {"voice_standard", "internet_fibre", "extra_line"}


def test_a_student_card_counts_a_year_to_the_day_and_an_identity_card_for_good(database: Database, cast: Cast) -> None:
    show(database, cast.alice.customer_id, "id_card", "student_card")
    assert counted(database, cast.alice.customer_id, days=365) == {"id_card", "student_card"}
    assert counted(database, cast.alice.customer_id, days=366) == {"id_card"}
    with database.reading() as session:
        (first, second) = list_papers(session, cast.alice.customer_id, now=NOW + timedelta(days=366))
    assert (first.name, first.valid_until, first.counts) == ("id_card", None, True)
    assert (second.name, second.valid_until, second.counts) == ("student_card", YEAR_ON, False)
    assert (second.seen_on, second.seen_by) == (date(2026, 11, 22), "staff:7")


def test_the_newest_showing_wins_whichever_is_noted_last(database: Database, cast: Cast) -> None:
    show(database, cast.alice.customer_id, "student_card")
    show(database, cast.alice.customer_id, "student_card", by="staff:8", days=300)
    show(database, cast.alice.customer_id, "student_card", by="staff:9", days=100)
    with database.reading() as session:
        (only,) = list_papers(session, cast.alice.customer_id, now=NOW)
    assert (only.seen_by, only.seen_on, only.valid_until) == ("staff:8", date(2027, 9, 18), date(2028, 9, 18))


def test_a_paper_that_is_none_and_a_customer_that_is_none_are_refused(database: Database, cast: Cast) -> None:
    for name in ("", "passport", "ID_CARD"):
        with pytest.raises(Invalid) as refused:
            show(database, cast.alice.customer_id, "id_card", name)
        assert set(refused.value.fields) == {"paper"}
    assert counted(database, cast.alice.customer_id) == frozenset()
    with pytest.raises(NotFound):
        show(database, 1, "id_card")


def test_nothing_that_stands_on_a_paper_has_a_place_to_be_kept() -> None:
    assert set(Base.metadata.tables["customer_paper"].c.keys()) == {"customer_id", "name", "seen_at", "seen_by", "valid_until"}
    assert not any(isinstance(each.type, sa.JSON | sa.LargeBinary) for each in Base.metadata.tables["customer_paper"].c)
