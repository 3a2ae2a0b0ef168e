"""Who may: every route declares it with `@requires`, the only place that reads sessions. Built on Flask-Login."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import N_, Forbidden, ProofNeeded
from portal.faces import cookies, employees
from portal.faces.htmx import go
from portal.faces.transactions import reading, writing
from portal.identity import Realm, SessionView, find_session, touch_session

P = ParamSpec("P")
R = TypeVar("R")

MINUTES_5 = 300
STAFF_FACES = frozenset({"counter", "office"})
CODE = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom a route serves. `roles` narrows staff; empty means all of the realm. `refusal` tells the others why not."""

    realm: str
    roles: frozenset[str] = frozenset()
    refusal: str = Forbidden.sentence


anybody = Policy("anybody")
machine = Policy("machine")
subscriber = Policy("subscriber")
any_staff = Policy("staff")
staff = Policy("staff", frozenset({"clerk", "supervisor"}), N_("This is the counter. Your sign-in is for the order desk."))
supervisor = Policy("staff", frozenset({"supervisor"}))
order_desk = Policy("staff", frozenset({"order_desk", "supervisor"}), N_("This is the order desk. Your sign-in is for the counter."))
administrator = Policy(
    "staff", frozenset({"administrator"}), N_("Single sign-on is looked after here. Your sign-in is for something else.")
)
marketing = Policy(
    "staff", frozenset({"marketing", "supervisor"}), N_("Offers and campaigns are made here. Your sign-in is for something else.")
)
employee = Policy("employee")

csrf = CSRFProtect()


class _Login(LoginManager):  # type: ignore[misc]  # Flask-Login ships without annotations
    """Flask-Login, which looks after every answer whether to remember somebody: that reads the session, so all vary by cookie."""

    def _update_remember_cookie(self, response: Response) -> Response:
        if response.cache_control.public:  # it is the same for everybody: a shared cache may keep one of it
            return response
        return cast("Response", super()._update_remember_cookie(response))


login_manager = _Login()


class Principal(UserMixin):  # type: ignore[misc]  # Flask-Login ships without annotations
    """Flask-Login's user: a live session of ours."""

    def __init__(self, session: SessionView) -> None:
        self.session = session
        self.id = str(session.id)


def init_app(app: Flask) -> None:
    """Start Flask-Login on our sessions and the CSRF check on every form."""
    # Tokens are bound to the session's own secret; signed with the oldest key, forms that are open outlive a rotation.
    oldest = app.extensions["portal"].keys.cookies[-1]
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=True, WTF_CSRF_SECRET_KEY=oldest)
    csrf.init_app(app)
    login_manager.session_protection = None
    login_manager.init_app(app, add_context_processor=False)  # templates know `session_view`
    login_manager.request_loader(_load)
    app.context_processor(lambda: {"session_view": signed_in()})


def _load(request: Request) -> Principal | None:
    realm: Realm = "staff" if request.blueprint in STAFF_FACES else "subscriber"
    token = request.cookies.get(cookies.STAFF if realm == "staff" else cookies.SUBSCRIBER, "")
    if not token:
        return None
    now = clock.now()
    with reading() as session:
        found = find_session(session, token, realm, now=now)
    if found is None:
        return None
    if found.is_stale(now):
        with writing() as session:
            touch_session(session, found, now=now)
    return Principal(found)


def requires(
    policy: Policy, *, level: int = 1, recent_proof: int | None = None
) -> Callable[[Callable[P, R]], Callable[P, R | BaseResponse]]:
    """Let a route in to `policy` only: at assurance `level`, proved no longer than `recent_proof` seconds ago.

    Who is not signed in is sent to sign in; who needs a further proof is asked for it (ProofNeeded); others: Forbidden.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
            if policy.realm in ("subscriber", "staff"):
                session = signed_in()
                if session is None:
                    return _to_sign_in(policy)
                if policy.roles and session.staff.role not in policy.roles:
                    raise Forbidden(policy.refusal)
                _check_proof(session, level, recent_proof)
            elif policy.realm == "employee":  # of the store in the address, by the token in the header
                employees.enter(str(kwargs["slug"]))
            return view(*args, **kwargs)

        guarded.policy = policy  # type: ignore[attr-defined]
        return guarded

    return decorate


def _check_proof(session: SessionView, level: int, recent_proof: int | None) -> None:
    needed = max(level, CODE) if recent_proof else level
    if session.level < needed:
        raise ProofNeeded(level=needed, max_age_seconds=recent_proof)
    if recent_proof is not None and not session.proved_within(recent_proof, clock.now()):
        raise ProofNeeded(level=needed, max_age_seconds=recent_proof)


def _to_sign_in(policy: Policy) -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    endpoint = "counter.ask_login" if policy.realm == "staff" else "site.ask_number"
    return go(url_for(endpoint, next=back if back not in (None, "/", "/counter/") else None))


def signed_in() -> SessionView | None:
    """Give the live session behind this request, or None."""
    if "principal" not in g:
        g.principal = current_user.session if current_user and current_user.is_authenticated else None
    return cast("SessionView | None", g.principal)


def staff_home(role: str | None) -> str:
    """Give where members of staff of this role begin."""
    homes = {"order_desk": "office.show_worklist", "administrator": "office.list_sites", "marketing": "office.list_campaigns"}
    return url_for(homes.get(role or "", "counter.show_desk"))


def me() -> SessionView:
    """Give the live session behind a guarded route."""
    session = signed_in()
    assert session is not None, "me() is for routes that require a session"
    return session


def safe_next(value: str | None, fallback: str) -> str:
    """Give `value` if it is a plain path of this site, else `fallback`: nobody is sent elsewhere (guard.md 36)."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")) or any(ord(c) < 33 or c == "\\" for c in value):
        return fallback
    parts = urlsplit(value)
    return value if not parts.scheme and not parts.netloc else fallback
