"""Changes to the catalogue: drafted by one, approved by another, published at their time; each is a whole document.

A change is drawn from a version. Where another was published meanwhile it is refused, and whoever made it sees the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.catalog.checks import Surroundings, check_document
from portal.catalog.document import OfferingDocument
from portal.catalog.errors import ChangeClosed, ChangedMeanwhile, OwnChange
from portal.catalog.held import Preview, mark_change
from portal.catalog.models import CatalogChange, OfferingPicture
from portal.catalog.publishing import find_published, list_price_lists, list_published, publish_document
from portal.catalog.reading import read_document, write_document

LONGEST_NOTE = 500
OPEN = ("draft", "submitted", "approved")


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change: what the offering is to be, where it stands (draft, submitted, approved, published, rejected, withdrawn)."""

    id: int
    offering_code: str
    base_version: int
    document: OfferingDocument
    status: str
    note: str | None
    publish_at: datetime | None
    made_by: int
    made_at: datetime
    changed_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    published_at: datetime | None


_change = CatalogChange.metadata.tables["catalog_change"]
_picture = OfferingPicture.metadata.tables["offering_picture"]
_which = _change.c.id == sa.bindparam("which")
_views: sa.Select[Any] = sa.select(
    _change.c.id, _change.c.offering_code, _change.c.base_version, _change.c.document, _change.c.status, _change.c.note,
    _change.c.publish_at, _change.c.made_by, _change.c.made_at, _change.c.changed_at, _change.c.decided_by, _change.c.decided_at,
    _change.c.published_at,
)  # fmt: skip
_one = _views.where(_which)
_listed = _views.where(_change.c.status.in_(sa.bindparam("statuses", expanding=True))).order_by(_change.c.changed_at.desc(), _change.c.id)
_of_code = _views.where(_change.c.offering_code == sa.bindparam("code")).order_by(_change.c.changed_at.desc()).limit(50)
_due = (
    _views.where(_change.c.status == "approved", _change.c.publish_at <= sa.bindparam("at", type_=_change.c.publish_at.type))
    .order_by(_change.c.publish_at, _change.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
_add = sa.insert(_change)
_pictures = sa.select(_picture.c.hash)


def _moving(*sources: str, **values: Any) -> sa.Update:
    """Move a change on from one of these states; nothing moves that another has moved meanwhile."""
    return sa.update(_change).where(_which, _change.c.status.in_(sources)).values(values)


_at = sa.bindparam("at", type_=_change.c.changed_at.type)
_who, _why = sa.bindparam("who", type_=sa.BigInteger()), sa.bindparam("why", type_=sa.String())
_edit = _moving(
    "draft", "rejected", status="draft", document=sa.bindparam("what", type_=_change.c.document.type), note=_why, made_by=_who,
    base_version=sa.bindparam("version"), publish_at=sa.bindparam("when", type_=_change.c.publish_at.type), changed_at=_at,
)  # fmt: skip
_submit = _moving("draft", status="submitted", made_by=_who, changed_at=_at)
_approve = _moving("submitted", status="approved", decided_by=_who, decided_at=_at, changed_at=_at).where(_change.c.made_by != _who)
_reject = _moving("submitted", status="rejected", note=_why, decided_by=_who, decided_at=_at, changed_at=_at)
_withdraw = _moving(*OPEN, "rejected", status="withdrawn", changed_at=_at)
_publish = _moving("approved", status="published", published_at=_at, changed_at=_at)
_fail = _moving("approved", status="rejected", note=_why, changed_at=_at)


def draft_change(
    session: Session,
    staff_id: int,
    data: object,
    *,
    note: str = "",
    publish_at: datetime | None = None,
    now: datetime,
) -> int:
    """Draft what an offering is to be and give the change's id. `publish_at` None: as soon as it is approved.

    Raises Invalid with every fault by its place in the document.
    """
    document, version = _checked(session, data)
    return add_draft(session, staff_id, document, version, note=note, publish_at=publish_at, now=now)


def add_draft(
    session: Session, staff_id: int, document: OfferingDocument, version: int, *, note: str, publish_at: datetime | None, now: datetime
) -> int:
    """Note a draft of a document that was checked, drawn from a version (0: a new offering); give its id."""
    change_id = new_id(now)
    row = {
        "id": change_id, "offering_code": document.code, "base_version": version, "document": write_document(document),
        "status": "draft", "note": _clean(note), "publish_at": publish_at, "made_by": staff_id, "made_at": now, "changed_at": now,
    }  # fmt: skip
    session.connection().execute(_add, row)
    return change_id


def edit_change(
    session: Session, change_id: int, staff_id: int, data: object, *, note: str = "", publish_at: datetime | None = None, now: datetime
) -> None:
    """Change a draft, or one that was rejected, which is a draft again; it is drawn from what is published now.

    Raises Invalid as `draft_change` does, and for another offering's document; NotFound; ChangeClosed for one that went further.
    """
    former = get_change(session, change_id)
    document, version = _checked(session, data)
    if document.code != former.offering_code:
        raise Invalid({"code": N_("The code of an offer stays. Make another offer.")})
    params = {"what": write_document(document), "why": _clean(note), "who": staff_id, "version": version, "when": publish_at}
    _move(session, _edit, change_id, now=now, **params)


def submit_change(session: Session, change_id: int, staff_id: int, *, now: datetime) -> None:
    """Give a draft to a colleague to approve. Raises NotFound, ChangeClosed for what is no draft any more."""
    _move(session, _submit, change_id, now=now, who=staff_id)


def approve_change(session: Session, change_id: int, staff_id: int, *, now: datetime) -> ChangeView:
    """Approve what another submitted; what is due is published at once. Gives the change as it is then.

    Raises OwnChange for one's own, ChangedMeanwhile where another version was published since, Invalid where the rest of the
    catalogue no longer suits it, ChangeClosed, NotFound.
    """
    change = get_change(session, change_id)
    if change.status == "submitted" and change.made_by == staff_id:
        raise OwnChange
    _move(session, _approve, change_id, now=now, who=staff_id)
    change = get_change(session, change_id)
    faults = _obstacles(session, change)
    if faults:
        raise Invalid(faults)
    if change.publish_at is None or change.publish_at <= now:
        _publish_one(session, change, now=now)
    return get_change(session, change_id)


def reject_change(session: Session, change_id: int, staff_id: int, why: str, *, now: datetime) -> None:
    """Give a submitted change back, saying why. Raises Invalid without a reason, NotFound, ChangeClosed."""
    if not why.strip():
        raise Invalid({"note": N_("Say why, for whoever made it.")})
    _move(session, _reject, change_id, now=now, who=staff_id, why=_clean(why))


def withdraw_change(session: Session, change_id: int, *, now: datetime) -> None:
    """Drop a change that is not published. Raises NotFound, ChangeClosed."""
    _move(session, _withdraw, change_id, now=now)


def publish_due(session: Session, *, now: datetime, limit: int = 50) -> Sequence[ChangeView]:
    """Publish what is approved and due, the earliest first; give what was. What cannot be any more is rejected, with the reason."""
    done = []
    for row in session.connection().execute(_due, {"at": now, "limit": limit}).all():
        change = _view(row)
        try:
            faults = _obstacles(session, change)
        except ChangedMeanwhile as refusal:
            faults = {"": refusal.sentence}
        if faults:
            place, sentence = next(iter(faults.items()))
            session.connection().execute(_fail, {"which": change.id, "at": now, "why": f"{place}: {sentence}".removeprefix(": ")})
            continue
        _publish_one(session, change, now=now)
        done.append(get_change(session, change.id))
    return done


def get_change(session: Session, change_id: int) -> ChangeView:
    """Give a change; NotFound where there is none."""
    row = session.connection().execute(_one, {"which": change_id}).first()
    if row is None:
        raise NotFound
    return _view(row)


def list_changes(session: Session, statuses: Collection[str] = OPEN) -> Sequence[ChangeView]:
    """Give the changes in these states, those touched last first."""
    return [_view(row) for row in session.connection().execute(_listed, {"statuses": sorted(statuses)})]


def list_changes_of(session: Session, offering_code: str) -> Sequence[ChangeView]:
    """Give the last fifty changes of an offering, in any state."""
    return [_view(row) for row in session.connection().execute(_of_code, {"code": offering_code})]


def get_preview(session: Session, *, at: datetime, change_ids: Collection[int] = ()) -> Preview:
    """Give the catalogue as it will be at a moment: with what is approved and due by then, and these changes besides."""
    due = [_view(row) for row in session.connection().execute(_due, {"at": at, "limit": 10_000})]
    documents = {change.offering_code: change.document for change in due}
    documents |= {change.offering_code: change.document for change in (get_change(session, each) for each in sorted(change_ids))}
    return Preview(at, tuple(documents.values()))


def get_surroundings(session: Session, changed: Mapping[str, OfferingDocument]) -> Surroundings:
    """Give what documents are checked against, with these in the place of the published ones."""
    pictures = frozenset(session.connection().execute(_pictures).scalars())
    return Surroundings({**list_published(session), **changed}, frozenset(list_price_lists(session)), pictures)


def _checked(session: Session, data: object) -> tuple[OfferingDocument, int]:
    document = read_document(data)
    faults = check_document(document, get_surroundings(session, {document.code: document}))
    if faults:
        raise Invalid(faults)
    published = find_published(session, document.code)
    return document, published[1] if published is not None else 0


def _obstacles(session: Session, change: ChangeView) -> dict[str, str]:
    """Say what stands against publishing a change now; ChangedMeanwhile where it was drawn from another version.

    Publications stand in line behind the one row that marks the catalogue, so what is read here holds until the end.
    """
    mark_change(session)
    published = find_published(session, change.offering_code)
    if (published[1] if published is not None else 0) != change.base_version:
        raise ChangedMeanwhile
    return check_document(change.document, get_surroundings(session, {change.offering_code: change.document}))


def _publish_one(session: Session, change: ChangeView, *, now: datetime) -> None:
    _move(session, _publish, change.id, now=now)
    version = change.base_version + 1
    publish_document(session, change.document, version, made_by=change.made_by, approved_by=change.decided_by, now=now)


def _move(session: Session, statement: sa.Update, change_id: int, *, now: datetime, **params: Any) -> None:
    if session.connection().execute(statement, {"which": change_id, "at": now, **params}).rowcount != 1:
        get_change(session, change_id)
        raise ChangeClosed


def _clean(note: str) -> str | None:
    return " ".join(note.split())[:LONGEST_NOTE] or None


def _view(row: Any) -> ChangeView:
    document = OfferingDocument.model_validate(row.document)
    return ChangeView(row.id, row.offering_code, row.base_version, document, *row[4:])
