"""The kinds of interactions and the sentences each is told in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.base.errors import N_

CHANNELS = ("web", "mobile", "sms", "voice", "kiosk", "counter", "ministore", "partner")

KINDS: Mapping[str, tuple[str, ...]] = {
    "joined": (N_("Became a customer"),),
    "left": (N_("Left the network"),),
    "signed_in": (N_("Signed in on %(device)s"), N_("Signed in")),
    "signed_out": (N_("Signed out on %(device)s"), N_("Signed out")),
    "password_set": (N_("Service password set"),),
    "password_reset": (N_("Service password set anew"),),
    "password_reset_started": (N_("New service password begun at %(outlet)s"), N_("New service password begun at the counter")),
    "passkey_added": (N_("Passkey added: %(name)s"), N_("Passkey added")),
    "passkey_removed": (N_("Passkey removed: %(name)s"), N_("Passkey removed")),
    "authenticator_set": (N_("Authenticator app added"),),
    "authenticator_removed": (N_("Authenticator app removed"),),
    "recovery_codes_made": (N_("Recovery codes made"),),
    "recovery_code_used": (N_("Recovery code used"),),
    "web_password_set": (N_("Password set"),),
    "web_password_removed": (N_("Password removed"),),
    "sim_changed": (N_("SIM changed"),),
    "bill_issued": (
        N_("Bill for %(cycle_start)s: %(total_minor)s, due on %(due_on)s"),
        N_("Bill issued: %(total_minor)s"),
        N_("Bill issued"),
    ),
    "bill_paid": (N_("Paid %(amount_minor)s"), N_("Bill paid")),
    "visited_counter": (N_("Served at %(outlet)s"), N_("Served at the counter")),
    "paper_shown": (N_("%(paper)s shown at %(outlet)s"), N_("A paper was shown at %(outlet)s"), N_("A paper was shown")),
    "code_sent_counter": (N_("Code sent for a visit at %(outlet)s"), N_("Code sent for a visit at the counter")),
    "product_started": (N_("%(product)s started"), N_("A product started")),
    "product_ended": (N_("%(product)s ended"), N_("A product ended")),
    "device_changed": (N_("Now used in %(device)s"), N_("Device changed")),
    "plan_changed": (
        N_("Plan changed from %(before)s to %(after)s"),
        N_("Plan changed to %(after)s"),
        N_("Plan changed"),
    ),
    "called_support": (N_("Called about %(topic)s"), N_("Called support")),
    "language_changed": (N_("Language changed to %(language)s"), N_("Language changed")),
    "number_changed": (N_("Number changed"),),
    "order_placed": (N_("Ordered %(item)s (%(reference)s)"), N_("Order placed")),
    "order_taken": (N_("Order %(reference)s is being prepared"), N_("An order is being prepared")),
    "order_fulfilled": (N_("Order %(reference)s is done: %(item)s"), N_("An order is done")),
    "order_cancelled": (N_("Order %(reference)s was cancelled: %(item)s"), N_("An order was cancelled")),
    "sale_admitted": (N_("A piece of %(item)s is kept for you"), N_("A piece of a flash sale is kept for you")),
    "presale_invited": (N_("%(item)s has come: the rest can be paid"), N_("What was ordered ahead has come")),
    "order_paid": (N_("Paid %(amount_minor)s for order %(reference)s"), N_("An order was paid")),
    "order_provisioned": (N_("Order %(reference)s is set up: %(item)s"), N_("An order is set up")),
    "order_stop_asked": (N_("Order %(reference)s is to be cancelled: its parcel is being stopped"), N_("A parcel is being stopped")),
    "order_too_late": (N_("It was too late to stop the parcel of order %(reference)s"), N_("A parcel could not be stopped")),
    "order_shipped": (
        N_("Order %(reference)s is on its way under %(tracking)s"),
        N_("Order %(reference)s is on its way"),
        N_("An order is on its way"),
    ),
    "order_refunded": (N_("%(amount_minor)s went back for order %(reference)s"), N_("Money of an order went back")),
    "order_return_asked": (N_("Asked to return something of order %(reference)s"), N_("Asked to return something")),
    "order_return_approved": (N_("The return of order %(reference)s was approved"), N_("A return was approved")),
    "order_return_closed": (N_("The return of order %(reference)s was closed: %(note)s"), N_("A return was closed")),
    "order_return_refused": (
        N_("The return of order %(reference)s was refused: %(note)s"),
        N_("The return of order %(reference)s was refused"),
        N_("A return was refused"),
    ),
    "order_returned": (N_("What came back of order %(reference)s was received"), N_("Something that came back was received")),
    "points_earned": (N_("%(points)s points earned for a payment"), N_("Points earned")),
    "points_expired": (N_("%(points)s points expired"), N_("Points expired")),
    "code_redeemed": (N_("Code redeemed: %(name)s"), N_("Code redeemed")),
    "prize_won": (N_("Won with a code: %(prize)s"), N_("Won with a code")),
    "person_invited": (N_("%(number)s was invited to act for this customer"), N_("Somebody was invited to act for this customer")),
    "invitation_withdrawn": (N_("The invitation to %(number)s was taken back"), N_("An invitation was taken back")),
    "invitation_declined": (N_("%(number)s declined the invitation"), N_("An invitation was declined")),
    "invitation_accepted": (N_("%(name)s accepted the invitation"), N_("An invitation was accepted")),
    "acting_began": (N_("You act for %(name)s now"), N_("You act for another customer now")),
    "rights_changed": (N_("What %(name)s may do was changed"), N_("What somebody may do was changed")),
    "role_ended": (N_("%(name)s acts for this customer no more"), N_("Somebody acts for this customer no more")),
    "logins_linked": (N_("Linked with your number %(number)s"), N_("Linked with another login of yours")),
    "logins_unlinked": (N_("No longer linked with %(number)s"), N_("No longer linked with another login")),
    "member_added": (N_("%(name)s uses this line now"), N_("Somebody else uses this line now")),
}
"""The sentences of each kind, the fullest first: the first whose placeholders an interaction's params all fill is told.

What faces make of a param goes by its name: `…_minor` is an amount in the params' `currency`, `…_on` a day and
`cycle_start` a month (ISO text), anything else text, or text by language ({"zh": …, "en": …}).
"""

UNKNOWN = N_("A contact of another kind")

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def list_kinds() -> Mapping[str, tuple[str, ...]]:
    """Give every kind with its sentences, the fullest first."""
    return KINDS


def sentence_of(kind: str, params: Mapping[str, object]) -> str:
    """Give the fullest sentence of a kind that `params` can fill; a general one for a kind this release does not know."""
    for sentence in KINDS.get(kind, ()):
        if all(params.get(name) is not None for name in _PLACEHOLDER.findall(sentence)):
            return sentence
    return UNKNOWN
