"""What clients know people by: names that say nothing of our ids, and to partners each a name of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac

from portal.base.keys import Keys
from portal.openid.clients import ClientView

_LENGTH = 32  # 192 bits


def subject_of(keys: Keys, client: ClientView, party_id: int) -> str:
    """Give the `sub` that `client` knows a party by: the same for ever, never a number or another id of ours.

    Public clients of a kind share it; pairwise ones share it within their sector alone (OpenID Connect Core 8.1).
    """
    sector = client.sector if client.subject_type == "pairwise" else "public"
    digest = hmac.new(keys.subjects, f"{sector}:{party_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_LENGTH]
