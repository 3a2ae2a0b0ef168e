"""Ways out of an order: the billing system that sets things up, and the carrier that brings them.

Each is asked under a reference of ours that is used once: asked twice, it does a thing once and answers the same. `unknown` is
no answer at all (no connection, a time-out, nonsense): it may have been done, so it is asked again and never taken for a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

End = Literal["accepted", "done", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the billing system is to set up (`add`), or to undo (`remove`). `number`: of the line it is for, if there is one."""

    reference: str
    action: Literal["add", "remove"]
    customer_id: int
    subscription_id: int | None
    number: str | None
    offering_code: str
    quantity: int
    monthly_minor: int
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """How it stands: `external_ref` is theirs; `error` why it was refused; `number` of a line that was opened."""

    end: End
    external_ref: str | None = None
    error: str | None = None
    number: str | None = None


class BssPort(Protocol):
    """The billing system. `by_hand`: there is none to talk to; a clerk keys it in."""

    @property
    def by_hand(self) -> bool:
        """Whether people do it."""
        ...

    def order(self, request: SetUp) -> Answer:
        """Ask for something, under its reference: again is the same."""
        ...

    def query(self, reference: str) -> Answer:
        """Ask how something stands that was asked for; `unknown` where it was never heard of."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a carrier is to bring where."""

    reference: str
    name: str
    phone: str
    address: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Carried:
    """How a parcel stands: sent under a tracking number, on its way, delivered, failed (it comes back), refused, or unknown.

    `unheard`: the carrier says that it was never told of it. `unknown`, no answer, does not say that.
    """

    end: Literal["sent", "on_the_way", "delivered", "failed", "unknown", "refused", "unheard"]
    carrier: str = ""
    tracking: str | None = None
    events: tuple[Mapping[str, str], ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Recalled:
    """What became of a parcel that was to be stopped: done (it is not carried, nor will be), refused (too late: it is on its way, under
    this number), or unknown."""

    end: Literal["done", "refused", "unknown"]
    carrier: str = ""
    tracking: str | None = None


class LogisticsPort(Protocol):
    """A carrier. `by_hand`: parcels are handed over and followed by people."""

    @property
    def by_hand(self) -> bool:
        """Whether people do it."""
        ...

    def send(self, parcel: Parcel) -> Carried:
        """Announce a parcel under its reference: again is the same."""
        ...

    def track(self, reference: str) -> Carried:
        """Ask where a parcel is."""
        ...

    def cancel(self, reference: str) -> Recalled:
        """Call a parcel back under the reference it was announced by: again is the same. One that was never announced is done, and
        is not carried under that reference later."""
        ...
