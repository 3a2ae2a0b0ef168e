"""A campaign's life: written, submitted, approved by somebody else, changed, paused, ended; live on every node at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.promotions import (
    CampaignExists,
    CampaignState,
    DocumentFaults,
    SecondPerson,
    approve_campaign,
    create_campaign,
    edit_campaign,
    end_campaign,
    get_campaign,
    get_live_campaigns,
    list_calendar,
    list_campaign_days,
    list_campaign_versions,
    list_campaigns,
    note_learned,
    pause_campaign,
    reject_campaign,
    resume_campaign,
    submit_campaign,
)
from tests.points.race import Race
from tests.promotions.baskets import KNOWN, raw
from tests.promotions.house import APPROVER, WRITER, House
from tests.statements import statements

TENTH = raw({"kind": "percentage", "basis_points": 1000})
FIFTH = raw({"kind": "percentage", "basis_points": 2000})


def do(house: House, act, code: str = "tenth", **values) -> object:
    with house.database.writing() as session:
        return act(session, code, **values, now=house.now)


def create(house: House, document=TENTH, code: str = "tenth") -> None:
    with house.database.writing() as session:
        create_campaign(session, code, document, staff_id=WRITER, now=house.now, known=KNOWN)


def view(house: House, code: str = "tenth"):
    with house.database.reading() as session:
        return get_campaign(session, code)


def test_a_draft_holds_nothing_until_somebody_else_approves_it(house: House) -> None:
    create(house)
    assert (view(house).status, view(house).draft_status, house.live().campaigns) == ("draft", "draft", ())
    with pytest.raises(CampaignState):
        do(house, approve_campaign, staff_id=APPROVER, known=KNOWN)
    do(house, submit_campaign, staff_id=WRITER)
    with pytest.raises(SecondPerson):
        do(house, approve_campaign, staff_id=WRITER, known=KNOWN)
    assert house.live().campaigns == ()
    assert do(house, approve_campaign, staff_id=APPROVER, known=KNOWN) == 1
    assert [each.code for each in house.live().campaigns] == ["tenth"]
    assert (view(house).status, view(house).draft, view(house).draft_status) == ("approved", None, None)


def test_who_submitted_what_another_wrote_does_not_approve_it_either(house: House) -> None:
    create(house)
    do(house, submit_campaign, staff_id=APPROVER)
    with pytest.raises(SecondPerson):
        do(house, approve_campaign, staff_id=APPROVER, known=KNOWN)


def test_a_changed_draft_has_to_be_submitted_anew(house: House) -> None:
    create(house)
    do(house, submit_campaign, staff_id=WRITER)
    do(house, edit_campaign, document=FIFTH, staff_id=WRITER, known=KNOWN)
    with pytest.raises(CampaignState):
        do(house, approve_campaign, staff_id=APPROVER, known=KNOWN)


def test_what_was_approved_holds_on_while_the_next_version_is_written_and_every_version_is_kept(house: House) -> None:
    house.launch("tenth", TENTH)
    do(house, edit_campaign, document=FIFTH, staff_id=WRITER, known=KNOWN)
    assert house.price().total_discount_minor == 40_000
    assert house.approve("tenth") == 2
    assert house.price().total_discount_minor == 80_000
    with house.database.reading() as session:
        versions = list_campaign_versions(session, "tenth")
    assert [(each.version, each.document["effects"][0]["basis_points"], each.approved_by) for each in versions] == [
        (2, 2000, APPROVER),
        (1, 1000, APPROVER),
    ]


def test_who_rejects_says_why_and_the_draft_can_be_mended(house: House) -> None:
    create(house)
    do(house, submit_campaign, staff_id=WRITER)
    with pytest.raises(Invalid):
        do(house, reject_campaign, staff_id=APPROVER, note=" ")
    with pytest.raises(SecondPerson):
        do(house, reject_campaign, staff_id=WRITER, note="no")
    do(house, reject_campaign, staff_id=APPROVER, note="Too dear.")
    assert (view(house).status, view(house).draft_status, view(house).note) == ("draft", "rejected", "Too dear.")
    do(house, submit_campaign, staff_id=WRITER)
    do(house, approve_campaign, staff_id=APPROVER, known=KNOWN)


def test_a_campaign_is_paused_resumed_and_ended_for_good(house: House) -> None:
    house.launch("tenth", TENTH)
    for act, held in ((pause_campaign, 0), (resume_campaign, 1), (end_campaign, 0)):
        do(house, act)
        assert len(house.live().campaigns) == held
    for act in (pause_campaign, resume_campaign, end_campaign):
        with pytest.raises(CampaignState):
            do(house, act)
    with pytest.raises(CampaignState):
        do(house, edit_campaign, document=FIFTH, staff_id=WRITER, known=KNOWN)


def test_a_new_version_of_a_paused_campaign_stays_paused(house: House) -> None:
    house.launch("tenth", TENTH)
    do(house, pause_campaign)
    house.change("tenth", FIFTH)
    assert (view(house).status, house.live().campaigns) == ("paused", ())


def test_a_campaign_is_judged_when_written_and_once_more_beside_what_holds_by_then(house: House) -> None:
    with pytest.raises(DocumentFaults):
        create(house, raw())
    waiting = raw({"kind": "amount", "amount_minor": 1}, when={"kind": "campaign", "code": "tenth"})
    house.launch("tenth", TENTH)
    create(house, waiting, "waiting")
    do(house, submit_campaign, "waiting", staff_id=WRITER)
    do(house, end_campaign)
    with pytest.raises(DocumentFaults) as refused:
        do(house, approve_campaign, "waiting", staff_id=APPROVER, known=KNOWN)
    assert list(refused.value.fields) == ["when.code"]
    assert view(house, "waiting").draft_status == "submitted"


def test_a_code_is_taken_once_and_what_is_no_code_is_none(house: House) -> None:
    create(house)
    with pytest.raises(CampaignExists):
        create(house)
    for code in ("", "T", "a b", "x" * 61):
        with pytest.raises(Invalid):
            create(house, code=code)
    with pytest.raises(NotFound):
        do(house, pause_campaign, "nobody")
    with pytest.raises(NotFound):
        view(house, "nobody")


def test_the_calendar_shows_what_touches_a_span(house: House) -> None:
    for code, first, last in (("past", -5, -3), ("now", -1, 1), ("later", 3, 5)):
        house.launch(code, TENTH | {"starts_at": house.at(first * 1440).isoformat(), "ends_at": house.at(last * 1440).isoformat()})
    house.launch("always", TENTH)
    with house.database.reading() as session:
        found = list_calendar(session, house.now, house.now + timedelta(days=3, minutes=1))
        assert {each.code for each in found} == {"always", "now", "later"}
        assert len(list_campaigns(session)) == 4
        assert list_campaigns(session, status="paused") == []


def test_a_view_counts_what_was_used_in_all_and_by_day(house: House) -> None:
    use = house.launch("tenth", TENTH)
    house.reserve(use)
    do(house, note_learned, text=" Sells cases. ")
    assert (view(house).uses, view(house).spent_minor, view(house).learned, view(house).group) == (1, 100, "Sells cases.", "standard")
    with house.database.reading() as session:
        assert [(str(each.day), each.uses) for each in list_campaign_days(session, "tenth")] == [("2026-11-22", 1)]


def test_live_campaigns_are_one_statement_while_nothing_changes(house: House) -> None:
    house.launch("tenth", TENTH | {"caps": {"uses": 5}})
    house.live()
    with statements(house.database) as sent:
        house.live()
    assert len(sent) == 1


def test_what_never_was_committed_is_never_kept(house: House) -> None:
    house.launch("tenth", TENTH)
    with suppress(NotFound), house.database.writing() as session:
        end_campaign(session, "tenth", now=house.now)
        assert get_live_campaigns(session, now=house.now).campaigns == ()
        get_campaign(session, "nobody")
    assert len(house.live().campaigns) == 1


def look(database: Database, index: int, now) -> list[int]:
    """Look at what holds, change it, and look again: each of eight processes has kept what it saw before."""
    seen = []
    for _ in range(5):
        with database.reading() as session:
            seen.append(len(get_live_campaigns(session, now=now).campaigns))
        if index == 0:
            with database.writing() as session:
                create_campaign(session, f"c{len(seen)}", TENTH, staff_id=WRITER, now=now, known=KNOWN)
                submit_campaign(session, f"c{len(seen)}", staff_id=WRITER, now=now)
                approve_campaign(session, f"c{len(seen)}", staff_id=APPROVER, now=now, known=KNOWN)
    return seen


def test_a_change_is_live_in_every_process_with_its_next_transaction(house: House, race: Race) -> None:
    assert race.run(look, house.now)[0] == [0, 1, 2, 3, 4]
    assert all(seen[0] == 5 for seen in race.run(look_on, house.now))


def look_on(database: Database, index: int, now) -> list[int]:
    """Look once more, in a process that kept what was before."""
    with database.reading() as session:
        return [len(get_live_campaigns(session, now=now).campaigns)]
