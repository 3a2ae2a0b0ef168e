"""The mini-stores' blueprint. Below it there are no cookies and, for that very reason, no CSRF tokens.

A forged request is one a browser adds somebody's credentials to by itself. Here there is nothing to add: the token is in
the memory of the store's own page, and goes into a header only that page can set (CORS opens to nobody). Taking an
assertion changes nothing for the browser that sends it either: the answer is read by its sender alone.
tests/security/test_widget.py holds this to be so.
"""

from __future__ import annotations

from flask import Blueprint, g, request

from portal.base.i18n import LANGUAGES
from portal.faces.access import csrf

bp = Blueprint("ministore", __name__)
csrf.exempt(bp)


@bp.before_request
def speak() -> None:
    """Speak the language the host page names, however it is written ("zh", "zh-CN ", "en-GB"); else the browser's."""
    wanted = request.args.get("lang", "").strip().lower()[:2]
    if wanted in LANGUAGES:
        g.language = wanted
