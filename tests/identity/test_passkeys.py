"""Passkeys: only discoverable ones with a verified user, each challenge once, each person's own (guard.md 7, 11)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound
from portal.customers import change_number, get_holder_of_line
from portal.identity import (
    Limited,
    PasskeyAsk,
    PasskeyRefused,
    PasskeyRight,
    PasskeyView,
    TooManyPasskeys,
    Visitor,
    add_passkey,
    check_passkey,
    list_passkeys,
    offer_passkeys,
    offer_registration,
    relying_party,
    remove_passkey,
    rename_passkey,
    sweep_identity,
)
from tests.cast import Cast, Person
from tests.identity.door import Browser, Door
from tests.identity.softkey import SoftKey

HOME, ELSEWHERE = Browser("home"), Browser("elsewhere")
MINUTES_5 = timedelta(minutes=5)


class Bench:
    """A door with passkeys: what a face does between the browser and identity."""

    def __init__(self, door: Door, now: datetime) -> None:
        self.door, self.now = door, now
        self.site = relying_party(door.settings)

    def key(self, **features: Any) -> SoftKey:
        return SoftKey(self.site.origin, **features)

    def view(self, person: Person, browser: Browser = HOME) -> Any:
        return self.door.enter(person.number, browser, self.now).view

    def offer(self, view: Any, flow: str = "flow") -> Any:
        with self.door.database.writing() as session:
            return offer_registration(session, self.site, view, PasskeyAsk(flow, "register"), now=self.now)

    def add(self, view: Any, answer: str, *, flow: str = "flow", name: str = "Phone", at: datetime | None = None) -> Any:
        with self.door.database.writing() as session:
            return add_passkey(
                session, self.site, view, PasskeyAsk(flow, "register"), answer=answer, name=name, said="changed", now=at or self.now
            )

    def made(self, person: Person, **features: Any) -> SoftKey:
        """Give a passkey that is registered."""
        key, view = self.key(**features), self.view(person)
        assert isinstance(self.add(view, key.create(self.offer(view))), PasskeyView)
        return key

    def ask(self, flow: str = "flow", *, purpose: Any = "sign_in", view: Any = None) -> Any:
        with self.door.database.writing() as session:
            return offer_passkeys(session, self.site, PasskeyAsk(flow, purpose), Visitor("d", "203.0.113.9"), view=view, now=self.now)

    def check(self, answer: str, flow: str = "flow", *, purpose: Any = "sign_in", view: Any = None, at: datetime | None = None) -> Any:
        with self.door.database.writing() as session:
            visitor, ask = Visitor("d", "203.0.113.9"), PasskeyAsk(flow, purpose)
            return check_passkey(session, self.site, ask, visitor, answer=answer, view=view, now=at or self.now)


@pytest.fixture
def bench(door: Door, now: datetime) -> Bench:
    return Bench(door, now)


def test_a_passkey_signs_in_without_a_number(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice)
    answer = bench.check(key.get(bench.ask()))
    assert isinstance(answer, PasskeyRight)
    assert (answer.holder.party_id, answer.holder.number, answer.methods) == (cast.alice.party_id, cast.alice.number, ("hwk",))


def test_a_synced_passkey_says_so(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice, synced=True)
    assert bench.check(key.get(bench.ask())).methods == ("swk",)


def test_the_browser_is_asked_for_a_verified_user_and_a_passkey_it_can_find_by_itself(bench: Bench, cast: Cast) -> None:
    options = bench.offer(bench.view(cast.alice))
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["requireResidentKey"], chosen["userVerification"]) == ("required", True, "required")
    assert cast.alice.number not in json.dumps(options)
    assert str(cast.alice.party_id) not in json.dumps(options)
    assert bench.ask()["allowCredentials"] == []


def test_a_passkey_nobody_unlocked_is_not_taken(bench: Bench, cast: Cast) -> None:
    view = bench.view(cast.alice)
    assert isinstance(bench.add(view, bench.key(verified=False).create(bench.offer(view))), PasskeyRefused)
    key = bench.made(cast.alice)
    key.verified = False
    assert isinstance(bench.check(key.get(bench.ask())), PasskeyRefused)


def test_a_challenge_is_good_once(bench: Bench, cast: Cast) -> None:
    key, view = bench.key(), bench.view(cast.alice)
    made = key.create(bench.offer(view))
    assert isinstance(bench.add(view, made), PasskeyView)
    assert isinstance(bench.add(view, made), PasskeyRefused)
    used = key.get(bench.ask())
    assert isinstance(bench.check(used), PasskeyRight)
    assert isinstance(bench.check(used), PasskeyRefused)


def test_a_challenge_is_good_for_five_minutes_in_its_own_browser_for_its_own_purpose(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice)
    assert isinstance(bench.check(key.get(bench.ask()), at=bench.now + MINUTES_5), PasskeyRefused)
    assert isinstance(bench.check(key.get(bench.ask("hers")), "another"), PasskeyRefused)
    assert isinstance(bench.check(key.get(bench.ask(purpose="step_up")), purpose="sign_in"), PasskeyRefused)
    assert isinstance(bench.check(key.get(bench.ask()), at=bench.now + MINUTES_5 - timedelta(seconds=1)), PasskeyRight)


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"}, {"origin": "http://localhost:8000.evil.example"}, {"type": "webauthn.create"},
        {"rp": "evil.example"}, {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"}, {"signature": b""}, {"handle": "AAAA"},
        {"handle": None}, {"challenge": "AAAA"}, {"challenge": 7},
    ],
)  # fmt: skip
def test_a_lie_in_the_answer_is_refused_and_uses_the_challenge_up(bench: Bench, cast: Cast, lie: dict[str, Any]) -> None:
    key = bench.made(cast.alice)
    options = bench.ask()
    assert isinstance(bench.check(key.get(options, **lie)), PasskeyRefused)
    again = bench.check(key.get(options))
    assert isinstance(again, PasskeyRight if "challenge" in lie else PasskeyRefused)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '{"response": 1}', '{"response": {}}', '{"response": {"clientDataJSON": "%%%"}}',
             '{"response": {"clientDataJSON": 5}}', '{"response": {"clientDataJSON": "bnVsbA"}}', "[" * 5000, "x" * 30_000],
)  # fmt: skip
def test_what_is_no_answer_is_refused(bench: Bench, cast: Cast, text: str) -> None:
    view = bench.view(cast.alice)
    assert isinstance(bench.check(text), PasskeyRefused)
    assert isinstance(bench.add(view, text), PasskeyRefused)


def test_an_answer_of_the_right_shape_with_rubbish_inside_is_refused(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice)
    for part in ("authenticatorData", "signature", "attestationObject"):
        view = bench.view(cast.alice)
        answer = json.loads(key.create(bench.offer(view)) if part == "attestationObject" else key.get(bench.ask()))
        for rubbish in ("", "AA", "o2NmbXQ", None, 5, [], "\ud800"):
            answer["response"][part] = rubbish
            given = json.dumps(answer)
            refused = bench.add(view, given) if part == "attestationObject" else bench.check(given)
            assert isinstance(refused, PasskeyRefused)


def test_a_copied_passkey_that_counts_is_found_out(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice, count=5)
    copy = SoftKey(key.origin, count=5, credential_id=key.credential_id, private=key.private, handle=key.handle)
    assert isinstance(bench.check(key.get(bench.ask())), PasskeyRight)
    assert isinstance(bench.check(copy.get(bench.ask())), PasskeyRefused)
    assert [row["outcome"] for row in bench.door.rows("sign_in_event") if row["method"] == "passkey"] == ["wrong"]


def test_strangers_passkeys_do_not_prove_it_is_me(bench: Bench, cast: Cast) -> None:
    bench.made(cast.alice)
    charlies = bench.made(cast.charlie)
    view = bench.view(cast.alice, ELSEWHERE)
    options = bench.ask(purpose="step_up", view=view)
    assert len(options["allowCredentials"]) == 1
    assert isinstance(bench.check(charlies.get(options), purpose="step_up", view=view), PasskeyRefused)


def test_a_step_up_takes_ones_own_passkey_whether_or_not_it_says_whose_it_is(bench: Bench, cast: Cast) -> None:
    key, view = bench.made(cast.alice), bench.view(cast.alice, ELSEWHERE)
    for handle in (key.handle, None):
        answer = key.get(bench.ask(purpose="step_up", view=view), handle=handle)
        assert isinstance(bench.check(answer, purpose="step_up", view=view), PasskeyRight)


def test_a_registration_for_one_person_is_not_finished_by_another(bench: Bench, cast: Cast) -> None:
    alice, charlie = bench.view(cast.alice), bench.view(cast.charlie)
    made = bench.key().create(bench.offer(alice))
    assert isinstance(bench.add(charlie, made), PasskeyRefused)


def test_the_same_passkey_is_not_registered_twice(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice)
    view = bench.view(cast.charlie)
    assert isinstance(bench.add(view, key.create(bench.offer(view))), PasskeyRefused)
    options = bench.offer(bench.view(cast.alice))
    assert [each["id"] for each in options["excludeCredentials"]] == [key.id]


def test_all_passkeys_of_a_person_are_made_for_one_random_handle(bench: Bench, cast: Cast) -> None:
    first, second, strangers = bench.made(cast.alice), bench.made(cast.alice), bench.made(cast.charlie)
    assert first.handle == second.handle != strangers.handle
    assert len(first.handle) == 43


def test_twenty_passkeys_are_enough(bench: Bench, cast: Cast) -> None:
    for _ in range(20):
        bench.made(cast.alice)
    with pytest.raises(TooManyPasskeys):
        bench.offer(bench.view(cast.alice))


def test_a_change_signs_other_browsers_out_and_is_told(bench: Bench, cast: Cast) -> None:
    other = bench.door.enter(cast.alice.number, ELSEWHERE, bench.now)
    view = bench.view(cast.alice)
    bench.add(view, bench.key().create(bench.offer(view)), name="  My   phone ")
    assert bench.door.finds(other.token, "subscriber", bench.now) is None
    assert [row["body"] for row in bench.door.rows("message")] == ["changed"]
    (told,) = [row for row in bench.door.rows("interaction") if row["kind"] == "passkey_added"]
    assert told["params"] == {"name": "My phone"}


def test_passkeys_are_listed_named_and_removed_by_their_owner_alone(bench: Bench, cast: Cast) -> None:
    key, alice, charlie = bench.made(cast.alice), bench.view(cast.alice), bench.view(cast.charlie)
    with bench.door.database.writing() as session:
        (mine,) = list_passkeys(session, cast.alice.party_id)
        assert list_passkeys(session, cast.charlie.party_id) == []
        with pytest.raises(NotFound):
            rename_passkey(session, charlie, mine.id, "Mine now")
        with pytest.raises(NotFound):
            remove_passkey(session, charlie, mine.id, now=bench.now)
        for name in ("", "   ", "x" * 41):
            with pytest.raises(Invalid):
                rename_passkey(session, alice, mine.id, name)
        rename_passkey(session, alice, mine.id, "The blue key")
        assert list_passkeys(session, cast.alice.party_id)[0].name == "The blue key"
        remove_passkey(session, alice, mine.id, now=bench.now)
    assert isinstance(bench.check(key.get(bench.ask())), PasskeyRefused)


def test_a_passkey_follows_its_line_to_a_new_number(bench: Bench, cast: Cast) -> None:
    key = bench.made(cast.alice)
    with bench.door.database.writing() as session:
        holder = get_holder_of_line(session, cast.alice.customer_id, cast.alice.subscription_id)
        change_number(session, holder.customer_id, holder.subscription_id, "13999990000", now=bench.now)
    answer = bench.check(key.get(bench.ask()))
    assert isinstance(answer, PasskeyRight)
    assert answer.holder.number == "13999990000"


def test_asking_is_limited_by_browser_and_forgotten_after_its_time(bench: Bench, cast: Cast) -> None:
    for _ in range(60):
        assert not isinstance(bench.ask(), Limited)
    assert isinstance(bench.ask(), Limited)
    assert len(bench.door.rows("passkey_challenge")) == 60
    with bench.door.database.writing() as session:
        sweep_identity(session, now=bench.now + MINUTES_5)
    assert bench.door.rows("passkey_challenge") == []


def test_challenges_are_kept_as_hashes(bench: Bench, cast: Cast) -> None:
    options = bench.ask("a flow")
    assert options["challenge"] not in json.dumps(bench.door.rows("passkey_challenge"), default=str)
    assert "a flow" not in json.dumps(bench.door.rows("passkey_challenge"), default=str)
