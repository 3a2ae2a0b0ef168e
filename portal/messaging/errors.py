"""Refusals of messaging."""

from __future__ import annotations

from portal.base.errors import N_, Refused


class NotRepeatable(Refused):
    """The message cannot be queued again: it is not one that failed or hangs, or its secret text is gone."""

    code = "message_not_repeatable"
    sentence = N_("This message cannot be sent again. Ask for a new one.")
