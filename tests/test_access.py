"""Who may, for every route there is: by construction over the URL map, so that a new route cannot be forgotten.

Each route declares a policy (guard.md 15); each role is let in or kept out as that policy says; each address that holds
an id gives 404 for what is not the reader's (guard.md 16); reading changes nothing but audit and interactions (14).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from portal.base.db import Base
from portal.base.ids import to_ref
from tests import access_campaigns as of_campaigns
from tests import access_codes as of_codes
from tests import access_offers as of_offers
from tests import access_payments as of_payments
from tests import access_people as of_people
from tests import access_sales as of_sales
from tests import access_shop as of_shop
from tests import access_sign_on as of_sign_on
from tests.access_ids import IDS, NO_SECRET, NOWHERE, Values, World
from tests.cast import NOW, Cast
from tests.changes import state_of
from tests.door import Staff, Story, marketing_desk, signed_on, write_story
from tests.faces.ministore import enter
from tests.identity.softkey import put_passkey
from tests.ministores.company import EMMA, FRED, open_acme, order_for
from tests.open_routes import OPEN_TO_ALL
from tests.ordering import fill_store, redeem
from tests.pages import Site

ROLES = ("anonymous", "alice", "bob", "charlie", "erin", "dora", "sam", "olga", "ada", "mei", "emma")
RANK = {"dora": "clerk", "sam": "supervisor", "olga": "order_desk", "ada": "administrator", "mei": "marketing"}
REALM = dict.fromkeys(("alice", "bob", "charlie", "erin"), "subscriber") | dict.fromkeys(RANK, "staff") | {"emma": "employee"}
OTHER_DESKS = ("/office/sign-on", "/office/campaigns", "/office/offers", "/office/codes", "/office/sales", "/office/presales")
LAST = ("counter.close", "site.end_others", "site.sign_out", "sso.confirm", "counter.sign_out")
"""What closes a customer or ends sessions comes last."""
READ_TRACES = {"audit_entry", "audit_head", "interaction"}


@pytest.fixture
def world(app: Any, cast: Cast, staff: Staff, story: Story, browser: Any, sign_in: Any, counter: Any, office: Any, keys: Any) -> World:
    with app.extensions["portal"].db.writing() as session:
        charlies = write_story(session, cast.charlie, (cast.charlie.subscription_id,))
        fill_store(session, keys, cast)
        of_codes.put_codes(session, keys, staff.ada.staff_id)
        of_campaigns.put_campaign(session, staff.mei.staff_id, staff.sam.staff_id)
        orders = {"alice": redeem(session, cast.alice).order_id, "charlie": redeem(session, cast.charlie).order_id}
        acme = open_acme(session, cast)
        orders |= {name: order_for(session, cast, who) for name, who in (("emma", EMMA), ("fred", FRED))}
        passkeys = {name: put_passkey(session, getattr(cast, name), now=NOW) for name in ("alice", "charlie")}
        invitations = of_people.put_invitations(session, cast, now=NOW)
        sign_on = of_sign_on.put_sign_on(session, keys, cast)
        sales = of_sales.put_sales(session, keys, staff.mei.staff_id, staff.sam.staff_id)
        shop = of_shop.put_shop(session, cast) | of_payments.put_difference(session) | of_offers.put_change(session, staff.mei.staff_id)
    browsers = {
        "anonymous": browser(),
        "emma": browser(),
        "dora": counter(staff.dora),
        "sam": counter(staff.sam),
        "olga": office(staff.olga),
        "ada": signed_on(browser(), staff.ada),
        "mei": marketing_desk(browser(), staff.mei),
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
    return World(cast, staff, browsers, story, charlies[-1], first, ids[-1].id, orders, passkeys, invitations, sign_on, sales, shop)


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
    found = [rule for rule in rules(house_itself) if rule.rule.startswith("/office") and not rule.rule.startswith(OTHER_DESKS)]
    below = [house_itself.view_functions[rule.endpoint].policy for rule in found]
    assert len(below) >= 8
    assert {policy.roles for policy in below} == {frozenset({"order_desk", "supervisor"})}


def test_every_route_of_campaigns_and_offers_is_for_marketing_and_supervisors(house_itself):
    desks = ("/office/campaigns", "/office/offers", "/office/codes", "/office/sales", "/office/presales")
    found = [rule for rule in rules(house_itself) if rule.rule.startswith(desks)]
    below = [house_itself.view_functions[rule.endpoint].policy for rule in found]
    assert len(below) >= 8
    assert {policy.roles for policy in below} == {frozenset({"marketing", "supervisor"})}


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
            try:
                answer = knock(world.browsers[role], methods_of(rule)[0], address(world, rule))
            except AssertionError as fault:
                wrong.append(f"{role} at {rule.endpoint}: {fault}")
                continue
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


def test_no_two_routes_answer_the_same_address_and_method(house_itself):
    taken = Counter((re.sub(r"<[^>]*>", "<>", str(rule)), method) for rule in rules(house_itself) for method in methods_of(rule))
    assert not [route for route, times in taken.items() if times > 1]


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
    after = state_of(database)
    for rule in rules(app):
        if methods_of(rule) != ["GET"]:
            continue
        for role in ("anonymous", "alice", "erin", "dora", "olga", "ada", "mei", "emma"):
            before = after
            world.browsers[role].get(address(world, rule))
            after = state_of(database)
            changed = {name for name in before if before[name] != after[name]} - READ_TRACES
            wrong += [f"{role} at {rule.endpoint} changed {name}" for name in sorted(changed)]
    assert not wrong, "\n".join(wrong)
