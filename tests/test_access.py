"""Who may, for every route there is: by construction over the URL map, so that a new route cannot be forgotten.

Each route declares a policy (guard.md 15); each role is let in or kept out as that policy says; each address that holds
an id gives 404 for what is not the reader's (guard.md 16); reading changes nothing but audit and interactions (14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from portal.base.db import Base
from portal.base.ids import new_id, to_ref
from portal.faces.component import newest
from tests import access_people as of_people
from tests import access_sign_on as of_sign_on
from tests.cast import NOW, Cast
from tests.changes import state_of
from tests.door import Staff, Story, signed_on, write_story
from tests.faces.ministore import enter
from tests.identity.softkey import put_passkey
from tests.ministores.company import EMMA, FRED, open_acme, order_for
from tests.open_routes import OPEN_TO_ALL, SCIM_EXAMPLES
from tests.ordering import fill_store, redeem
from tests.pages import Site

ROLES = ("anonymous", "alice", "bob", "charlie", "erin", "dora", "sam", "olga", "ada", "emma")
RANK = {"dora": "clerk", "sam": "supervisor", "olga": "order_desk", "ada": "administrator"}
REALM = dict.fromkeys(("alice", "bob", "charlie", "erin"), "subscriber") | dict.fromkeys(RANK, "staff") | {"emma": "employee"}
LAST = ("site.end_others", "site.sign_out", "sso.confirm", "counter.sign_out")
"""What ends sessions comes last."""
READ_TRACES = {"audit_entry", "audit_head", "interaction"}
NOWHERE = new_id(NOW)


@dataclass(frozen=True, slots=True)
class World:
    """Everybody signed in, each in a browser of their own, and what belongs to whom."""

    cast: Cast
    staff: Staff
    browsers: dict[str, Site]
    alices_bills: Story
    charlies_bill: int
    sessions: dict[str, int]
    """The session of each person's browser; Alice has a spare one besides."""
    spare_session: int
    orders: dict[str, int]
    """An open order of Alice's and of Charlie's, and of Acme's for Emma and for Fred."""
    passkeys: dict[str, int]
    """A passkey of Alice's and one of Charlie's."""
    invitations: dict[str, int]
    """One to Alice by Charlie, one to Charlie by Alice."""
    sign_on: dict[str, int]


@pytest.fixture
def world(app: Any, cast: Cast, staff: Staff, story: Story, browser: Any, sign_in: Any, counter: Any, office: Any, keys: Any) -> World:
    with app.extensions["portal"].db.writing() as session:
        charlies = write_story(session, cast.charlie, (cast.charlie.subscription_id,))
        fill_store(session, keys, cast)
        orders = {"alice": redeem(session, cast.alice).order_id, "charlie": redeem(session, cast.charlie).order_id}
        acme = open_acme(session, cast)
        orders |= {name: order_for(session, cast, who) for name, who in (("emma", EMMA), ("fred", FRED))}
        passkeys = {name: put_passkey(session, getattr(cast, name), now=NOW) for name in ("alice", "charlie")}
        invitations = of_people.put_invitations(session, cast, now=NOW)
        sign_on = of_sign_on.put_sign_on(session, keys, cast)
    browsers = {
        "anonymous": browser(),
        "emma": browser(),
        "dora": counter(staff.dora),
        "sam": counter(staff.sam),
        "olga": office(staff.olga),
        "ada": signed_on(browser(), staff.ada),
    }
    token = enter(browser(), acme, EMMA).token
    browsers["emma"].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    browsers["emma"].checking = False  # she is given regions, which tests/faces/test_ministore.py looks at
    for role in ("dora", "sam"):
        for person in (cast.alice, cast.charlie):
            page = browsers[role].get(browsers[role].url("counter.show_customer", customer_id=person.customer_id)).page
            browsers[role].post_form(page, page.url + "/openings/by-reason", reason="document_shown")
    for role in ("alice", "bob", "charlie", "erin"):
        browsers[role] = sign_in(getattr(cast, role))
    sign_in(cast.alice)
    table = Base.metadata.tables["login_session"]
    with app.extensions["portal"].db.reading() as session:
        ids = session.execute(sa.select(table.c.party_id, table.c.id).where(table.c.party_id.is_not(None)).order_by(table.c.id)).all()
    first = {
        role: next(each for party, each in ids if party == getattr(cast, role).party_id) for role in ("alice", "bob", "charlie", "erin")
    }
    return World(cast, staff, browsers, story, charlies[-1], first, ids[-1].id, orders, passkeys, invitations, sign_on)


