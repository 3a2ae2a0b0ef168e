"""What the demo promises about its data, checked over all of it, on both engines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from portal.base.clock import month_start
from portal.billing import DRAWS_ON, PARTS
from portal.demo.cast import load_order
from portal.demo.people import customer_id, rows_of
from portal.demo.places import segments
from portal.demo.sources import CallRow, ServiceRow
from tests.cast import NOW
from tests.demo.conftest import DETAIL, SUBSCRIBERS, Operator
from tests.demo.rows import ZONE

THIS_MONTH, LAST_MONTH = date(2026, 11, 1), date(2026, 10, 1)
VOICE = [part for part in PARTS if DRAWS_ON[part] == "voice"]


def sources(operator: Operator, count: int = SUBSCRIBERS) -> dict[int, tuple[ServiceRow, CallRow]]:
    """Give the rows each subscriber was made from, by customer."""
    return {customer_id(index, operator.loaded.seed): rows_of(index, load_order()) for index in range(count)}


def by_customer(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[row.customer_id].append(row)
    return found


def in_month(row: Any, month: date) -> bool:
    local: datetime = row.at.astimezone(ZONE)
    return (local.year, local.month) == (month.year, month.month)


def test_there_are_as_many_subscribers_as_asked_for_and_one_enterprise(operator: Operator) -> None:
    assert Counter(row.kind for row in operator.rows["customer"]) == {"individual": SUBSCRIBERS, "organisation": 1}
    assert operator.loaded.rows == {name: len(rows) for name, rows in operator.rows.items()}


def test_last_months_calls_are_the_row_they_were_made_from(operator: Operator) -> None:
    records = by_customer(row for row in operator.rows["usage_record"] if in_month(row, LAST_MONTH))
    seen = 0
    for customer, (services, calls) in sources(operator, DETAIL).items():
        mine = records.get(customer, [])
        for part, volume in calls.volumes.items():
            found = [row for row in mine if row.part == part]
            sums = (len(found), sum(row.quantity for row in found), sum(row.tariff_minor for row in found))
            expected = (volume.calls, volume.seconds, volume.tariff_minor) if services.phone and services.tenure else (0, 0, 0)
            assert sums == expected, (services.row, part)
            seen += len(found)
    assert seen > 20_000


def test_each_days_records_lie_in_that_day_and_in_their_part_of_it(operator: Operator) -> None:
    hours = {"day": range(8, 18), "evening": range(18, 22), "night": [22, 23, *range(8)]}
    days = Counter()
    for row in operator.rows["usage_record"]:
        local = row.at.astimezone(ZONE)
        assert row.part not in hours or local.hour in hours[row.part], row
        assert month_start(local.date()) in (THIS_MONTH, LAST_MONTH)
        days[row.customer_id, local.date(), row.part] += row.quantity
    monthly = Counter()
    for (customer, day, part), quantity in days.items():
        monthly[customer, month_start(day), part] += quantity
    totals = Counter()
    for row in operator.rows["usage_total"]:
        if row.cycle_start >= LAST_MONTH:
            totals[row.customer_id, row.cycle_start, row.part] += row.quantity
    assert monthly == totals


def test_nobody_makes_two_calls_at_once_on_one_line(operator: Operator) -> None:
    ends: dict[int, float] = {}
    for row in sorted(operator.rows["usage_record"], key=lambda row: row.at):
        if row.part in VOICE or row.part == "international":
            start = row.at.timestamp()
            assert ends.get(row.subscription_id, 0) <= start
            ends[row.subscription_id] = start + row.quantity


def test_records_hold_no_whole_number_of_another_party(operator: Operator) -> None:
    others = {row.other_party for row in operator.rows["usage_record"]}
    assert len(others) > 100
    assert all(other is None or "****" in other for other in others)


def test_who_has_no_phone_service_makes_no_calls_and_has_a_broadband_line(operator: Operator) -> None:
    lines = by_customer(operator.rows["subscription"])
    using = {row.customer_id for name in ("usage_record", "usage_total", "bucket") for row in operator.rows[name]}
    without = {customer for customer, (services, _) in sources(operator).items() if not services.phone}
    assert without
    assert not without & using
    for customer, (services, _) in sources(operator).items():
        kinds = [line.kind for line in lines[customer]]
        assert kinds == (["mobile"] * (2 if services.multiple_lines else 1) if services.phone else ["broadband"])


def test_a_bill_is_the_sum_of_its_items(operator: Operator) -> None:
    items = defaultdict(int)
    for row in operator.rows["bill_item"]:
        items[row.customer_id, row.bill_id] += row.amount_minor
    assert {(row.customer_id, row.id): row.total_minor for row in operator.rows["bill"]} == items


def test_a_bill_is_the_plans_fees_and_the_rated_usage_to_the_minor_unit(operator: Operator) -> None:
    fees, charges = Counter(), Counter()
    for row in operator.rows["product"]:
        fees[row.customer_id] += row.monthly_price_minor
    for row in operator.rows["usage_total"]:
        charges[row.customer_id, row.cycle_start] += row.charge_minor
    detailed = set(sources(operator, DETAIL))
    checked = 0
    for bill in operator.rows["bill"]:
        if bill.customer_id in detailed:
            assert bill.total_minor == fees[bill.customer_id] + charges[bill.customer_id, bill.cycle_start]
            checked += 1
    assert checked > DETAIL


def test_last_months_bill_charges_what_its_records_charge(operator: Operator) -> None:
    charged = Counter()
    for row in operator.rows["usage_record"]:
        if in_month(row, LAST_MONTH):
            charged[row.customer_id, row.subscription_id, row.part] += row.charge_minor
    last = {(bill.customer_id, bill.id) for bill in operator.rows["bill"] if bill.cycle_start == LAST_MONTH}
    billed = {
        (item.customer_id, item.subscription_id, item.part): item.amount_minor
        for item in operator.rows["bill_item"]
        if item.kind == "usage" and (item.customer_id, item.bill_id) in last
    }
    assert sum(charged.values()) > 0
    for key, amount in charged.items():
        assert billed[key] == amount


def test_a_call_is_charged_only_once_the_allowance_is_used_up(operator: Operator) -> None:
    allowances = {(row.customer_id, row.subscription_id): row.allowance for row in operator.rows["bucket"] if row.kind == "voice"}
    used = Counter()
    charged = 0
    for row in sorted(operator.rows["usage_record"], key=lambda row: row.at):
        key = (row.customer_id, row.subscription_id)
        if key not in allowances or row.part not in VOICE or not in_month(row, LAST_MONTH):
            continue
        inside = used[key] < allowances[key]
        assert row.charge_minor == (0 if inside else row.tariff_minor)
        used[key] += row.quantity
        charged += row.charge_minor
    assert charged > 0


def test_fees_are_the_rows_monthly_charge(operator: Operator) -> None:
    fees = Counter()
    for row in operator.rows["product"]:
        fees[row.customer_id] += row.monthly_price_minor
        assert row.monthly_price_minor > 0
    for customer, (services, _) in sources(operator).items():
        assert fees[customer] == services.monthly_minor


def test_bills_lie_within_the_tenure_and_go_back_six_months_at_most(operator: Operator) -> None:
    bills = by_customer(operator.rows["bill"])
    since = {row.customer_id: row.since for row in operator.rows["customer"]}
    for index, (customer, (services, _)) in enumerate(sources(operator).items()):
        most = 6 if index < DETAIL else 3
        assert len(bills[customer]) == min(services.tenure, most)
        for bill in bills[customer]:
            assert month_start(since[customer]) <= bill.cycle_start <= LAST_MONTH
            assert bill.cycle_end == bill.issued_on


def test_who_joined_this_month_has_no_bill_yet_and_the_load_reports_the_rows(operator: Operator) -> None:
    new = [customer for customer, (services, _) in sources(operator).items() if services.total_charges is None]
    assert {row.since >= THIS_MONTH for row in operator.rows["customer"] if row.customer_id in new} <= {True}
    assert not [bill for bill in operator.rows["bill"] if bill.customer_id in new]
    assert operator.loaded.without_total == tuple(
        sorted(services.row + 1 for services, _ in sources(operator).values() if services.total_charges is None)
    )


def test_tenure_is_the_rows_tenure(operator: Operator) -> None:
    services = {customer: found for customer, (found, _) in sources(operator).items()}
    for row in operator.rows["customer"]:
        if row.customer_id in services:
            end = row.left_on or NOW.date()
            months = (end.year - row.since.year) * 12 + end.month - row.since.month - (end.day < row.since.day)
            assert months == services[row.customer_id].tenure


def test_who_churned_has_left_with_every_line_and_holds_no_number(operator: Operator) -> None:
    churned = {customer for customer, (services, _) in sources(operator).items() if services.churned}
    assert churned
    assert {row.customer_id for row in operator.rows["customer"] if row.status == "left"} == churned
    assert {row.customer_id for row in operator.rows["number_holding"] if row.valid_to is not None} == churned
    assert {row.customer_id for row in operator.rows["subscription"] if row.status == "terminated"} == churned
    assert not [row for row in operator.rows["usage_record"] if row.customer_id in churned and in_month(row, THIS_MONTH)]


def test_numbers_lie_in_segments_of_the_city_people_live_in(operator: Operator) -> None:
    found = segments()
    city_of = dict(zip(found.prefixes.tolist(), found.cities.tolist(), strict=True))
    cities = {row.customer_id: row.city for row in operator.rows["address"]}
    cast = {customer_id(index, operator.loaded.seed) for index in (0, 1, SUBSCRIBERS)}
    numbers = [row.number for row in operator.rows["subscription"]]
    assert len(set(numbers)) == len(numbers)
    for row in operator.rows["subscription"]:
        if row.customer_id not in cast:
            city = city_of[int(row.number[:7])]
            assert cities[row.customer_id] in {area.city for area in found.areas[city]}
            assert row.region == found.names[city]


def test_seniors_are_over_65_and_nobody_else_is(operator: Operator) -> None:
    born = {row.id: row.birth_date for row in operator.rows["party"]}
    owners = {row.customer_id: row.party_id for row in operator.rows["customer"]}
    for customer, (services, _) in sources(operator).items():
        age = (NOW.date() - born[owners[customer]]).days / 365.25
        assert (age >= 65) == services.senior, services.row


def test_second_lines_are_used_by_a_member_of_the_household(operator: Operator) -> None:
    roles = by_customer(operator.rows["customer_role"])
    for customer, (services, _) in sources(operator).items():
        names = sorted(row.role for row in roles[customer])
        shared = services.multiple_lines and (services.partner or services.dependents)
        assert names == (["member", "owner"] if shared else ["owner"])


def test_meters_show_what_the_months_records_add_up_to(operator: Operator) -> None:
    used = Counter()
    for row in operator.rows["usage_total"]:
        kind = DRAWS_ON[row.part]
        if row.cycle_start == THIS_MONTH and kind:
            used[row.customer_id, row.subscription_id, kind] += row.quantity
    detailed = set(sources(operator, DETAIL))
    for bucket in operator.rows["bucket"]:
        if bucket.customer_id in detailed:
            assert bucket.used == used[bucket.customer_id, bucket.subscription_id, bucket.kind]
            assert (bucket.cycle_start, bucket.cycle_end) == (THIS_MONTH, date(2026, 12, 1))


def test_customers_without_detail_have_bills_and_meters_but_no_records(operator: Operator) -> None:
    plain = set(sources(operator)) - set(sources(operator, DETAIL))
    assert not [row for name in ("usage_record", "usage_total") for row in operator.rows[name] if row.customer_id in plain]
    assert [row for row in operator.rows["bucket"] if row.customer_id in plain]
    assert [row for row in operator.rows["bill"] if row.customer_id in plain]


def test_support_was_called_as_often_as_the_row_says(operator: Operator) -> None:
    calls = Counter(row.customer_id for row in operator.rows["interaction"] if row.kind == "called_support")
    for customer, (_, row) in sources(operator, DETAIL).items():
        assert calls[customer] == row.support_calls


def test_nothing_happened_after_the_load_or_before_the_customer_came(operator: Operator) -> None:
    since = {row.customer_id: row.since for row in operator.rows["customer"]}
    for row in operator.rows["interaction"]:
        assert row.at <= NOW
        assert row.at.astimezone(ZONE).date() >= since[row.customer_id]


def test_bills_that_were_paid_say_so_in_the_timeline(operator: Operator) -> None:
    paid = Counter(row.customer_id for row in operator.rows["bill"] if row.paid_minor)
    told = Counter(row.customer_id for row in operator.rows["interaction"] if row.kind == "bill_paid")
    assert paid == told
    assert all(row.paid_minor in (0, row.total_minor) for row in operator.rows["bill"])
