"""Why somebody who came from a provider is not let in: a stable code for whoever set it up, a sentence for the person."""

from __future__ import annotations

from dataclasses import dataclass

from portal.base.errors import N_

_BROKEN = N_("Your company's sign-in answered in a way we cannot trust. Nothing was changed; tell your company's administrator the code.")
UPSTREAM_SENTENCES = {
    "journey": N_("This sign-in took too long, was used before, or began in another browser. Start again from the sign-in page."),
    "declined": N_("Your company's sign-in did not let you in."),
    "unreachable": N_("Your company's sign-in does not answer us at the moment. Try again in a minute."),
    "not_asked_again": N_("Your company did not ask you anew who you are. Prove it another way."),
    "somebody_else": N_("Somebody else signed in at your company. Nothing was changed."),
    "not_on_the_list": N_("Your company knows you, but you are not on its list of people here. Ask your company's administrator."),
    "left": N_("Your company's list says that you no longer work there. Ask your company's administrator."),
    "another_name": N_("Somebody comes in here under another name of yours already. Ask your company's administrator."),
    "no_name": N_("Your company's sign-in does not say what you are called there. Tell your company's administrator."),
}
"""What people are told, by code; every other code means that the answer is not trusted."""


@dataclass(frozen=True, slots=True)
class UpstreamRefused:
    """An answer of a provider's that does not let anybody in. `code` is stable and in docs/enterprises.md."""

    code: str

    @property
    def sentence(self) -> str:
        """What the person is told."""
        return UPSTREAM_SENTENCES.get(self.code, _BROKEN)


class Untrusted(Exception):
    """A refusal on its way out of a check."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