# Values for the ids in addresses. A new route with an id needs an entry here: `own` opens the door for the matrix of
# roles, `foreign` must give 404 to each of the roles named.

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Ids:
    """How to fill in a route's ids: with what exists and is somebody's own, and with what is not the reader's."""

    own: Callable[[World], Values]
    foreign: Callable[[World], list[tuple[str, Values]]]


def _bill_of_others(world: World) -> list[tuple[str, Values]]:
    alices, charlies = world.alices_bills.bills[-1], world.charlies_bill
    return [
        ("alice", {"bill_id": charlies}), ("alice", {"bill_id": NOWHERE}), ("charlie", {"bill_id": alices}),
        ("erin", {"bill_id": alices}), ("bob", {"bill_id": alices}), ("bob", {"bill_id": charlies}),
    ]  # fmt: skip


def _session_of_others(world: World) -> list[tuple[str, Values]]:
    pairs = [("alice", "charlie"), ("charlie", "alice"), ("bob", "alice"), ("alice", "bob"), ("erin", "alice")]
    return [*((role, {"session_id": world.sessions[other]}) for role, other in pairs), ("alice", {"session_id": NOWHERE})]


def _passkey_of_others(world: World) -> list[tuple[str, Values]]:
    pairs = [("alice", "charlie"), ("charlie", "alice"), ("bob", "alice"), ("erin", "charlie")]
    return [*((role, {"passkey_id": world.passkeys[other]}) for role, other in pairs), ("alice", {"passkey_id": NOWHERE})]


def _nobodys_customer(_: World) -> list[tuple[str, Values]]:
    return [(role, {"customer_id": NOWHERE}) for role in ("dora", "sam")]


def _bills_at_the_counter(world: World) -> list[tuple[str, Values]]:
    alice, charlie = world.cast.alice.customer_id, world.cast.charlie.customer_id
    wrong = [
        {"customer_id": alice, "bill_id": world.charlies_bill},  # a bill under somebody else's name
        {"customer_id": alice, "bill_id": NOWHERE},
        {"customer_id": charlie, "bill_id": world.alices_bills.bills[-1]},
    ]
    return [(role, values) for role in ("dora", "sam") for values in wrong]


def _order_of_others(world: World) -> list[tuple[str, Values]]:
    pairs = [("alice", "charlie"), ("charlie", "alice"), ("erin", "alice"), ("bob", "alice"), ("bob", "charlie")]
    return [*((role, {"order_id": world.orders[other]}) for role, other in pairs), ("alice", {"order_id": NOWHERE})]


def _nobodys_order(world: World) -> list[tuple[str, Values]]:
    """An order there is not, under anybody's name or under none: the desk may see every one there is."""
    whose = [{}, {"of": to_ref(world.cast.alice.customer_id)}, {"of": to_ref(NOWHERE)}, {"of": "x"}]
    return [(role, {"order_id": NOWHERE} | of) for role in ("olga", "sam") for of in whose]


def _alice(world: World) -> Values:
    return {"customer_id": world.cast.alice.customer_id}


def _alices_order(world: World) -> Values:
    return {"order_id": world.orders["alice"]}


