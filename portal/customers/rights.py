"""What somebody may do for a customer, by name; and which of it each role gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from portal.base.errors import N_

RIGHTS: Mapping[str, str] = {
    "lines": N_("See all lines and what they use"),
    "bills": N_("See bills and the account"),
    "points": N_("See and spend points"),
    "orders": N_("See, place and cancel orders"),
    "people": N_("Invite and remove people"),
}
"""Every right and what it lets somebody do, in the order they are shown."""
EVERYTHING = frozenset(RIGHTS)
NOTHING: frozenset[str] = frozenset()
RANK = {role: place for place, role in enumerate(("owner", "administrator", "delegate", "payer", "member", "employee"))}
"""The roles, the strongest first: of several a person is told the strongest."""

_OF_ROLE = {"owner": EVERYTHING, "administrator": EVERYTHING, "payer": frozenset({"bills"})}


def rights_of(role: str, given: Collection[str] | None) -> frozenset[str]:
    """Give the rights of a role; a delegate's are those `given`. Members and employees have none beyond the lines they use.

    A name this release does not know gives nothing.
    """
    if role == "delegate":
        return EVERYTHING.intersection(given or ())
    return _OF_ROLE.get(role, NOTHING)
