"""Opening a customer: by the code read out or with a reason, by whom, for how long, how far (guard.md 18)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.base.errors import Forbidden, Invalid, NotFound
from portal.identity import (
    CodeDead,
    CodeSent,
    CodeWrong,
    Limited,
    OpeningView,
    StaffMember,
    close_opening,
    find_opening,
    list_alerts,
    list_open_customers,
    send_counter_code,
    viewer_at_counter,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door, wrong
from tests.security.desk import counter_code, opened, read_out
from tests.statements import statements

# outlet_isolation


def test_outlet_isolation_without_an_opening_everything_stays_masked(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now) is None
    viewer = viewer_at_counter(dora, cast.alice.customer_id, None)
    assert not viewer.full
    assert (viewer.audience, viewer.actor) == ("staff", f"staff:{dora.id}")


def test_outlet_isolation_the_owners_code_opens_everything_for_a_while(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    code = counter_code(door, dora, cast.alice, now)
    opening = read_out(door, dora, cast.alice, code, now)
    assert isinstance(opening, OpeningView)
    assert (opening.proof, opening.lines, opening.money) == ("code", None, True)
    with statements(door.database) as seen, door.database.reading() as session:
        found = find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(minutes=29))
    assert len(seen) == 1
    assert found == opening
    assert viewer_at_counter(dora, cast.alice.customer_id, found).full
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(minutes=30)) is None


def test_outlet_isolation_a_members_code_opens_that_members_line_alone(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    code = counter_code(door, dora, cast.bob, now)
    opening = read_out(door, dora, cast.bob, code, now)
    assert isinstance(opening, OpeningView)
    assert opening.customer_id == cast.alice.customer_id
    assert (opening.lines, opening.money) == (frozenset({cast.bob.subscription_id}), False)
    with door.database.reading() as session:
        found = find_opening(session, dora, cast.alice.customer_id, now=now)
    viewer = viewer_at_counter(dora, cast.alice.customer_id, found)
    assert viewer.lines == frozenset({cast.bob.subscription_id})
    assert not viewer.money


def test_outlet_isolation_the_widest_opening_counts(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    wide = opened(door, dora, cast.alice.customer_id, now)
    read_out(door, dora, cast.bob, counter_code(door, dora, cast.bob, now), now + timedelta(seconds=1))
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(seconds=2)) == wide


def test_outlet_isolation_an_opening_is_one_sessions_of_one_person(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    door.hire("erik", now)
    erik = door.clerk("erik", now)
    again = door.clerk("dora", now + timedelta(seconds=30))
    opened(door, dora, cast.alice.customer_id, now)
    with door.database.reading() as session:
        for other, customer in ((erik, cast.alice), (again, cast.alice), (dora, cast.charlie)):
            assert find_opening(session, other, customer.customer_id, now=now) is None


def test_outlet_isolation_a_code_for_one_clerk_is_of_no_use_to_another(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    door.hire("erik", now)
    code = counter_code(door, dora, cast.alice, now)
    assert not isinstance(read_out(door, door.clerk("erik", now), cast.alice, code, now), OpeningView)
    assert isinstance(read_out(door, dora, cast.alice, code, now), OpeningView)
    assert read_out(door, dora, cast.alice, code, now) == CodeDead()


def test_outlet_isolation_a_sign_in_code_opens_nothing_at_the_counter(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    phone = Browser("alice's")
    bound = door.flow(cast.alice.number)
    door.send(bound, phone, now)
    sign_in = door.codes_sent(cast.alice.number)[-1]
    counter = counter_code(door, dora, cast.alice, now)
    if sign_in != counter:
        assert isinstance(read_out(door, dora, cast.alice, sign_in, now), CodeWrong)
        assert isinstance(door.check(bound, phone, counter, now), CodeWrong)


def test_outlet_isolation_a_code_goes_only_to_a_line_of_that_customer(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for customer_id, line in (
        (cast.alice.customer_id, cast.charlie.subscription_id),
        (cast.charlie.customer_id, cast.alice.subscription_id),
    ):
        with pytest.raises(NotFound), door.database.writing() as session:
            send_counter_code(session, door.keys, dora, customer_id, line, now=now)
    assert door.rows("message") == []


def test_outlet_isolation_the_counters_message_warns_and_cannot_be_filled_in_by_a_browser(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    counter_code(door, dora, cast.alice, now)
    (message,) = door.rows("message")
    assert "@" not in message["body"]
    assert "counter" in message["body"]


def test_outlet_isolation_a_clerk_guessing_is_limited_and_strangers_do_not_limit_the_clerk(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    stranger = Browser("stranger", "192.0.2.1")
    bound = door.flow(cast.alice.number)
    door.send(bound, stranger, now)
    stray = wrong(door.codes_sent(cast.alice.number)[-1])
    for _ in range(6):
        door.check(bound, stranger, stray, now)
    code = counter_code(door, dora, cast.alice, now)
    answers = [read_out(door, dora, cast.alice, wrong(code), now) for _ in range(5)]
    assert answers == [CodeWrong(left) for left in (4, 3, 2, 1, 0)]
    assert isinstance(read_out(door, dora, cast.alice, code, now), Limited)
    assert door.rows("customer_opening") == []


def test_outlet_isolation_a_clerk_cannot_bury_a_customer_in_codes(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    answers = []
    for minute in range(8):
        with door.database.writing() as session:
            moment = now + timedelta(minutes=minute)
            answers.append(send_counter_code(session, door.keys, dora, cast.alice.customer_id, cast.alice.subscription_id, now=moment))
    assert [isinstance(answer, CodeSent) for answer in answers] == [True] * 5 + [False] * 3


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [("", "", "reason"), ("because", "", "reason"), ("other", " ab ", "note"), ("phone_lost", "x" * 201, "note")],
)
def test_outlet_isolation_a_reason_is_one_of_the_list_and_other_needs_words(
    door: Door, cast: Cast, now: datetime, dora: StaffMember, reason: str, note: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        opened(door, dora, cast.alice.customer_id, now, reason, note)
    assert list(refused.value.fields) == [field]
    assert door.rows("customer_opening") == []


def test_outlet_isolation_a_reason_is_kept_with_its_note(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    opened(door, dora, cast.alice.customer_id, now, "other", "  helps with \n the new phone ")
    (row,) = door.rows("customer_opening")
    assert (row["reason"], row["note"], row["lines"], row["money"]) == ("other", "helps with the new phone", None, True)
    assert "new phone" not in str(door.rows("audit_entry"))


def test_outlet_isolation_no_such_customer_opens_nothing(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    with pytest.raises(NotFound):
        opened(door, dora, 12345, now)
    assert door.rows("audit_entry") == []


def test_outlet_isolation_eleven_reasons_in_an_hour_alert_once_and_refuse_nobody(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    door.hire("sara", now, role="supervisor")
    sara = door.clerk("sara", now)
    people = [cast.alice, cast.charlie, *cast.noise]
    for index, person in enumerate(people[:10]):
        opened(door, dora, person.customer_id, now + timedelta(minutes=index))
    with door.database.reading() as session:
        assert list_alerts(session, sara) == []
    for index in (10, 11, 12):
        opened(door, dora, people[index].customer_id, now + timedelta(minutes=index))
    with door.database.reading() as session:
        (alert,) = list_alerts(session, sara)
        with pytest.raises(Forbidden):
            list_alerts(session, dora)
    assert (alert.kind, alert.count, alert.staff_number, alert.outlet) == ("reasons_frequent", 11, dora.public_number, "文三路厅")
    (event,) = door.rows("outbox_event")
    assert (event["type"], event["payload"]) == ("identity.reasons_frequent", {"staff_id": dora.id, "count": 11})
    assert [row["action"] for row in door.rows("audit_entry") if row["customer_id"] is None] == ["alert.reasons_frequent"]


def test_outlet_isolation_reasons_of_different_hours_or_openings_by_code_alert_nobody(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    people = [cast.alice, cast.charlie, *cast.noise]
    for index, person in enumerate(people):
        opened(door, dora, person.customer_id, now + timedelta(minutes=7 * index))
    read_out(door, dora, cast.alice, counter_code(door, dora, cast.alice, now), now)
    assert door.rows("staff_alert") == []


def test_outlet_isolation_closing_masks_again_and_is_noted(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    opened(door, dora, cast.alice.customer_id, now)
    with door.database.writing() as session:
        close_opening(session, door.keys, dora, cast.alice.customer_id, now=now + timedelta(minutes=1))
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(minutes=1)) is None
    with pytest.raises(NotFound), door.database.writing() as session:
        close_opening(session, door.keys, dora, cast.alice.customer_id, now=now + timedelta(minutes=2))
    assert [row["action"] for row in door.rows("audit_entry")] == ["customer.opened", "customer.closed"]


def test_outlet_isolation_the_tabs_are_this_sessions_open_customers_each_once(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    door.hire("erik", now)
    opened(door, door.clerk("erik", now), cast.erin.customer_id, now)
    opened(door, dora, cast.charlie.customer_id, now)
    opened(door, dora, cast.alice.customer_id, now + timedelta(minutes=1))
    opened(door, dora, cast.charlie.customer_id, now + timedelta(minutes=2))
    opened(door, dora, cast.noise[0].customer_id, now + timedelta(minutes=3))
    with door.database.writing() as session:
        close_opening(session, door.keys, dora, cast.noise[0].customer_id, now=now + timedelta(minutes=4))
    with statements(door.database) as seen, door.database.reading() as session:
        tabs = list_open_customers(session, dora, settings=door.settings, now=now + timedelta(minutes=5))
    assert len(seen) == 1
    assert [(tab.customer_name, tab.kind) for tab in tabs] == [("李查理", "individual"), ("王爱丽", "individual")]
    with door.database.reading() as session:
        late = list_open_customers(session, dora, settings=door.settings, now=now + timedelta(minutes=31, seconds=30))
    assert [tab.customer_name for tab in late] == ["李查理"]