IDS: dict[str, Ids] = {
    "counter.show_timeline": Ids(_alice, lambda _: []),  # whose timeline it is, who has it open may see: below
    "site.show_bill": Ids(lambda world: {"bill_id": world.alices_bills.bills[-1]}, _bill_of_others),
    "site.end_one_session": Ids(lambda world: {"session_id": world.spare_session}, _session_of_others),
    "counter.show_bill": Ids(lambda world: _alice(world) | {"bill_id": world.alices_bills.bills[-1]}, _bills_at_the_counter),
    **{
        f"counter.{name}": Ids(_alice, _nobodys_customer)
        for name in ("show_customer", "send_code", "open_by_code", "open_by_reason", "start_reset", "close")
    },
}
IDS |= {f"site.{name}": Ids(_alices_order, _order_of_others) for name in ("show_order", "check_cancel", "cancel_my_order")}
IDS |= {
    f"site.{name}": Ids(lambda world: {"passkey_id": world.passkeys["alice"]}, _passkey_of_others)
    for name in ("show_passkey", "name_passkey", "drop_passkey")
}
IDS |= {name: Ids(own, partial(foreign, NOWHERE)) for name, (own, foreign) in (of_people.IDS | of_sign_on.IDS).items()}
IDS |= {f"office.{name}": Ids(_alices_order, _nobodys_order) for name in ("show_order", "take", "fulfil", "ask_reason", "cancel")}
IDS |= {
    f"ministore.{name}": Ids(lambda _: {"slug": "acme"}, lambda _: [("emma", {"slug": "nowhere"}), ("emma", {"slug": "globex"})])
    for name in ("show_frame", "show_colours", "take_assertion", "show_offers", "fill_cart", "check_order", "send_order", "list_my_orders")
}
IDS["ministore.show_my_order"] = Ids(
    lambda world: {"slug": "acme", "order_id": world.orders["emma"]},
    lambda world: [("emma", {"slug": "acme", "order_id": each}) for each in (world.orders["fred"], world.orders["alice"], NOWHERE)],
)
NO_SECRET: dict[str, Values] = {
    "tray.show_number": {"number": "138-5710-1234"}, "widgets.show_release": {"release": newest().name},
    **{f"site.{name}": {"code": "gift_data_5gb"} for name in ("show_gift", "take_details", "check_redemption", "redeem_gift")},
}  # fmt: skip
"""Routes whose part of an address is no id: what it is, as an example."""
_AT_COMPANY = ("show_company", "go_to_company", "come_back", "take_posted_answer", "arrive", "show_metadata")
NO_SECRET |= {f"site.{name}": {"slug": "globex"} for name in _AT_COMPANY}
NO_SECRET |= of_sign_on.NO_SECRET  # and below: a client's token is its proof
NO_SECRET |= {f"oauth.{name}_registration": {"client_id": "shop"} for name in ("show", "change", "end")}
NO_SECRET |= SCIM_EXAMPLES


def rules(app: Any) -> Iterator[Rule]:
    """Every route of the application."""
    return (rule for rule in app.url_map.iter_rules())


def methods_of(rule: Rule) -> list[str]:
    """The methods a route takes, without those that HTTP adds."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def address(world: World, rule: Rule) -> str:
    """Give an address of a route that exists and is Alice's."""
    values: Values = {}
    if rule.arguments:
        values = NO_SECRET.get(rule.endpoint) or IDS[rule.endpoint].own(world)
    return world.browsers["anonymous"].url(rule.endpoint, **values)


def knock(browser: Site, method: str, url: str) -> Any:
    """Send a request with nothing in it but a valid token."""
    if method == "GET":
        return browser.get(url)
    return browser.open(url, method=method, data={"csrf_token": token_of(browser)})


def token_of(browser: Site) -> str:
    """Give a token that this browser's forms carry."""
    for endpoint in ("site.ask_number", "counter.ask_login"):
        page = browser.get(browser.url(endpoint), follow_redirects=True).page
        for node in page.root.all("input"):
            if node.get("name") == "csrf_token":
                return node.get("value")
    raise AssertionError("no page has a form")


def kept_out(answer: Any, realm: str) -> bool:
    """Say whether the answer sends the reader to sign in."""
    sign_in = "/counter/login" if realm == "staff" else "/login"
    return answer.status_code == 303 and answer.headers["Location"].partition("?")[0] == sign_in


def wrong_in_a_store(answer: Any, role: str) -> str:
    """Say what is wrong with an answer on a route for employees: nobody else's sign-in counts there, and theirs does."""
    if REALM.get(role) == "employee":
        return "(kept out)" if answer.status_code in (401, 403) else ""
    return "" if answer.status_code == 401 else "(let in)"


