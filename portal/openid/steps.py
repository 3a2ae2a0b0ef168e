"""What has to happen before a request can be answered: who must still sign in, prove more, choose or agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from portal.openid.requests import AuthorizationRequest, RequestRefused

Kind = Literal["sign_in", "prove", "select", "consent"]
_ERRORS = {
    "sign_in": ("login_required", "nobody is signed in, or the proof is too old"),
    "prove": ("interaction_required", "a stronger proof is needed"),
    "select": ("account_selection_required", "somebody must choose whom to go on as"),
    "consent": ("consent_required", "the person has not agreed to this"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to ask the person: `level` is the rung a proof has to reach, `consent` names what they agree to."""

    kind: Kind
    level: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the person at the browser. `chosen` and `agreed`: answered on our own pages since the request came."""

    subject: str
    level: int
    authenticated_at: datetime
    consented: tuple[str, ...] = ()
    chosen: bool = False
    agreed: bool = False


def next_step(request: AuthorizationRequest, known: Known | None, *, now: datetime) -> Step | RequestRefused | None:
    """Give what is still to be asked, None when a code may be issued, or the refusal where nothing may be asked (`prompt=none`).

    `prompt=login` and `max_age` want a proof that is new (OIDC Core 3.1.2.1): of after the request came, so that coming back
    from it answers them. A wish for a higher rung is met where somebody can be asked; an essential one always, or not at all.
    """
    step = _missing(request, known, now)
    if step is None or "none" not in request.prompt:
        return step
    if step.kind == "prove" and not request.level_essential:
        return None if _agreed(request, known) else _refusal(request, "consent")
    return _refusal(request, step.kind)


def _missing(request: AuthorizationRequest, known: Known | None, now: datetime) -> Step | None:
    if known is None or _too_old(request, known, now) or request.subject_wanted not in (None, known.subject):
        return Step("sign_in", request.level or 1)
    if request.level is not None and known.level < request.level:
        return Step("prove", request.level)
    if "select_account" in request.prompt and not known.chosen:
        return Step("select")
    return None if _agreed(request, known) else Step("consent")


def _too_old(request: AuthorizationRequest, known: Known, now: datetime) -> bool:
    if known.authenticated_at >= request.asked_at:
        return False
    if "login" in request.prompt:
        return True
    return request.max_age is not None and now - known.authenticated_at > timedelta(seconds=request.max_age)


def _agreed(request: AuthorizationRequest, known: Known | None) -> bool:
    """Say whether no consent has to be asked: the operator's own sites need none, others one that covers what they ask."""
    if known is None or known.agreed:
        return known is not None
    if "consent" in request.prompt:
        return False
    return request.client.first_party or set(request.scopes) <= set(known.consented)


def _refusal(request: AuthorizationRequest, kind: Kind) -> RequestRefused:
    code, description = _ERRORS[kind]
    return request.refused(code, description)
