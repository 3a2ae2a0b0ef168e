"""No way out for text messages: the default of an installation that has not been given one."""

from __future__ import annotations

from portal.messaging import SmsRefused


class NoSender:
    """Refuses every message, so that the list of failed ones says what is missing."""

    repeatable = True

    def send(self, message_id: int, number: str, body: str) -> str:  # noqa: ARG002 - the port's signature
        """Raise SmsRefused."""
        raise SmsRefused("no SMS adapter is set: see PORTAL_SMS_ADAPTER")
