"""Campaigns: written, submitted, approved by somebody else, paused and ended. Every approved version is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import portal.promotions.document as doc
from portal.base.db import Id
from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.promotions.checking import check_document
from portal.promotions.compiling import LiveDocument
from portal.promotions.errors import CampaignExists, CampaignState, SecondPerson
from portal.promotions.known import Known, get_known
from portal.promotions.live import mark_changed
from portal.promotions.models import Campaign, CampaignVersion
from portal.promotions.reading import read_document, write_document

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{1,59}")
_campaign, _kept_version = (model.metadata.tables[model.__tablename__] for model in (Campaign, CampaignVersion))
_this = _campaign.c.code == sa.bindparam("of_code")
_at = sa.bindparam("at", type_=_campaign.c.changed_at.type)
_by = sa.bindparam("by", type_=Id)
_insert = sa.insert(_campaign)
_insert_version = sa.insert(_kept_version)
_locked = sa.select(_campaign).where(_this).with_for_update()
_taken = sa.select(_campaign.c.id).where(_this)
_others = sa.select(_campaign.c.id, _campaign.c.code, _campaign.c.version, _campaign.c.document).where(
    _campaign.c.status.in_(("approved", "paused")), _campaign.c.code != sa.bindparam("of_code")
)
_edit = (
    sa.update(_campaign)
    .where(_this, _campaign.c.status != "ended")
    .values(
        draft=sa.bindparam("new_draft", type_=_campaign.c.draft.type), draft_status="draft", made_by=_by, changed_at=_at, note=None,
        name=sa.bindparam("new_name", type_=_campaign.c.name.type), goal=sa.func.coalesce(sa.bindparam("new_goal"), _campaign.c.goal),
    )
)  # fmt: skip
_submit = (
    sa.update(_campaign)
    .where(_this, _campaign.c.draft_status.in_(("draft", "rejected")))
    .values(
        draft_status="submitted",
        made_by=_by,
        changed_at=_at,
        status=sa.case((_campaign.c.status == "draft", "submitted"), else_=_campaign.c.status),
    )
)
_reject = (
    sa.update(_campaign)
    .where(_this, _campaign.c.draft_status == "submitted", _campaign.c.made_by != _by)
    .values(
        draft_status="rejected", note=sa.bindparam("new_note"), changed_at=_at,
        status=sa.case((_campaign.c.status == "submitted", "draft"), else_=_campaign.c.status),
    )
)  # fmt: skip
_approve = (
    sa.update(_campaign)
    .where(_this, _campaign.c.draft_status == "submitted", _campaign.c.made_by != _by)
    .values(
        document=_campaign.c.draft, draft=sa.null(), draft_status=None, version=_campaign.c.version + 1, approved_by=_by, changed_at=_at,
        starts_at=sa.bindparam("starts", type_=_at.type), ends_at=sa.bindparam("ends", type_=_at.type),
        budget_minor=sa.bindparam("budget", type_=Id), hold_out_percent=sa.bindparam("held_out"),
        status=sa.case((_campaign.c.status == "submitted", "approved"), else_=_campaign.c.status), note=None,
    )
    .returning(_campaign.c.id, _campaign.c.version, _campaign.c.document)
)  # fmt: skip
_step = (
    sa.update(_campaign)
    .where(_this, _campaign.c.status.in_(sa.bindparam("before", expanding=True)))
    .values(status=sa.bindparam("after"), changed_at=_at)
)
_learn = sa.update(_campaign).where(_this).values(learned=sa.bindparam("text"), changed_at=_at)


def create_campaign(
    session: Session,
    code: str,
    document: Mapping[str, Any],
    *,
    staff_id: int,
    now: datetime,
    goal: str | None = None,
    known: Known | None = None,
) -> int:
    """Write a campaign's first draft; give its id. Raises DocumentFaults, CampaignExists, Invalid for a code that is none.

    `known`: what there is to be offered, if not the catalogue as it is now.
    """
    if not _CODE.fullmatch(code):
        raise Invalid({"code": N_("A code has 2 to 60 small letters, digits, _ and -.")})
    connection = session.connection()
    if connection.execute(_taken, {"of_code": code}).first() is not None:
        raise CampaignExists
    checked = _checked(session, code, document, known)
    campaign_id = new_id(now)
    row = {
        "id": campaign_id, "code": code, "name": checked.name.model_dump(), "status": "draft", "version": 0, "document": None,
        "draft": write_document(checked), "draft_status": "draft", "goal": goal, "made_by": staff_id, "made_at": now, "changed_at": now,
    }  # fmt: skip
    connection.execute(_insert, row)
    return campaign_id


def edit_campaign(
    session: Session,
    code: str,
    document: Mapping[str, Any],
    *,
    staff_id: int,
    now: datetime,
    goal: str | None = None,
    known: Known | None = None,
) -> None:
    """Write the next draft of a campaign; what was approved holds on until this one is.

    Raises NotFound, DocumentFaults, CampaignState once ended.
    """
    checked = _checked(session, code, document, known)
    values = {"new_draft": write_document(checked), "new_name": checked.name.model_dump(), "new_goal": goal, "by": staff_id}
    _change(session, _edit, code, values, now)


def submit_campaign(session: Session, code: str, *, staff_id: int, now: datetime) -> None:
    """Ask for a draft to be approved, by somebody else. Raises CampaignState when there is none."""
    _change(session, _submit, code, {"by": staff_id}, now)


def approve_campaign(session: Session, code: str, *, staff_id: int, now: datetime, known: Known | None = None) -> int:
    """Let what was submitted hold, from its own start on, on every node; give its version.

    Judged once more beside what has been approved meanwhile. Raises SecondPerson for who submitted it, CampaignState when
    nothing is submitted, DocumentFaults.
    """
    connection = session.connection()
    mark_changed(session, now=now)  # one approval after another: each is judged beside those before it
    row = connection.execute(_locked, {"of_code": code}).first()
    if row is None:
        raise NotFound
    _second_person(row, staff_id)
    document = _checked(session, code, row.draft, known)
    values = {
        "of_code": code, "by": staff_id, "at": now, "starts": document.starts_at, "ends": document.ends_at, "budget": document.budget_minor,
        "held_out": document.hold_out_percent,
    }  # fmt: skip
    done = connection.execute(_approve, values).first()
    if done is None:
        raise CampaignState
    kept = {
        "campaign_id": done.id, "version": done.version, "document": done.document, "made_by": row.made_by, "approved_by": staff_id,
        "approved_at": now,
    }  # fmt: skip
    connection.execute(_insert_version, kept)
    return int(done.version)


def reject_campaign(session: Session, code: str, *, staff_id: int, note: str, now: datetime) -> None:
    """Send back what was submitted, and say why. Raises as approve_campaign does, Invalid without a note."""
    if not note.strip():
        raise Invalid({"note": N_("Say why.")})
    row = session.connection().execute(_locked, {"of_code": code}).first()
    if row is None:
        raise NotFound
    _second_person(row, staff_id)
    _change(session, _reject, code, {"by": staff_id, "new_note": note.strip()}, now)


def pause_campaign(session: Session, code: str, *, now: datetime) -> None:
    """Let a campaign hold no longer for the time being. What was ordered by it stays."""
    _change(session, _step, code, {"before": ["approved"], "after": "paused"}, now, is_live=True)


def resume_campaign(session: Session, code: str, *, now: datetime) -> None:
    """Let a paused campaign hold again."""
    _change(session, _step, code, {"before": ["paused"], "after": "approved"}, now, is_live=True)


def end_campaign(session: Session, code: str, *, now: datetime) -> None:
    """End a campaign for good."""
    before = ["draft", "submitted", "approved", "paused"]
    _change(session, _step, code, {"before": before, "after": "ended"}, now, is_live=True)


def note_learned(session: Session, code: str, text: str, *, now: datetime) -> None:
    """Keep what a campaign taught, for the next one."""
    _change(session, _learn, code, {"text": text.strip() or None}, now)


def _second_person(row: Any, staff_id: int) -> None:
    if row.draft_status != "submitted":
        raise CampaignState
    if row.made_by == staff_id:
        raise SecondPerson


def _change(session: Session, statement: sa.Update, code: str, values: Mapping[str, Any], now: datetime, *, is_live: bool = False) -> None:
    """Make one step from the state it begins from; nobody else can have made it meanwhile."""
    connection = session.connection()
    if connection.execute(statement, {"of_code": code, "at": now, **values}).rowcount == 0:
        if connection.execute(_taken, {"of_code": code}).first() is None:
            raise NotFound
        raise CampaignState
    if is_live:
        mark_changed(session, now=now)


def _checked(session: Session, code: str, document: Any, known: Known | None) -> doc.Document:
    others = [LiveDocument(row.id, row.code, row.version, read_document(row.document)) for row in list_standing(session, code)]
    return check_document(document, code=code, known=known or get_known(session), others=others)


def list_standing(session: Session, but: str = "") -> Sequence[Any]:
    """Give the rows of all campaigns that hold or are paused, without one."""
    return session.connection().execute(_others, {"of_code": but}).all()
