"""What a campaign's document is made of, as forms show it: each kind of condition and effect with its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from portal.base.errors import N_

Type = Literal[
    "money", "percent", "whole", "words", "word", "picks", "yes", "day", "time", "moment", "line", "choice", "companies", "target"
]
"""What is typed into a field: an amount, a percentage, a whole number, words between commas, one word, some of several, yes or
no, a day, a time, a moment, a line of text, one of several, companies, or which items are meant."""
Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `label` and `hint` are msgids, `options` (value, msgid). `start`: what a new part has there."""

    name: str
    type: Type
    label: str
    hint: str = ""
    options: tuple[Option, ...] = ()
    suffix: str = ""
    start: object = None


@dataclass(frozen=True, slots=True)
class Spec:
    """One kind of condition, effect or section."""

    label: str
    fields: tuple[Field, ...] = ()
    hint: str = ""
    holds: str = ""
    """The entry that holds further parts: `of`, `parts`; empty where there are none."""
    one: bool = False
    """Exactly one part is held, not a list of them."""
    start: Mapping[str, object] = field(default_factory=dict)


CHANNELS: tuple[Option, ...] = (
    ("web", N_("Web")), ("counter", N_("Counter")), ("ministore", N_("Mini-store")), ("sms", N_("SMS")), ("partner", N_("Partner")),
)  # fmt: skip
TIERS: tuple[Option, ...] = (("standard", N_("Standard")), ("silver", N_("Silver")), ("gold", N_("Gold")))
KINDS: tuple[Option, ...] = (("individual", N_("Persons")), ("organisation", N_("Organisations")))
WEEKDAYS: tuple[Option, ...] = (
    ("1", N_("Monday")), ("2", N_("Tuesday")), ("3", N_("Wednesday")), ("4", N_("Thursday")), ("5", N_("Friday")),
    ("6", N_("Saturday")), ("7", N_("Sunday")),
)  # fmt: skip
MODES: tuple[Option, ...] = (
    ("stackable", N_("All that apply, one after the other")),
    ("in_order", N_("The first that applies")),
    ("best_single", N_("The one that gives the customer most")),
    ("best_combination", N_("The five that together give most")),
)
_CODES = N_("Codes from the catalogue, with commas between them.")
_target = Field("target", "target", N_("On what"), N_("Nothing named means everything."))
_min = Field("min", "whole", N_("From"))
_max = Field("max", "whole", N_("Up to"))
_pieces = Field("most_pieces", "whole", N_("At most so many pieces"))
_times = Field("most_times", "whole", N_("At most so many times in a basket"))


def _some(label: str, hint: str = _CODES) -> Field:
    return Field("one_of", "words", label, hint)


