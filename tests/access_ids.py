"""What the matrices of tests/test_access.py are filled with: whose ids the addresses of each route hold, and who must get 404."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from portal.base.ids import new_id, to_ref
from portal.faces.component import newest
from tests import access_campaigns as of_campaigns
from tests import access_codes as of_codes
from tests import access_offers as of_offers
from tests import access_payments as of_payments
from tests import access_people as of_people
from tests import access_sales as of_sales
from tests import access_shop as of_shop
from tests import access_sign_on as of_sign_on
from tests.cast import NOW, Cast
from tests.door import Staff, Story
from tests.open_routes import SCIM_EXAMPLES
from tests.pages import Site

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
    sales: dict[str, int]
    """Announced ones and drafts."""
    shop: dict[str, int]
    """An address and a payment of Alice's, and of Charlie's."""


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


def _orders_at_the_counter(world: World) -> list[tuple[str, Values]]:
    """Orders that are not this customer's, be they there or not; and an order of nobody."""
    alice, nobody = world.cast.alice.customer_id, {"customer_id": NOWHERE, "order_id": world.orders["alice"]}
    wrong: list[Values] = [{"customer_id": alice, "order_id": each} for each in (world.orders["charlie"], NOWHERE)]
    return [(role, values) for role in ("dora", "sam") for values in (*wrong, nobody)]


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
        for name in (
            *("show_customer", "send_code", "open_by_code", "open_by_reason", "start_reset", "redeem_for_customer", "note_paper"),
            *("show_papers", "close"),
        )
    },
}
IDS["counter.list_customer_orders"] = Ids(_alice, _nobodys_customer)
IDS |= {
    f"counter.{name}": Ids(lambda world: _alice(world) | _alices_order(world), _orders_at_the_counter)
    for name in ("show_customer_order", "take_payment", "see_papers", "hand_over", "start_return")
}
IDS |= {
    f"site.{name}": Ids(_alices_order, _order_of_others)
    for name in (
        *("show_order", "check_cancel", "cancel_my_order", "ask_payment", "go_and_pay", "wait_for_payment"),
        *("confirm_received", "choose_return", "send_return", "list_my_papers"),
    )
}
IDS |= {
    f"site.{name}_my_paper": Ids(
        lambda world: _alices_order(world) | {"kind": "confirmation"},
        lambda world: [(role, values | {"kind": kind}) for kind in ("confirmation", "nothing") for role, values in _order_of_others(world)],
    )
    for name in ("make", "read", "print")
}
IDS |= {
    f"site.{name}": Ids(lambda world: {"passkey_id": world.passkeys["alice"]}, _passkey_of_others)
    for name in ("show_passkey", "name_passkey", "drop_passkey")
}
_DESK_STEPS = ("show_order", "take", "fulfil", "ask_reason", "cancel", "do_step", "release")
_ELSEWHERE = of_campaigns.IDS | of_people.IDS | of_sign_on.IDS | of_codes.IDS | of_shop.IDS | of_payments.IDS | of_sales.IDS
_ELSEWHERE |= of_offers.IDS
IDS |= {name: Ids(own, partial(foreign, NOWHERE)) for name, (own, foreign) in _ELSEWHERE.items()}
IDS |= {f"office.{name}": Ids(_alices_order, _nobodys_order) for name in _DESK_STEPS}
IDS |= {
    f"ministore.{name}": Ids(lambda _: {"slug": "acme"}, lambda _: [("emma", {"slug": "nowhere"}), ("emma", {"slug": "globex"})])
    for name in ("show_frame", "show_colours", "take_assertion", "show_offers", "fill_cart", "check_order", "send_order", "list_my_orders")
}
IDS["ministore.show_my_order"] = Ids(
    lambda world: {"slug": "acme", "order_id": world.orders["emma"]},
    lambda world: [("emma", {"slug": "acme", "order_id": each}) for each in (world.orders["fred"], world.orders["alice"], NOWHERE)],
)
NO_SECRET: dict[str, Values] = {
    "tray.show_number": {"number": "138-5710-1234"}, "tray.send_text": {"number": "138-5710-1234"},
    "widgets.show_release": {"release": newest().name},
    **{f"site.{name}": {"code": "gift_data_5gb"} for name in ("show_gift", "take_details", "check_redemption", "redeem_gift")},
}  # fmt: skip
"""Routes whose part of an address is no id: what it is, as an example."""
_AT_COMPANY = ("show_company", "go_to_company", "come_back", "take_posted_answer", "arrive", "show_metadata")
NO_SECRET |= {f"site.{name}": {"slug": "globex"} for name in _AT_COMPANY}
NO_SECRET |= of_shop.EXAMPLES | of_payments.EXAMPLES | of_offers.EXAMPLES
NO_SECRET |= of_sign_on.NO_SECRET  # and below: a client's token is its proof
NO_SECRET |= {f"oauth.{name}_registration": {"client_id": "shop"} for name in ("show", "change", "end")}
NO_SECRET |= SCIM_EXAMPLES
