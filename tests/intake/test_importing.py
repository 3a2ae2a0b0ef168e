"""What an import does to the record: new customers whole, changed ones brought up to date, all others left alone."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.audit import AuditEntry, verify
from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.customers import ProfileCard, Viewer, end_line, find_holder, profile_card, search_customers
from portal.intake.models import ImportRun
from tests.cast import Cast
from tests.intake.conftest import Import
from tests.intake.files import HEADINGS, KEYS, LI, MAPPING, PEOPLE, SMALL, WANG, changed, reasons, rejected, rows_of

NUMBER = "13957100001"


def card(database: Database, number: str, now: datetime) -> ProfileCard:
    with database.reading() as session:
        holder = find_holder(session, number)
        assert holder is not None, number
        return profile_card(session, Viewer("staff", "staff:7", holder.customer_id), now=now)


def found(database: Database, text: str) -> int:
    with database.reading() as session:
        return len(search_customers(session, text).hits)


def test_a_customer_of_a_file_is_had_whole(imports: Import, database: Database, now: datetime) -> None:
    tally = imports(PEOPLE)
    assert (tally.rows, tally.added, tally.rejected, tally.known_before, tally.known_after) == (3, 3, 0, 0, 3)
    wang = card(database, NUMBER, now)
    assert (wang.name, wang.kind, wang.status, wang.tier, wang.since, wang.language) == (
        *("王若曦", "individual", "active", "gold"),
        *(date(2019, 3, 5), "zh"),
    )
    assert wang.address is not None
    assert (wang.address.province, wang.address.city, wang.address.area, wang.address.line) == (
        "浙江省",
        "杭州市",
        "西湖区",
        "文三路 90 号",
    )
    assert wang.agreement is not None
    assert (wang.agreement.term, wang.agreement.ends_on) == ("two_years", date(2021, 3, 5))
    (line,) = wang.lines
    assert (line.number, line.kind, line.user_name) == ("139 5710 0001", "mobile", "王若曦")
    assert [(each.offering_code, each.monthly_price_minor, each.started_on) for each in line.products] == [
        ("voice_standard", 2000, date(2019, 3, 5)),
        ("internet_fibre", 5000, date(2019, 3, 5)),
    ]


def test_what_a_row_does_not_say_is_as_for_anybody_new(imports: Import, database: Database, now: datetime) -> None:
    imports(PEOPLE)
    keys = card(database, "13957100003", now)
    assert (keys.name, keys.tier, keys.address) == ("Alicia Keys", "silver", None)
    assert keys.account is not None
    assert (keys.account.payment_method, keys.account.paperless, keys.account.currency) == ("bank_transfer", True, "CNY")


@pytest.mark.parametrize("text", ["王若曦", "wangruoxi", "wrx", "王 0001", "13957100001", "710 0001"])
def test_a_customer_of_a_file_is_found_at_once(imports: Import, database: Database, text: str) -> None:
    before = found(database, text)
    imports(PEOPLE)
    assert found(database, text) == before + 1


def test_the_same_file_twice_changes_nothing(imports: Import, database: Database, now: datetime) -> None:
    imports(PEOPLE)
    before = rows_of(database)
    tally = imports(PEOPLE, at=now + timedelta(days=40))
    assert (tally.added, tally.changed, tally.unchanged, tally.known_before, tally.known_after) == (0, 0, 3, 3, 3)
    assert rows_of(database) == before


def test_a_changed_row_updates_what_the_mapping_owns_and_says_so(imports: Import, database: Database, now: datetime) -> None:
    imports(PEOPLE)
    told = changed(WANG, 姓名="王曦", 等级="银", 合约="按月", 地址="文二路 1 号", 出生日期="1988-04-18", 入网日期="2019-03-06")
    tally = imports([told, LI, KEYS], at=now + timedelta(days=1))
    assert (tally.added, tally.changed, tally.unchanged) == (0, 1, 2)
    assert dict(tally.fields) == dict.fromkeys(("name", "tier", "term", "address", "birth_date", "since"), 1)
    wang = card(database, NUMBER, now)
    assert (wang.name, wang.tier, wang.since) == ("王曦", "silver", date(2019, 3, 6))
    assert wang.agreement is not None
    assert (wang.agreement.term, wang.agreement.ends_on) == ("monthly", None)
    assert wang.address is not None
    assert wang.address.line == "文二路 1 号"
    assert (found(database, "王若曦"), found(database, "王曦"), found(database, "wangxi 0001")) == (0, 1, 1)


def test_what_the_mapping_does_not_own_stays_as_it_was_set_here(imports: Import, database: Database, now: datetime) -> None:
    mapping = 'owns = ["tier"]\n' + MAPPING
    imports([WANG], mapping=mapping)
    tally = imports([changed(WANG, 姓名="王曦", 等级="银", 手机号="13957100009")], mapping=mapping)
    assert (tally.changed, dict(tally.fields)) == (1, {"tier": 1})
    wang = card(database, NUMBER, now)
    assert (wang.name, wang.tier) == ("王若曦", "silver")
    assert imports([changed(WANG, 姓名="王小曦", 等级="银")], mapping=mapping).unchanged == 1


def test_a_blank_cell_leaves_what_is_known(imports: Import, database: Database, now: datetime) -> None:
    imports([WANG])
    tally = imports([changed(WANG, 姓名="", 性别="", 地址="", 省份="", 城市="", 区县="", 合约="")])
    assert (tally.changed, tally.unchanged) == (0, 1)
    assert card(database, NUMBER, now).name == "王若曦"


def test_another_number_replaces_the_old_one_which_is_free_then(imports: Import, database: Database, now: datetime) -> None:
    imports([WANG])
    tally = imports([changed(WANG, 手机号="13957100009")], at=now + timedelta(days=1))
    assert dict(tally.fields) == {"number": 1}
    assert [line.number for line in card(database, "13957100009", now).lines] == ["139 5710 0009"]
    with database.reading() as session:
        assert find_holder(session, NUMBER) is None
    assert found(database, "57100009") == 1
    assert imports([changed(WANG, 手机号="13957100009"), changed(LI, 手机号=NUMBER)], at=now + timedelta(days=2)).added == 1


def test_a_number_that_was_not_known_opens_a_line(imports: Import, database: Database, now: datetime) -> None:
    headings = ("id", "name", "number", "second")
    mapping = SMALL.replace('number = "number"', 'number = ["number", "second"]')
    imports([("1", "王若曦", NUMBER, "")], headings=headings, mapping=mapping)
    tally = imports([("1", "王若曦", NUMBER, "13957100008")], headings=headings, mapping=mapping, at=now + timedelta(days=1))
    assert dict(tally.fields) == {"number": 1}
    assert [line.number for line in card(database, NUMBER, now).lines] == ["139 5710 0001", "139 5710 0008"]
    again = imports([("1", "王若曦", NUMBER, "")], headings=headings, mapping=mapping, at=now + timedelta(days=2))
    assert (again.changed, again.unchanged) == (0, 1), "a number the file no longer names is left alone"


def test_products_of_the_mapping_start_and_end_and_others_stay(imports: Import, database: Database, now: datetime) -> None:
    imports([WANG])
    with database.writing() as session:
        holder = find_holder(session, NUMBER)
        assert holder is not None
        session.execute(sa.text("UPDATE product SET offering_code = 'streaming_tv' WHERE offering_code = 'internet_fibre'"))
    tally = imports([changed(WANG, 套餐="大流量")], at=now + timedelta(days=1))
    assert dict(tally.fields) == {"products": 1}
    (line,) = card(database, NUMBER, now).lines
    assert sorted(each.offering_code for each in line.products) == ["internet_fibre", "streaming_tv", "voice_large"]
    ended = [row for row in rows_of(database, ["product"])["product"] if "voice_standard" in row and "terminated" in row]
    assert len(ended) == 1


def test_customers_the_file_no_longer_names_are_left_alone_and_counted(imports: Import, database: Database) -> None:
    imports(PEOPLE)
    before = rows_of(database)
    tally = imports([LI, changed(KEYS, 手机号="12")])
    assert (tally.unchanged, tally.rejected, tally.missing) == (1, 1, 1), "a rejected row still names its customer"
    assert rows_of(database) == before


def test_an_id_means_a_customer_within_its_source_alone(imports: Import) -> None:
    imports([WANG])
    assert reasons(imports([WANG], source="other")) == {"number: This number belongs to somebody already.": 1}
    assert imports([changed(WANG, 手机号="13957100007")], source="other").added == 1


def test_a_number_that_somebody_holds_is_rejected_and_stays_theirs(imports: Import, database: Database, cast: Cast, tmp_path: Path) -> None:
    place = tmp_path / "no.csv"
    tally = imports([changed(WANG, 手机号="+86 " + cast.alice.number), LI], rejects=place)
    assert (tally.added, tally.rejected) == (1, 1)
    (row,) = rejected(place)
    assert (row["line"], row["姓名"], row["手机号"]) == ("2", "王若曦", "'+86 " + cast.alice.number)
    assert row["reason"] == f"number: This number belongs to somebody already. ({cast.alice.number})"
    with database.reading() as session:
        holder = find_holder(session, cast.alice.number)
    assert holder is not None
    assert holder.customer_id == cast.alice.customer_id


def test_a_change_to_somebody_elses_number_is_rejected_whole(imports: Import, database: Database, cast: Cast, now: datetime) -> None:
    imports([WANG])
    before = rows_of(database)
    assert imports([changed(WANG, 姓名="王曦", 手机号=cast.bob.number)], at=now + timedelta(days=1)).rejected == 1
    assert rows_of(database) == before


def test_a_number_given_up_in_the_same_file_can_be_had_the_next_time(imports: Import, now: datetime) -> None:
    imports([WANG, LI])
    moved = [changed(WANG, 手机号=LI[2]), changed(LI, 手机号="13957100005")]
    first, second = (imports(moved, at=now + timedelta(days=day)) for day in (1, 2))
    assert (first.changed, first.rejected) == (1, 1)
    assert (second.changed, second.unchanged, second.rejected) == (1, 1, 0)


def test_a_customer_who_has_left_is_not_changed(imports: Import, database: Database, now: datetime) -> None:
    imports([WANG, LI])
    with database.writing() as session:
        holder = find_holder(session, NUMBER)
        assert holder is not None
        end_line(session, holder.customer_id, holder.subscription_id, now=now + timedelta(hours=1))
        session.execute(
            sa.text("UPDATE customer SET status = 'left', left_on = :day WHERE customer_id = :id"),
            {"day": "2026-11-22" if database.is_sqlite else date(2026, 11, 22), "id": holder.customer_id},
        )
    tally = imports([changed(WANG, 姓名="王曦"), LI], at=now + timedelta(days=1))
    assert reasons(tally) == {"This customer has left.": 1}


def test_a_row_without_a_name_bears_its_id_until_a_name_is_known(imports: Import, database: Database, now: datetime) -> None:
    imports([("7", "", NUMBER)], headings=("id", "name", "number"), mapping=SMALL)
    assert card(database, NUMBER, now).name == "7"
    tally = imports([("7", "王若曦", NUMBER)], headings=("id", "name", "number"), mapping=SMALL)
    assert dict(tally.fields) == {"name": 1}
    assert found(database, "王若曦") == 1


def test_a_row_without_a_number_is_a_customer_without_a_line(imports: Import, database: Database) -> None:
    assert imports([("7", "王若曦", "")], headings=("id", "name", "number"), mapping=SMALL).added == 1
    assert found(database, "王若曦") == 1


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(imports: Import, database: Database, now: datetime) -> None:
    imports([WANG, LI])
    before = rows_of(database, list(Base.metadata.tables))
    told = [changed(WANG, 姓名="王曦"), LI, KEYS, changed(KEYS, 编号="C-4")]
    dry = imports(told, at=now + timedelta(days=1), dry_run=True)
    assert rows_of(database, list(Base.metadata.tables)) == before
    real = imports(told, at=now + timedelta(days=1))
    assert dry == real
    assert (real.added, real.changed, real.unchanged, real.rejected) == (1, 1, 1, 1)


def test_a_mapping_that_owns_more_than_before_changes_nothing_that_is_so_already(imports: Import, database: Database) -> None:
    imports([WANG], mapping='owns = ["tier"]\n' + MAPPING)
    before = rows_of(database, [name for name in rows_of(database) if name != "imported_customer"])
    tally = imports([WANG])
    assert (tally.changed, tally.unchanged) == (0, 1)
    assert rows_of(database, list(before)) == before


def test_every_run_and_every_change_stands_in_the_audit_log(imports: Import, database: Database, keys: Keys, now: datetime) -> None:
    imports(PEOPLE)
    people = [changed(row, 姓名=row[1] + "二") for row in PEOPLE]
    imports(people, at=now + timedelta(days=1))
    with database.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.channel == "cli").order_by(AuditEntry.at)).all()
        runs = session.scalars(sa.select(ImportRun).order_by(ImportRun.started_at)).all()
        customers = set(session.scalars(sa.text("SELECT customer_id FROM imported_customer")))
    assert [run.counts["added"] for run in runs] == [3, 0]
    assert [(run.source, run.file_name, run.counts["changed"]) for run in runs] == [
        ("crm", "customers.csv", 0),
        ("crm", "customers.csv", 3),
    ]
    corrected = [entry for entry in entries if entry.action == "customer.corrected"]
    assert {entry.customer_id for entry in corrected} == customers
    assert all(entry.detail == {"fields": ["name"]} and entry.subject == f"import:{runs[1].id}" for entry in corrected)
    assert [entry.subject for entry in entries if entry.action == "customers.imported"] == [f"import:{run.id}" for run in runs]
    with database.snapshot() as session:
        assert list(verify(session, keys.audit)) == []


def test_a_thousand_and_more_rows_are_had_each_once(imports: Import, database: Database, now: datetime) -> None:
    rows = [changed(WANG, 编号=f"N-{place}", 姓名=f"王{chr(0x4E00 + place % 900)}", 手机号=f"1395{place:07d}") for place in range(4_200)]
    tally = imports(rows)
    assert tally.added == 4_200
    with database.reading() as session:
        ids = session.scalars(sa.text("SELECT customer_id FROM imported_customer")).all()
    assert len(set(ids)) == 4_200
    half = [changed(row, 等级="银") if place % 2 else row for place, row in enumerate(rows)]
    again = imports(half[:100], at=now + timedelta(days=1))
    assert (again.changed, again.unchanged, again.missing) == (50, 50, 4_100)
    assert imports(half, at=now + timedelta(days=2), dry_run=True).changed == 2_050


def test_headings_may_stand_in_any_order_with_others_between_them(imports: Import) -> None:
    order = (*reversed(HEADINGS), "备注")
    assert imports([(*reversed(WANG), "=1+1")], headings=order).added == 1


_ids = st.sampled_from(["1", "2", "3", "4", ""])
_names = st.sampled_from(["王若曦", "王曦", "李", "", "Alicia Keys"])
_numbers = st.sampled_from(["13957100001", "139 5710 0002", "13957100003", "", "12", "13857101234"])
_files = st.lists(st.tuples(_ids, _names, _numbers, _numbers), max_size=5)
TWO_NUMBERS = SMALL.replace('"number"', '["number", "second"]')


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engines differ in nothing that this asks
@given(first=_files, second=_files)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_files_hold_a_file_again_changes_nothing_and_the_record_stays_whole(
    imports: Import, database: Database, keys: Keys, now: datetime, first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    source = f"source {next(_sources)}"  # another operator's in each example; the numbers are the same ones
    for day, rows in enumerate((first, second)):
        options = {"headings": ("id", "name", "number", "second"), "mapping": TWO_NUMBERS, "source": source}
        told = imports(rows, at=now + timedelta(days=2 * day), **options)
        assert told.rows == told.accepted + told.rejected
        before = rows_of(database)
        again = imports(rows, at=now + timedelta(days=2 * day + 1), **options)
        if again.changed == 0:  # else a row had to wait for a number that another gave up
            assert (again.added, again.unchanged, again.rejected) == (0, told.accepted, told.rejected)
            assert rows_of(database) == before
    keys_of = {(kind, key, customer_id) for kind, key, customer_id in rows_of(database, ["search_key"])["search_key"]}
    with database.reading() as session:
        lines = session.execute(sa.text("SELECT customer_id, number FROM subscription WHERE status = 'active'")).all()
        held = session.execute(sa.text("SELECT customer_id, number FROM number_holding WHERE valid_to IS NULL")).all()
    assert sorted(map(tuple, lines)) == sorted(map(tuple, held))
    assert all(("n", number, customer_id) in keys_of for customer_id, number in held)


_sources = itertools.count()
