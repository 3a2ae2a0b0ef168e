"""Refusals of campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from portal.base.errors import N_, Invalid, Refused
from portal.promotions.faults import Fault


class CampaignGone(Refused):
    """A campaign has no use left for this customer, or holds no longer. Roll back, price the basket anew."""

    code = "campaign_gone"
    sentence = N_("An offer in your cart is used up or over. The price was worked out anew; look at it once more.")

    def __init__(self, campaign_code: str) -> None:
        super().__init__()
        self.campaign_code = campaign_code


class CampaignExists(Refused):
    """A campaign's code is taken."""

    code = "campaign_exists"
    sentence = N_("There is a campaign of this code.")


class CampaignState(Refused):
    """A campaign is not in the state this step begins from."""

    code = "campaign_state"
    sentence = N_("This campaign is no longer as you saw it. Load it again.")


class SecondPerson(Refused):
    """Whoever wrote or submitted a campaign does not approve it."""

    code = "second_person"
    sentence = N_("Somebody else approves it: not whoever wrote it.")


class DocumentFaults(Invalid):
    """A campaign's document cannot stand. `faults` names each place; `fields` gives the sentence for each place."""

    code = "campaign_faults"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__({fault.place: fault.sentence for fault in reversed(faults)})
        self.faults = tuple(faults)
