"""How one signs in: passkeys and what else there is, each with the way to change it."""

from __future__ import annotations

from flask import render_template, session

from portal.base import clock
from portal.faces.access import me, requires, subscriber
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading
from portal.faces.words import sentence
from portal.identity import CHANGE_SENTENCES, FEW_CODES, Change, list_factors, list_passkeys


@bp.get("/me/security")
@requires(subscriber, level=2)
def show_security() -> str:
    """Show one's passkeys and the other ways to prove that it is oneself."""
    now = clock.now()
    with reading() as db:
        my_viewer(db, now=now)
        passkeys = list_passkeys(db, me().party_id or 0)
        factors = list_factors(db, me(), settings=portal().settings, now=now)
    few = factors.authenticator_since is not None and factors.recovery_codes <= FEW_CODES
    return render_template("site/me/security.html", passkeys=passkeys, factors=factors, few_codes=few, done=session.pop("done", None))


def change_words(change: Change) -> str:
    """Write the message about a change, in the reader's language."""
    return sentence(CHANGE_SENTENCES[change], support=portal().settings.support_number)