CONDITIONS: Mapping[str, Spec] = {
    "all": Spec(N_("All of these hold"), holds="of", start={"of": []}),
    "any": Spec(N_("One of these holds"), holds="of", start={"of": []}),
    "not": Spec(N_("This does not hold"), holds="of", one=True, start={"of": {"kind": "all", "of": []}}),
    "tier": Spec(N_("Customer’s tier"), (Field("one_of", "picks", N_("Tiers"), options=TIERS),)),
    "customer_kind": Spec(N_("Persons or organisations"), (Field("one_of", "picks", N_("Who buys it"), options=KINDS),)),
    "tenure": Spec(N_("Months as a customer"), (_min, _max)),
    "region": Spec(N_("Where the customer lives"), (_some(N_("Provinces"), N_("As they stand in addresses, with commas between them.")),)),
    "age": Spec(N_("Age"), (_min, _max)),
    "new": Spec(N_("New customers"), (Field("days", "whole", N_("Joined within the last days"), start=30),)),
    "enterprise": Spec(
        N_("Members of a company"), (Field("one_of", "companies", N_("Companies"), N_("None chosen means any company.")),),
    ),
    "holds": Spec(N_("Has an offering now"), (_some(N_("Offerings")),)),
    "share": Spec(
        N_("A share of all customers"),
        (Field("salt", "word", N_("Word the share is drawn by"), start="share"), Field("min", "whole", N_("From percent"), start=0),
         Field("max", "whole", N_("To percent"), start=50)),
    ),
    "subtotal": Spec(
        N_("Amount in the basket"), (Field("min", "money", N_("From")), Field("max", "money", N_("Up to")), _target),
    ),
    "quantity": Spec(N_("Pieces in the basket"), (_min, _max, _target)),
    "dates": Spec(N_("Days"), (Field("min", "day", N_("First day")), Field("max", "day", N_("Last day")))),
    "weekdays": Spec(N_("Days of the week"), (Field("one_of", "picks", N_("Days"), options=WEEKDAYS),)),
    "hours": Spec(
        N_("Time of day"), (Field("begin", "time", N_("From"), start="10:00:00"), Field("end", "time", N_("Until"), start="22:00:00")),
    ),
    "channel": Spec(N_("Channel"), (Field("one_of", "picks", N_("Channels"), options=CHANNELS),)),
    "place": Spec(N_("Place of stock"), (_some(N_("Places"), N_("Names of places, with commas between them.")),)),
    "code": Spec(N_("A coupon code of this campaign")),
    "orders": Spec(N_("Orders before this one"), (_min, _max), N_("0 to 0 is the first order.")),
    "spent": Spec(N_("Spent before"), (Field("min", "money", N_("From")), Field("max", "money", N_("Up to")))),
    "bought": Spec(N_("Bought before"), (_some(N_("Offerings")), _min, _max)),
    "used": Spec(N_("Used this campaign before"), (_min, _max)),
    "campaign": Spec(N_("Another campaign applied too"), (Field("code", "word", N_("Code of the campaign")),)),
}  # fmt: skip
EFFECTS: Mapping[str, Spec] = {
    "percentage": Spec(
        N_("Percentage off"),
        (Field("basis_points", "percent", N_("Percentage"), suffix="%", start=1000), _target,
         Field("most_minor", "money", N_("At most this amount")), _pieces),
    ),
    "amount": Spec(
        N_("Amount off"),
        (Field("amount_minor", "money", N_("Amount"), start=1000), Field("each", "yes", N_("Off each piece")), _target, _pieces),
    ),
    "fixed_price": Spec(N_("Fixed price"), (Field("price_minor", "money", N_("Price of a piece"), start=9900), _target, _pieces)),
    "n_for_m": Spec(
        N_("Take so many, pay so many"),
        (Field("take", "whole", N_("Pieces taken"), start=3), Field("pay", "whole", N_("Pieces paid for"), start=2), _target, _times),
    ),
    "bundle_price": Spec(
        N_("Price of a bundle"), (Field("price_minor", "money", N_("Price of all together"), start=9900), _times), holds="parts",
        start={"parts": [{"target": {}, "quantity": 1}, {"target": {}, "quantity": 1}]},
    ),
    "gift": Spec(
        N_("Gift"),
        (_some(N_("Gift, or several to choose from")), Field("quantity", "whole", N_("Pieces"), start=1),
         Field("cost_minor", "money", N_("What one costs us"), N_("It counts against the budget."), start=0)),
    ),
    "free_shipping": Spec(N_("Free shipping"), (Field("most_minor", "money", N_("At most this amount")),)),
    "points": Spec(
        N_("Extra points"),
        (Field("points", "whole", N_("Points"), start=100),
         Field("per_minor", "money", N_("For each"), N_("Empty: once, whatever is bought.")), _target,
         Field("cost_minor", "money", N_("What 100 points cost us"), N_("It counts against the budget."), start=0)),
    ),
    "free_months": Spec(
        N_("Months without the monthly charge"), (Field("months", "whole", N_("Months"), start=1), _target, _pieces),
    ),
}  # fmt: skip
PARTS: Mapping[str, Spec] = {"part": Spec(N_("Part of the bundle"), (_target, Field("quantity", "whole", N_("Pieces"), start=1)))}
SECTIONS: Mapping[str, Spec] = {
    "texts": Spec(
        N_("What it is called"),
        (Field("name.zh", "line", N_("Name in Chinese")), Field("name.en", "line", N_("Name in English")),
         Field("reward.zh", "line", N_("What the customer gets, in Chinese"), N_("A few words, as in “12.00 more and you get …”.")),
         Field("reward.en", "line", N_("What the customer gets, in English"))),
    ),
    "time": Spec(
        N_("When"), (Field("starts_at", "moment", N_("Begins")), Field("ends_at", "moment", N_("Ends"))),
        N_("Empty: from approval, and until it is ended."),
    ),
    "caps": Spec(
        N_("What it may cost"),
        (Field("budget_minor", "money", N_("Budget")), Field("caps.uses", "whole", N_("Uses in all")),
         Field("caps.per_day", "whole", N_("Uses on a day")), Field("caps.per_customer", "whole", N_("Uses by one customer")),
         Field("caps.per_code", "whole", N_("Uses of one code")),
         Field("caps.per_customer_minor", "money", N_("Amount for one customer")),
         Field("caps.per_day_minor", "money", N_("Amount on a day")),
         Field("hold_out_percent", "whole", N_("Kept from so many percent"), N_("To measure what it brings: 5 or 10 is usual."),
               suffix="%")),
        N_("Empty: no limit."),
    ),
    "others": Spec(
        N_("Beside other campaigns"),
        (Field("group.code", "word", N_("Group"), N_("Campaigns of one group are weighed against each other.")),
         Field("group.mode", "choice", N_("In its group"), options=MODES), Field("group.rank", "whole", N_("Place of the group")),
         Field("priority", "whole", N_("Place in its group"), N_("The lowest goes first.")),
         Field("exclusive", "word", N_("Exclusive category"), N_("Of one category, a basket gets one campaign."))),
    ),
}  # fmt: skip
"""Sections of the form: their fields are entries of the document itself, dots leading inside."""


def specs_at(place: str) -> Mapping[str, Spec]:
    """Give what kinds of parts may stand below a place of the document."""
    if place.startswith("effects") and place.endswith(".parts"):
        return PARTS
    return EFFECTS if place.startswith("effects") else CONDITIONS
