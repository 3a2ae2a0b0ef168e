"""Batches of codes in the office: made by one, approved by another; what is printed is asked for, released, and noted each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import Forbidden, Invalid, Refused
from portal.codes import (
    CHANNELS,
    approve_batch,
    ask_print,
    draft_batch,
    drop_draft,
    get_batch,
    get_print,
    list_batches,
    list_prints,
    release_print,
    stop_batch,
    take_print,
    void_codes,
    write_print,
)
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.campaign_terms import CHANNEL_WORDS
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.code_forms import FIELDS, PRIZE_ROWS, by_field, read_batch, typed_batch
from portal.faces.office.proving import asks_code, prove
from portal.faces.office.sign_on import note
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import find_staff_names

EMPTY = dict.fromkeys(FIELDS, "") | {"kind": "prize", "prize_1_kind": "points"}
MOST_SIGNS = 9


@bp.get("/codes/")
@requires(marketing)
def list_code_batches() -> str:
    """List the batches, the newest first."""
    with reading() as db:
        batches = list_batches(db)
    return render_template("office/codes/list.html", batches=batches, now=clock.now(), done=session.pop("done", None))


@bp.get("/codes/new")
@requires(marketing)
def ask_code_batch() -> Response:
    """Ask what a new batch is."""
    return _form(FormState(EMPTY))


@bp.post("/codes/new")
@requires(marketing)
def add_code_batch() -> Response | BaseResponse:
    """Make a batch that waits for somebody else's approval."""
    places: dict[str, str] = {}
    state, now = typed_batch(), clock.now()
    with state.catching():
        new, places = read_batch(state, portal().settings.zone)
        with writing() as db:
            batch_id = draft_batch(db, portal().keys, new, staff_id=me().staff.id, now=now)
            note(db, "codes.batch_made", f"batch:{batch_id}", detail={"size": new.size, "kind": new.kind})
    if state.errors:
        state.errors = by_field(state.errors, places)
        return _form(state)
    session["done"] = gettext("Made. Somebody else has to approve it before its codes are good.")
    return go(url_for("office.show_code_batch", batch_id=batch_id))


@bp.get("/codes/<ref:batch_id>")
@requires(marketing)
def show_code_batch(batch_id: int) -> Response:
    """Show a batch: its rules, prizes and prints, and what can be done with it now."""
    return _batch_page(batch_id, FormState())


@bp.post("/codes/<ref:batch_id>/approval")
@requires(marketing)
def approve_code_batch(batch_id: int) -> Response | BaseResponse:
    """Make a batch's codes good. Who made it does not."""
    done = gettext("Approved. Its codes are good from its first day on.")
    return _do(batch_id, "codes.batch_approved", lambda db: approve_batch(db, batch_id, staff_id=me().staff.id), done)


@bp.post("/codes/<ref:batch_id>/stop")
@requires(marketing)
def stop_code_batch(batch_id: int) -> Response | BaseResponse:
    """Take no more codes of a batch."""
    return _do(
        batch_id, "codes.batch_stopped", lambda db: stop_batch(db, batch_id), gettext("Stopped. None of its codes is good any more.")
    )


@bp.post("/codes/<ref:batch_id>/drop")
@requires(marketing)
def drop_code_batch(batch_id: int) -> Response | BaseResponse:
    """Forget a draft."""
    done, home = gettext("The draft is gone."), url_for("office.list_code_batches")
    return _do(batch_id, "codes.batch_dropped", lambda db: drop_draft(db, batch_id), done, to=home)


@bp.post("/codes/<ref:batch_id>/voids")
@requires(marketing)
def void_batch_codes(batch_id: int) -> Response | BaseResponse:
    """Make a range of codes no good."""
    state = typed("void_first", "void_last")
    first, last = _range(state, "void_first", "void_last")

    def void(db: Session) -> None:
        try:
            void_codes(db, batch_id, first, last)
        except Invalid as fault:
            raise Invalid({f"void_{name}": text for name, text in fault.fields.items()}, **fault.params) from fault

    return _do(
        batch_id, "codes.voided", void, gettext("These codes are no longer good."), state=state, detail={"first": first, "last": last}
    )


@bp.post("/codes/<ref:batch_id>/prints")
@requires(marketing)
def ask_code_print(batch_id: int) -> Response | BaseResponse:
    """Ask for codes to be printed; somebody else releases them."""
    state, now = typed("first", "last"), clock.now()
    first, last = _range(state, "first", "last")
    done = gettext("Asked for. Somebody else has to release the file.")

    def ask(db: Session) -> object:
        return ask_print(db, batch_id, first, last, staff_id=me().staff.id, now=now)

    return _do(batch_id, "codes.print_asked", ask, done, state=state, detail={"first": first, "last": last})


