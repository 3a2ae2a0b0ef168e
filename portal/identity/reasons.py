"""Why staff may open a customer who cannot give a code. Kept as codes; the sentences are what the customer reads."""

from __future__ import annotations

from dataclasses import dataclass

from portal.base.errors import N_, Invalid

MIN_NOTE, MAX_NOTE = 4, 200


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of the list. `needs_note`: it says too little without a sentence of the clerk's own."""

    code: str
    sentence: str
    needs_note: bool = False


_REASONS = (
    Reason("document_shown", N_("The identity document was shown at the counter")),
    Reason("phone_lost", N_("The phone or SIM card is lost or broken")),
    Reason("no_reception", N_("The code did not arrive")),
    Reason("full_number_told", N_("The full number and name were told in person")),
    Reason("fault_repair", N_("A fault on the line is being looked into")),
    Reason("bill_question", N_("A question about a bill is being answered")),
    Reason("follow_up", N_("Something begun earlier is being finished")),
    Reason("other", N_("Another reason, noted by the staff"), needs_note=True),
)
ORDER = Reason("order", N_("An order of yours is being prepared"))
"""Why the order desk looks: nobody chooses it, the order at hand is the reason."""

_BY_CODE = {reason.code: reason for reason in (*_REASONS, ORDER)}
_CHOSEN = {reason.code: reason for reason in _REASONS}


def list_reasons() -> tuple[Reason, ...]:
    """Give the reasons to choose from, in the order to show them."""
    return _REASONS


def find_reason(code: str | None) -> Reason | None:
    """Give the reason of a code, also for one that an old entry bears."""
    return _BY_CODE.get(code or "")


def check_reason(code: str, note: str) -> str | None:
    """Give the note to keep, if any; raise Invalid for a reason not on the list or one that lacks its note."""
    reason, kept = _CHOSEN.get(code), " ".join(note.split())
    if reason is None:
        raise Invalid({"reason": N_("Choose a reason.")})
    if reason.needs_note and len(kept) < MIN_NOTE:
        raise Invalid({"note": N_("Say in a few words what the reason is.")})
    if len(kept) > MAX_NOTE:
        raise Invalid({"note": N_("Keep the note under 200 characters.")})
    return kept or None
