"""A secret on its way from the form that made it to the page that shows it, this once.

It travels in the browser's own signed cookie, encrypted; the page that shows it takes it out. No address and no log tells it.
"""

from __future__ import annotations

import json

from flask import session

from portal.faces.parts import portal

_NAME = "shown_once"


def hand_on(what: str, secret: str | None) -> None:
    """Keep a secret for the next page about `what` (such as `client:shop`); None keeps nothing."""
    if secret is not None:
        session[_NAME] = portal().keys.encrypt(json.dumps([what, secret]))


def take_secret(what: str) -> str | None:
    """Give the secret that was handed on for `what`, once; None where there is none, or for something else."""
    sealed = session.pop(_NAME, None)
    if not isinstance(sealed, str):
        return None
    try:
        kept = json.loads(portal().keys.decrypt(sealed))
    except ValueError:
        return None
    return str(kept[1]) if kept[0] == what else None