@bp.get("/codes/prints/<ref:print_id>")
@requires(marketing)
def show_code_print(print_id: int) -> Response:
    """Show a print: who asked, who released it, and the next step, which asks for a fresh proof."""
    return _print_page(print_id, FormState())


@bp.post("/codes/prints/<ref:print_id>/release")
@requires(marketing)
def release_code_print(print_id: int) -> Response | BaseResponse:
    """Let who asked for a print take its file. Who asked does not."""
    now, state, status = clock.now(), FormState(), None
    with reading() as db:
        batch_id = get_print(db, print_id).batch_id
    if not prove(state):
        return _print_page(print_id, state)
    try:
        with writing() as db:
            release_print(db, print_id, staff_id=me().staff.id, now=now)
            note(db, "codes.print_released", f"batch:{batch_id}", detail={"print": print_id})
    except (Refused, Forbidden) as refusal:
        state.errors[""], status = sentence(refusal), refusal.status
        return _print_page(print_id, state, status)
    session["done"] = gettext("Released: it can be taken for 24 hours, by who asked for it.")
    return go(url_for("office.show_code_print", print_id=print_id))


@bp.post("/codes/prints/<ref:print_id>/file")
@requires(marketing)
def take_code_print(print_id: int) -> Response | BaseResponse:
    """Give the file of a released print, made as it is sent. Each taking is noted before anything leaves."""
    now, state = clock.now(), FormState()
    with reading() as db:
        batch_id = get_print(db, print_id).batch_id
    if not prove(state):
        return _print_page(print_id, state)
    try:
        with writing() as db:
            file = take_print(db, print_id, staff_id=me().staff.id, now=now)
            note(db, "codes.print_taken", f"batch:{batch_id}", detail={"print": print_id, "first": file.first, "last": file.last})
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
        return _print_page(print_id, state, refusal.status)
    name = f"codes-{file.batch_id}-{file.first}-{file.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(write_print(portal().keys, file), mimetype="text/csv", headers=headers)


def _do(
    batch_id: int,
    action: str,
    act: Callable[[Session], object],
    done: str,
    *,
    state: FormState | None = None,
    detail: Mapping[str, object] | None = None,
    to: str | None = None,
) -> Response | BaseResponse:
    """Do something to a batch, note it, and lead back to it; what stands against it is said there."""
    state, status = state or FormState(), None
    try:
        with state.catching(), writing() as db:
            act(db)
            note(db, action, f"batch:{batch_id}", detail=detail)
    except (Refused, Forbidden) as refusal:
        state.errors[""], status = sentence(refusal), refusal.status
    if state.errors:
        return _batch_page(batch_id, state, status)
    session["done"] = done
    return go(to or url_for("office.show_code_batch", batch_id=batch_id))


def _range(state: FormState, *names: str) -> tuple[int, int]:
    texts = [state.values[name].strip() for name in names]
    first, last = (int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_SIGNS else -1 for text in texts)
    return first, last


def _form(state: FormState) -> Response:
    channels = [(each, sentence(CHANNEL_WORDS[each])) for each in CHANNELS if each in CHANNEL_WORDS]
    page = render_template(
        "office/codes/new.html",
        state=state,
        channels=channels,
        chosen=request.form.getlist("channels"),
        prize_rows=range(1, PRIZE_ROWS + 1),
    )
    return make_response(page, state.status)


def _batch_page(batch_id: int, state: FormState, status: int | None = None) -> Response:
    with reading() as db:
        batch = get_batch(db, batch_id)
        prints = list_prints(db, batch_id)
        ids = {batch.line.made_by, batch.line.approved_by, *(each.asked_by for each in prints), *(each.released_by for each in prints)}
        names = find_staff_names(db, {each for each in ids if each is not None})
    page = render_template(
        "office/codes/batch.html", batch=batch, line=batch.line, prints=prints, names=names, state=state, mine=me().staff.id,
        now=clock.now(), channel_words=CHANNEL_WORDS, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, status or state.status)


def _print_page(print_id: int, state: FormState, status: int | None = None) -> Response:
    with reading() as db:
        view = get_print(db, print_id)
        line = get_batch(db, view.batch_id).line
        names = find_staff_names(db, {each for each in (view.asked_by, view.released_by) if each is not None})
    page = render_template(
        "office/codes/print.html", view=view, line=line, names=names, state=state, mine=me().staff.id, asks_code=asks_code,
        done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, status or state.status)