def test_every_route_says_whom_it_serves(house_itself):
    silent = [
        f"{rule.endpoint} {rule}"
        for rule in rules(house_itself)
        if getattr(house_itself.view_functions[rule.endpoint], "policy", None) is None
    ]
    assert not silent, f"without @requires: {silent}"
    assert len(list(rules(house_itself))) > 25


def test_what_serves_anybody_is_a_short_list_somebody_has_read(house_itself):
    """A route for anybody is added here by hand, after a thought."""
    open_to_all = {
        rule.endpoint for rule in rules(house_itself) if house_itself.view_functions[rule.endpoint].policy.realm in ("anybody", "machine")
    }
    assert open_to_all == OPEN_TO_ALL


def test_every_route_below_the_counter_is_for_staff_or_leads_in(house_itself):
    for rule in rules(house_itself):
        if rule.rule.startswith("/counter") and not rule.rule.startswith("/counter/login"):
            assert house_itself.view_functions[rule.endpoint].policy.realm == "staff", rule


def test_every_route_of_the_office_is_for_the_desk_and_those_who_supervise_it(house_itself):
    found = [rule for rule in rules(house_itself) if rule.rule.startswith("/office") and "sign-on" not in rule.rule]
    below = [house_itself.view_functions[rule.endpoint].policy for rule in found]
    assert len(below) >= 8
    assert {policy.roles for policy in below} == {frozenset({"order_desk", "supervisor"})}


def test_every_route_below_sign_on_is_for_administrators_alone(house_itself):
    below = [house_itself.view_functions[rule.endpoint].policy for rule in rules(house_itself) if rule.rule.startswith("/office/sign-on")]
    assert len(below) >= 25
    assert {policy.roles for policy in below} == {frozenset({"administrator"})}


def test_every_route_below_a_store_is_for_its_employees_or_leads_in(house_itself):
    below = [rule for rule in rules(house_itself) if rule.rule.startswith("/ministore") and rule.endpoint.startswith("ministore.")]
    closed = [rule for rule in below if house_itself.view_functions[rule.endpoint].policy.realm == "employee"]
    assert {rule.endpoint for rule in below} - {rule.endpoint for rule in closed} == {
        "ministore.show_frame", "ministore.show_colours", "ministore.take_assertion",
    }  # fmt: skip
    assert len(closed) >= 6
    assert all("slug" in rule.arguments for rule in below)


def test_every_route_that_changes_something_is_reached_by_post_alone(house_itself):
    for rule in rules(house_itself):
        assert len(methods_of(rule)) == 1, f"{rule.endpoint} does two things: {methods_of(rule)}"


def test_each_role_is_let_in_or_kept_out_as_the_route_says(world, app):
    wrong = []
    ordered = sorted(rules(app), key=lambda rule: (LAST.index(rule.endpoint) + 1 if rule.endpoint in LAST else 0, str(rule)))
    for rule in ordered:
        policy = app.view_functions[rule.endpoint].policy
        for role in ROLES:
            answer = knock(world.browsers[role], methods_of(rule)[0], address(world, rule))
            said = f"{role} at {rule.endpoint}: {answer.status_code} {answer.headers.get('Location', '')}"
            if answer.status_code >= 500:
                wrong.append(said)
            elif policy.realm == "employee":
                wrong += [f"{said} {fault}"] if (fault := wrong_in_a_store(answer, role)) else []
            elif policy.realm in ("subscriber", "staff") and REALM.get(role) != policy.realm:
                wrong += [] if kept_out(answer, policy.realm) else [f"{said} (let in)"]
            elif policy.roles and RANK.get(role) not in policy.roles:
                wrong += [] if answer.status_code == 403 else [f"{said} (not of the roles)"]
            elif rule.endpoint.endswith(".sign_out"):
                wrong += [] if kept_out(answer, policy.realm) else [f"{said} (not signed out)"]
            elif policy.realm in ("subscriber", "staff") and (answer.status_code == 403 or kept_out(answer, policy.realm)):
                wrong.append(f"{said} (kept out)")
    assert not wrong, "\n".join(wrong)


