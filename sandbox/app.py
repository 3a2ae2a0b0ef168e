"""The sandbox's interface for merchants, and its two pages: where one pays, and where its operator has it do things wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request

from sandbox.notices import Sender
from sandbox.signing import SIGNATURE, is_signed, sign
from sandbox.store import FAULTS, Row, Store, Wrong
from sandbox.words import texts

PIECE = 200
LATER_SECONDS = 60
bp = Blueprint("sandbox", __name__)


def create_sandbox(path: Path, secrets: Sequence[str], address: str, *, clock: Callable[[], float] = time.time) -> Flask:
    """Make the provider: `address` is where customers reach it, the first of `secrets` signs."""
    app = Flask("sandbox", root_path=str(Path(__file__).parent), static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=64 * 1024)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    store = Store(path)
    app.extensions["sandbox"] = {
        "store": store, "secrets": tuple(secrets), "clock": clock, "address": address.rstrip("/"),
        "sender": Sender(store, secrets[0], clock),
    }  # fmt: skip
    app.register_blueprint(bp)
    app.after_request(_guard)
    return app


def part(name: str) -> Any:
    """Give a part of the running sandbox."""
    return current_app.extensions["sandbox"][name]


def store() -> Store:
    """Give what the sandbox knows."""
    found: Store = part("store")
    return found


@bp.post("/api/<path:what>")
def answer(what: str) -> Response:
    """Answer a merchant: JSON in, JSON out, both signed."""
    raw, now = request.get_data(), part("clock")()
    if not is_signed(request.headers.get(SIGNATURE, ""), part("secrets"), f"/api/{what}", raw, now=int(now)):
        return _said({"error": "not_signed"}, 401, now)
    if store().faults()["away"]:
        return _said({"error": "away"}, 503, now)
    act = CALLS.get(what)
    if act is None:
        return _said({"error": "unknown_call"}, 404, now)
    try:
        return _said(act(json.loads(raw), now), 200, now)
    except Wrong as wrong:
        return _said({"error": str(wrong)}, 422, now)
    except (KeyError, TypeError, ValueError):
        return _said({"error": "unreadable"}, 400, now)


def _create(asked: Row, now: float) -> Row:
    made = store().create(asked, now)
    return {"kind": "redirect", "url": f"{part('address')}/pay/{made['token']}"}


def _query(asked: Row, _: float) -> Row:
    return _state(store().find(asked["merchant_ref"]))


def _close(asked: Row, _: float) -> Row:
    return _state(store().close(asked["merchant_ref"]))


def _refund(asked: Row, now: float) -> Row:
    return _refund_state(store().refund(asked, now), now)


def _query_refund(asked: Row, now: float) -> Row:
    return _refund_state(store().find_refund(asked["refund_ref"]), now)


def _bill(asked: Row, _: float) -> Row:
    after = int(asked["after"])
    lines = store().bill(float(asked["start"]), float(asked["end"]), after, PIECE)
    return {"lines": lines, "next": after + PIECE if len(lines) == PIECE else None}


CALLS: dict[str, Callable[[Row, float], Row]] = {
    "create": _create, "query": _query, "close": _close, "refund": _refund, "query-refund": _query_refund, "bill": _bill,
}  # fmt: skip


def _state(found: Row | None) -> Row:
    if found is None:
        return {"state": "unknown"}
    state = {"open": "unpaid"}.get(found["state"], found["state"])
    facts = {"amount_minor": found["amount_minor"], "currency": found["currency"], "provider_ref": found["trade_no"]}
    return {"state": state, "occurred_at": found["paid_at"], **facts}


def _refund_state(found: Row | None, now: float) -> Row:
    if found is None:
        return {"state": "unknown"}
    paid = store().find(found["merchant_ref"]) or {"currency": ""}
    state = "pending" if found["state"] == "done" and found["at"] > now else found["state"]
    return {
        "state": state, "amount_minor": found["amount_minor"], "currency": paid["currency"], "provider_ref": found["refund_no"],
        "occurred_at": found["at"], "error": found["error"],
    }  # fmt: skip


def _said(body: Row, status: int, now: float) -> Response:
    raw = json.dumps(body).encode()
    signature = sign(part("secrets")[0], "answer", raw, at=int(now))
    return Response(raw, status, {SIGNATURE: signature}, content_type="application/json")


@bp.get("/")
def show_operator() -> str:
    """Show what was paid and told, and what the sandbox does wrong."""
    return _page("operator.html", payments=store().latest("payment"), notices=store().latest("notice"), faults=store().faults())


@bp.post("/faults")
def set_faults() -> Any:
    """Have the sandbox do things wrong."""
    typed = {name: request.form.get(name, "0") for name in FAULTS}
    store().set_faults(
        **{name: int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0 for name, value in typed.items()}
    )
    return redirect("/", 303)


@bp.post("/notices/<int:number>/again")
def tell_again(number: int) -> Any:
    """Send a notification once more."""
    store().tell_again(number, part("clock")())
    return redirect("/", 303)


@bp.post("/payments/<merchant_ref>/pay-late")
def pay_late(merchant_ref: str) -> Any:
    """Pay what is over, as a bank does whose word was under way."""
    store().pay(merchant_ref, part("clock")(), even_if_over=True)
    return redirect("/", 303)


@bp.get("/pay/<token>")
def show_payment(token: str) -> str:
    """Ask whether to pay."""
    return _page("pay.html", payment=_find(token), now=part("clock")())


@bp.post("/pay/<token>")
def decide(token: str) -> Any:
    """Pay, refuse or put off, and go back to the shop."""
    found, now, choice = _find(token), part("clock")(), request.form.get("choice")
    if choice == "pay" and not store().pay(found["merchant_ref"], now):
        return redirect(f"/pay/{token}", 303)
    if choice == "later":
        store().pay_later(found["merchant_ref"], now + LATER_SECONDS)
    return redirect(found["return_url"], 303)


def _find(token: str) -> Row:
    found = store().find_by_token(token)
    if found is None:
        abort(404)
    return found


def _page(template: str, **context: Any) -> str:
    language = request.args.get("lang") or ("zh" if "zh" in request.accept_languages.to_header()[:5].lower() else "en")
    return render_template(template, t=texts(language), language="zh" if language == "zh" else "en", **context)


def _guard(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; img-src data:; style-src 'self' 'unsafe-inline'; form-action *; frame-ancestors 'none'; base-uri 'none'"
        )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_filter("moment")
def moment(seconds: float | None) -> str:
    """Write a moment."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


@bp.app_template_filter("money")
def money(minor: int) -> str:
    """Write an amount."""
    return f"{minor // 100:,}.{minor % 100:02d}"
