"""What happened on an enterprise's list that others may want to hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import CustomerEvent


@dataclass(frozen=True, slots=True)
class EmployeeLeft(CustomerEvent):
    """An enterprise let somebody go who may come in for nobody else: every sign-in of theirs is over already."""

    type: ClassVar[str] = "directory.employee_left"
    party_id: int