def test_authz_matrix_every_address_with_an_id_has_its_cases(house_itself):
    with_ids = {rule.endpoint for rule in rules(house_itself) if rule.arguments}
    assert with_ids == set(IDS) | set(NO_SECRET), "say in IDS whose ids these are, and who must get 404"


def test_authz_matrix_a_foreign_id_is_nothing_at_all(world, app):
    wrong, asked = [], 0
    for rule in rules(app):
        if rule.endpoint not in IDS:
            continue
        method = methods_of(rule)[0]
        for role, values in IDS[rule.endpoint].foreign(world):
            answer = knock(world.browsers[role], method, world.browsers[role].url(rule.endpoint, **values))
            asked += 1
            if answer.status_code != 404:
                wrong.append(f"{role} {method} {rule.endpoint} {values}: {answer.status_code}")
    assert asked >= 25
    assert not wrong, "\n".join(wrong)


def test_authz_matrix_what_a_clerk_has_not_open_stays_shut_be_it_there_or_not(world):
    dora = world.browsers["dora"]
    for customer_id in (world.cast.erin.customer_id, NOWHERE):
        for endpoint, values in (("counter.show_timeline", {}), ("counter.show_bill", {"bill_id": world.charlies_bill})):
            assert dora.get(dora.url(endpoint, customer_id=customer_id, **values)).status_code == 403


def test_authz_matrix_what_is_foreign_looks_just_like_what_is_not_there(world):
    alice = world.browsers["alice"]
    foreign = alice.get(alice.url("site.show_bill", bill_id=world.charlies_bill))
    missing = alice.get(alice.url("site.show_bill", bill_id=NOWHERE))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.page.text.partition("reference")[0] == missing.page.text.partition("reference")[0]


def test_authz_matrix_a_line_of_somebody_else_in_a_query_is_nothing(world):
    cast = world.cast
    assert world.browsers["alice"].get("/", query_string={"line": to_ref(cast.bob.subscription_id)}).status_code == 200
    alices, charlies = cast.alice.subscription_id, cast.charlie.subscription_id
    for role, line in (("alice", charlies), ("bob", alices), ("charlie", alices), ("alice", NOWHERE)):
        assert world.browsers[role].get("/", query_string={"line": to_ref(line)}).status_code == 404, role


def test_authz_matrix_an_id_that_is_no_id_is_nothing(world):
    for ref in ("0", "1", "zzzzzzzzzzzzzz", "-1", "0000000000000", "1%27--", "..%2f..", "%00", "９９９", "8" * 13, "u" * 13):
        assert world.browsers["alice"].get(f"/bills/{ref}").status_code == 404, ref
        assert world.browsers["dora"].get(f"/counter/customers/{ref}").status_code == 404, ref


def test_a_session_of_one_realm_opens_nothing_in_the_other(world, app):
    from portal.faces import cookies

    staff, alice = world.browsers["dora"], world.browsers["alice"]
    token = alice.get_cookie(cookies.SUBSCRIBER, domain="localhost").value
    other = app.test_client()
    other.set_cookie(cookies.STAFF, token, domain="localhost", secure=True)
    assert kept_out(other.get(other.url("counter.show_desk")), "staff")
    staff_token = staff.get_cookie(cookies.STAFF, domain="localhost").value
    other.set_cookie(cookies.SUBSCRIBER, staff_token, domain="localhost", secure=True)
    assert kept_out(other.get("/"), "subscriber")


def test_csrf_sweep_reading_changes_nothing_but_the_notes_of_it(world, app):
    wrong = []
    database = app.extensions["portal"].db
    for rule in rules(app):
        if methods_of(rule) != ["GET"]:
            continue
        for role in ("anonymous", "alice", "erin", "dora", "olga", "ada", "emma"):
            before = state_of(database)
            world.browsers[role].get(address(world, rule))
            after = state_of(database)
            changed = {name for name in before if before[name] != after[name]} - READ_TRACES
            wrong += [f"{role} at {rule.endpoint} changed {name}" for name in sorted(changed)]
    assert not wrong, "\n".join(wrong)
