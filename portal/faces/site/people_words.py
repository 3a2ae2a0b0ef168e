"""Roles, rights and the messages about them, in the reader's words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from portal.base.errors import N_
from portal.customers import RIGHTS
from portal.faces.babel import gettext
from portal.faces.parts import portal
from portal.faces.words import sentence

ROLE_WORDS: Mapping[str, str] = {
    "owner": N_("Owner"), "administrator": N_("Administrator"), "delegate": N_("Delegate"), "payer": N_("Payer"),
    "member": N_("Own line only"), "employee": N_("Employee"),
}  # fmt: skip
GIVES: Mapping[str, str] = {
    "delegate": N_("To act with the rights you choose"), "payer": N_("To see and pay the bills"),
    "member": N_("To use one of the lines"), "administrator": N_("To look after everything"),
}  # fmt: skip
"""What an invitation to each role offers, in the order they are offered."""


def role_word(role: str) -> str:
    """Name a role."""
    return gettext(ROLE_WORDS[role]) if role in ROLE_WORDS else role


def right_words(rights: Collection[str]) -> list[str]:
    """Say what rights let somebody do, in their order."""
    return [gettext(RIGHTS[name]) for name in RIGHTS if name in rights]


def offer_words(role: str, rights: Collection[str]) -> list[str]:
    """Say what an invitation offers."""
    return right_words(rights) if role == "delegate" else [gettext(GIVES[role])]


def told(text: str, **values: object) -> str:
    """Write a message to somebody's number: the sentence, and whom to call."""
    return sentence(text, support=portal().settings.support_number, **values)
