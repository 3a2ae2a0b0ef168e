"""Tells a site at its own address that a sign-in is over (OpenID Connect Back-Channel Logout 1.0, section 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from portal.adapters.outbound import CallRefused, Outbound
from portal.base.settings import Settings
from portal.openid import NotTaken

_TAKEN = (200, 204)  # 204: what some frameworks make of an empty 200; the specification asks to bear with it (2.8)
_AWAY = (502, 503, 504)
KNOCK_SECONDS = 2.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class HttpBackChannel:
    """Posts by HTTP."""

    outbound: Outbound

    def post(self, address: str, form: dict[str, str]) -> None:
        """Post a form; raise NotTaken for anything but a plain yes."""
        try:
            answer = self.outbound.post(address, urlencode(form).encode(), _FORM)
        except CallRefused as refused:
            raise NotTaken(str(refused)) from refused
        if answer.status not in _TAKEN:
            raise NotTaken(f"answered {answer.status}")

    def answers(self, address: str) -> bool:
        """Say whether somebody is there: whatever a site says to HEAD but what a gateway says of one that is down."""
        try:
            return replace(self.outbound, seconds=KNOCK_SECONDS).head(address) not in _AWAY
        except CallRefused:
            return False


def make_backchannel(settings: Settings) -> HttpBackChannel:
    """Make the way out the settings allow."""
    return HttpBackChannel(Outbound(allow_private=settings.allow_private_callbacks))
