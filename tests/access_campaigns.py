"""What the access matrices need to know of campaigns: one that is approved, and one there is not."""

from __future__ import annotations

from typing import Any

from portal.promotions import approve_campaign, create_campaign, submit_campaign
from tests.cast import NOW

Values = dict[str, object]
DOCUMENT = {
    "name": {"zh": "手机八折", "en": "Handsets, a fifth off"}, "currency": "CNY",
    "effects": [{"kind": "percentage", "basis_points": 2000, "target": {"kinds": ["device"]}}],
}  # fmt: skip


def put_campaign(session: Any, writer: int, second: int) -> None:
    """Make a campaign that holds."""
    create_campaign(session, "spring", DOCUMENT, staff_id=writer, now=NOW)
    submit_campaign(session, "spring", staff_id=writer, now=NOW)
    approve_campaign(session, "spring", staff_id=second, now=NOW)


def _of(**more: object) -> tuple[Any, Any]:
    def own(_: Any) -> Values:
        return {"code": "spring"} | more

    def foreign(_: int, __: Any) -> list[tuple[str, Values]]:
        return [(role, {"code": "nowhere"} | more) for role in ("mei", "sam")]

    return own, foreign


_PAGES = (
    "show_campaign", "ask_campaign_change", "change_campaign", "submit_one", "approve_one", "reject_one", "pause_one", "resume_one",
    "end_one", "keep_learned", "preview_campaign", "try_campaign", "simulate_campaign", "run_simulation", "show_campaign_results",
    "export_campaign_results",
)  # fmt: skip
IDS = {f"office.{name}": _of() for name in _PAGES} | {"office.show_campaign_version": _of(version=1)}
