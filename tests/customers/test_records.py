"""Making and changing customers, and the card that shows one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.customers import (
    NewCustomer,
    NewLine,
    ProfileCard,
    Viewer,
    create_customer,
    create_enterprise,
    end_line,
    get_viewer,
    profile_card,
    rename_customer,
    set_language,
)
from portal.customers.creation import checked_name
from portal.customers.models import Agreement, Customer, CustomerRole, Party
from portal.customers.profile import months_between
from tests.cast import Cast


def masked(customer_id: int) -> Viewer:
    return Viewer("staff", "staff:7", customer_id, full=False)


def opened(customer_id: int) -> Viewer:
    return Viewer("staff", "staff:7", customer_id)


def card(database: Database, viewer: Viewer, now: datetime) -> ProfileCard:
    with database.reading() as session:
        return profile_card(session, viewer, now=now)


def test_the_card_shows_who_the_customer_is_and_every_line_with_its_products(database: Database, cast: Cast, now: datetime) -> None:
    alice = card(database, opened(cast.alice.customer_id), now)
    assert (alice.name, alice.masked, alice.kind, alice.status, alice.tier, alice.language) == (
        "王爱丽",
        False,
        "individual",
        "active",
        "gold",
        "zh",
    )
    assert (alice.since, alice.left_on, alice.tenure_months) == (date(2024, 3, 5), None, 32)
    assert alice.account is not None
    assert (alice.account.payment_method, alice.account.paperless, alice.account.currency) == ("credit_card", True, "CNY")
    assert alice.agreement is not None
    assert (alice.agreement.term, alice.agreement.starts_on, alice.agreement.ends_on) == ("two_years", date(2024, 3, 5), date(2026, 3, 5))
    assert alice.address is not None
    assert (alice.address.city, alice.address.line) == ("杭州市", "文三路 90 号 3 幢 501 室")
    first, second = alice.lines
    assert (first.subscription_id, first.number, first.user_name) == (cast.alice.subscription_id, "138 5710 1234", "王爱丽")
    assert (second.subscription_id, second.number, second.user_name) == (cast.bob.subscription_id, "138 5710 5678", "王博")
    assert (first.device, first.region, first.status, first.kind) == ("HUAWEI Mate 60", "浙江 杭州", "active", "mobile")
    assert [(product.offering_code, product.monthly_price_minor) for product in first.products] == [
        ("voice_standard", 2000),
        ("internet_fibre", 5000),
    ]
    assert first.monthly_price_minor == 7000
    assert second.products[0].name == {"zh": "副卡", "en": "Extra line"}


def test_a_masked_card_holds_no_name_number_or_house_in_full(database: Database, cast: Cast, now: datetime) -> None:
    alice = card(database, masked(cast.alice.customer_id), now)
    assert alice.masked
    assert alice.name == "王**"
    assert [line.number for line in alice.lines] == ["138****1234", "138****5678"]
    assert [line.user_name for line in alice.lines] == ["王**", "王*"]
    assert alice.address is not None
    assert alice.address.line == "文三路****"
    shown = repr(alice)
    for secret in ("王爱丽", "王博", "13857101234", "138 5710 1234", "13857105678", "501 室"):
        assert secret not in shown


def test_a_member_sees_the_own_line_and_neither_account_nor_agreement_nor_address(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        viewer = get_viewer(session, cast.bob.party_id, cast.alice.customer_id, now=now)
        seen = profile_card(session, viewer, now=now)
    assert [line.subscription_id for line in seen.lines] == [cast.bob.subscription_id]
    assert (seen.account, seen.agreement, seen.address) == (None, None, None)
    assert "13857101234" not in repr(seen).replace(" ", "")


def test_an_owner_who_looks_at_one_line_still_sees_the_account(database: Database, cast: Cast, now: datetime) -> None:
    viewer = replace(opened(cast.alice.customer_id), lines=frozenset({cast.bob.subscription_id}))
    seen = card(database, viewer, now)
    assert len(seen.lines) == 1
    assert seen.account is not None


def test_a_line_of_somebody_else_among_the_viewers_lines_shows_nothing(database: Database, cast: Cast, now: datetime) -> None:
    viewer = replace(opened(cast.alice.customer_id), lines=frozenset({cast.charlie.subscription_id}))
    assert card(database, viewer, now).lines == ()


def test_there_is_no_card_of_a_customer_there_is_not(database: Database, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        card(database, opened(4711), now)


def test_an_ended_line_is_shown_last_and_without_products(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        end_line(session, cast.alice.customer_id, cast.alice.subscription_id, now=now)
    last = card(database, opened(cast.alice.customer_id), now).lines[-1]
    assert (last.subscription_id, last.status, last.terminated_on, last.products) == (
        cast.alice.subscription_id,
        "terminated",
        date(2026, 11, 22),
        (),
    )


def test_the_card_of_a_customer_with_nothing_is_still_a_card(database: Database, now: datetime) -> None:
    with database.writing() as session:
        made = create_customer(session, NewCustomer("张三"), now=now)
    seen = card(database, opened(made.customer_id), now)
    assert (seen.lines, seen.address, seen.tenure_months) == ((), None, 0)
    assert seen.account is not None


def test_today_is_counted_where_the_operator_is(database: Database) -> None:
    late = datetime.fromisoformat("2026-11-30T23:30:00+00:00")  # 1 December in Shanghai
    with database.writing() as session:
        made = create_customer(session, NewCustomer("张三", since=date(2026, 11, 1)), now=late)
        new = create_customer(session, NewCustomer("李四"), now=late + timedelta(seconds=1))
    assert card(database, opened(made.customer_id), late).tenure_months == 1
    assert card(database, opened(new.customer_id), late).since == date(2026, 12, 1)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_whole_months_lie_between_two_days(start: date, end: date) -> None:
    months = months_between(start, end)
    assert months >= 0
    assert (months == 0) or (end - start).days >= 28 * months
    assert (end - start).days < 31 * (months + 1)


@pytest.mark.parametrize(
    ("term", "since", "ends_on"),
    [
        ("monthly", date(2024, 2, 29), None),
        ("one_year", date(2024, 2, 29), date(2025, 2, 28)),
        ("two_years", date(2024, 2, 29), date(2026, 2, 28)),
        ("one_year", date(2024, 12, 31), date(2025, 12, 31)),
        ("two_years", date(2024, 3, 5), date(2026, 3, 5)),
    ],
)
def test_an_agreement_ends_after_its_term(database: Database, now: datetime, term: str, since: date, ends_on: date | None) -> None:
    with database.writing() as session:
        made = create_customer(session, NewCustomer("张三", since=since, term=term), now=now)
        found = session.scalar(sa.select(Agreement.ends_on).where(Agreement.customer_id == made.customer_id))
    assert found == ends_on


def test_a_new_customer_is_owner_of_it_all(database: Database, now: datetime) -> None:
    with database.writing() as session:
        made = create_customer(session, NewCustomer("  张三 ", lines=(NewLine("13500000001"), NewLine("13500000002"))), now=now)
        viewer = get_viewer(session, made.party_id, made.customer_id, now=now)
        name = session.scalar(sa.select(Party.name).where(Party.id == made.party_id))
    assert viewer.lines is None
    assert made.party_ids == (made.party_id,)
    assert len(made.subscription_ids) == 2
    assert list(made.subscription_ids) == sorted(made.subscription_ids)
    assert name == "张三"


def test_an_enterprise_has_one_administrator_and_no_owner_who_could_sign_in(database: Database, now: datetime) -> None:
    with database.writing() as session:
        made = create_enterprise(session, "Initech 有限公司", "Peter", "13500000003", now=now)
        roles = session.execute(
            sa.select(CustomerRole.party_id, CustomerRole.role).where(CustomerRole.customer_id == made.customer_id)
        ).all()
        kind = session.scalar(sa.select(Customer.kind).where(Customer.customer_id == made.customer_id))
    assert [tuple(role) for role in roles] == [(made.party_ids[0], "administrator")]
    assert made.party_ids[0] != made.party_id
    assert kind == "organisation"


@pytest.mark.parametrize("name", ["", "   ", "\n", "a" * 101, "王\x00", "王\n二", "a\u202eb"])
def test_a_name_that_cannot_be_shown_is_refused(database: Database, cast: Cast, now: datetime, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_name(name)
    assert list(refusal.value.fields) == ["name"]
    with pytest.raises(Invalid), database.writing() as session:
        create_customer(session, NewCustomer(name), now=now)
    with pytest.raises(Invalid), database.writing() as session:
        rename_customer(session, cast.alice.customer_id, name)


def test_a_customer_there_is_not_cannot_be_renamed(database: Database) -> None:
    with pytest.raises(NotFound), database.writing() as session:
        rename_customer(session, 4711, "张三")


def test_a_language_is_kept_for_one_person_alone(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        set_language(session, cast.alice.party_id, "en")
        languages = {row.id: row.language for row in session.execute(sa.select(Party.id, Party.language))}
    assert languages[cast.alice.party_id] == "en"
    assert languages[cast.bob.party_id] is None
    assert languages[cast.charlie.party_id] == "en"


def test_a_language_we_do_not_have_and_a_person_there_is_not_are_refused(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        for language in ("fr", "", "zh_CN", "ZH"):
            with pytest.raises(Invalid):
                set_language(session, cast.alice.party_id, language)
        with pytest.raises(NotFound):
            set_language(session, 4711, "zh")


def test_a_customer_is_made_whole_or_not_at_all(database: Database, cast: Cast, now: datetime) -> None:
    def counts() -> list[int | None]:
        with database.reading() as session:
            return [
                session.scalar(sa.text(f"SELECT count(*) FROM {name}"))
                for name in ("party", "customer", "subscription", "search_key", "account")
            ]

    before = counts()
    with pytest.raises(Exception, match="number"), database.writing() as session:
        create_customer(session, NewCustomer("张三", lines=(NewLine("13500000009"), NewLine(cast.alice.number))), now=now)
    assert counts() == before
