"""Carrying orders' wishes outside: the billing system and the carrier, asked between two transactions each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from portal.base.db import Database
from portal.base.jobs import Jobs
from portal.orders import (
    Answer,
    BssPort,
    Carried,
    ClaimedParcel,
    ClaimedProvision,
    LogisticsPort,
    claim_followed,
    claim_parcels,
    claim_provisions,
    claim_recalls,
    complete_delivered,
    expire_order,
    list_delivered,
    list_unpaid,
    settle_parcel,
    settle_provision,
    settle_recall,
    settle_sending,
)

log = structlog.get_logger()

BATCH = 10
UNPAID, DELIVERED = 1_000, 50


@dataclass(frozen=True, slots=True)
class OrderCarrier:
    """Carries the orders of `database`; `clock` gives the present moment."""

    database: Database
    bss: BssPort
    logistics: LogisticsPort
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Ask the billing system and the carrier about all that is due, or until `stopping()`; give how much was settled."""
        return self._set_up(stopping) + self._send(stopping) + self._stop(stopping)

    def _set_up(self, stopping: Callable[[], bool]) -> int:
        settled = 0
        while not self.bss.by_hand and not stopping():
            with self.database.writing() as session:
                claimed = claim_provisions(session, now=self.clock(), limit=BATCH)
            if not claimed:
                break
            for one in claimed:
                answer = self._ask(one)
                with self.database.writing() as session:
                    end = settle_provision(session, one, answer, now=self.clock())
                if end == "failed":
                    log.warning("provision_refused", order_id=one.order_id, position=one.position, error=answer.error)
                settled += end in ("done", "undone", "failed")
        return settled

    def _send(self, stopping: Callable[[], bool]) -> int:
        settled = 0
        while not self.logistics.by_hand and not stopping():
            with self.database.writing() as session:
                claimed = claim_parcels(session, now=self.clock(), limit=BATCH)
            if not claimed:
                break
            for one in claimed:
                answer = self._announce(one)
                with self.database.writing() as session:
                    end = settle_sending(session, one, answer, now=self.clock())
                if end == "desk":
                    log.warning("parcel_not_carried", order_id=one.order_id, parcel=one.number, error=answer.error)
                settled += end in ("sent", "desk")
        return settled

    def _stop(self, stopping: Callable[[], bool]) -> int:
        settled = 0
        while not self.logistics.by_hand and not stopping():
            with self.database.writing() as session:
                claimed = claim_recalls(session, now=self.clock(), limit=BATCH)
            if not claimed:
                break
            for one in claimed:
                answer = self.logistics.cancel(one.reference)
                with self.database.writing() as session:
                    end = settle_recall(session, one, answer, now=self.clock())
                if end in ("too_late", "desk"):
                    log.warning("parcel_not_stopped", order_id=one.order_id, parcel=one.number, end=end)
                settled += end in ("stopped", "too_late", "desk")
        return settled

    def follow(self) -> int:
        """Ask the carrier where parcels are; give how many were asked about."""
        if self.logistics.by_hand:
            return 0
        with self.database.writing() as session:
            parcels = claim_followed(session, now=self.clock())
        for customer_id, order_id, reference in parcels:
            seen = self.logistics.track(reference)
            with self.database.writing() as session:
                settle_parcel(session, customer_id, order_id, seen, now=self.clock())
        return len(parcels)

    def _ask(self, one: ClaimedProvision) -> Answer:
        """Ask how it stands where it was asked for before, and for it where the other side never heard of it."""
        if one.asked_before:
            known = self.bss.query(one.request.reference)
            if known.end != "unknown":
                return known
        return self.bss.order(one.request)

    def _announce(self, one: ClaimedParcel) -> Carried:
        """Ask how a parcel stands that was announced before; announce it where the carrier says that it never heard of it."""
        if one.asked_before:
            known = self.logistics.track(one.parcel.reference)
            if known.end != "unheard":
                return known
        return self.logistics.send(one.parcel)


def register_orders(jobs: Jobs, carrier: OrderCarrier) -> None:
    """Have unpaid orders given up, parcels followed, and orders completed that have surely arrived."""

    def expire_unpaid_orders(now: datetime) -> None:
        with carrier.database.reading() as session:
            overdue = list_unpaid(session, now=now, limit=UNPAID)
        for customer_id, order_id in overdue:  # each by itself: nobody waits for two of them crosswise
            with carrier.database.writing() as session:
                expire_order(session, customer_id, order_id, now=now)

    def complete_delivered_orders(now: datetime) -> None:
        with carrier.database.reading() as session:
            arrived = list_delivered(session, now=now, limit=DELIVERED)
        for customer_id, order_id in arrived:
            with carrier.database.writing() as session:
                complete_delivered(session, customer_id, order_id, now=now)

    def follow_parcels(_: datetime) -> None:
        carrier.follow()

    jobs.every(1, expire_unpaid_orders)
    jobs.every(15, follow_parcels)
    jobs.every(60, complete_delivered_orders)
