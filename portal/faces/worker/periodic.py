"""What the worker does every few minutes. Each job opens transactions of its own and is harmless when done twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from portal.base import audit, outbox
from portal.base.db import Database
from portal.base.idempotency import forget_before
from portal.base.ids import to_ref
from portal.base.jobs import Jobs
from portal.base.keys import Keys
from portal.carts import expire_quote, forget_carts, list_lapsed_quotes
from portal.catalog import publish_due
from portal.codes import expire_coupons
from portal.faces.client_keys import fetch_client_keys
from portal.faces.reconciling import compare_days
from portal.faces.signing_keys import renew_signing_keys
from portal.federation import sweep_federation
from portal.identity import sweep_embedding, sweep_identity, watch_looks
from portal.openid import Documents, forget_exchanges, forget_logouts, list_keys_due, sweep_openid
from portal.orders import give_up_papers
from portal.payments import PaymentProvider
from portal.points import check_points, expire_points
from portal.promotions import expire_uses

log = structlog.get_logger()

KEEP_DONE_EVENTS = timedelta(days=7)
KEEP_KEYS = timedelta(days=2)
KEEP_LOGOUTS = timedelta(days=30)
BATCH = 1000
LOTS = 200
Forget = Callable[[Session, datetime], object]


def register_jobs(jobs: Jobs, database: Database, keys: Keys) -> None:
    """Register every job: the ground's own, and what capabilities want forgotten."""

    def put_off_stuck_events(now: datetime) -> None:
        with database.writing() as session:
            outbox.put_off_stuck(session, now=now)

    def delete_done_events(now: datetime) -> None:
        count = BATCH
        while count == BATCH:  # in small bites, so that nobody waits long
            with database.writing() as session:
                count = outbox.delete_done_before(session, now - KEEP_DONE_EVENTS, limit=BATCH)

    def log_audit_heads(_: datetime) -> None:
        with database.reading() as session:
            heads = audit.list_heads(session)
        log.info("audit_heads", heads=[f"{chain}:{length}:{seal}" for chain, length, seal in heads if length])

    def watch_who_looks(now: datetime) -> None:
        with database.writing() as session:
            watch_looks(session, keys, now=now)

    def expire_overdue_points(now: datetime) -> None:
        count = LOTS
        while count == LOTS:
            with database.writing() as session:
                count = expire_points(session, now=now, limit=LOTS)

    def compare_points(_: datetime) -> None:
        with database.snapshot() as session:
            wrong = list(check_points(session))
        log.info("points_checked", wrong=len(wrong))
        for each in wrong:
            log.error("points_differ", where=each.where, what=each.what)

    jobs.every(1, put_off_stuck_events)
    jobs.every(1, watch_who_looks)
    jobs.every(60, delete_done_events)
    jobs.every(60, log_audit_heads)
    jobs.every(15, expire_overdue_points, name="expire_points")
    jobs.every(24 * 60, compare_points, name="check_points")
    _register_single_sign_on(jobs, database, keys)
    _register_selling(jobs, database)
    forget_regularly(jobs, database, "idempotency_keys", lambda session, now: forget_before(session, now - KEEP_KEYS))
    forget_regularly(jobs, database, "old_sign_ins", lambda session, now: sweep_identity(session, now=now))
    forget_regularly(jobs, database, "company_sign_ins", lambda session, now: sweep_federation(session, now=now))
    forget_regularly(jobs, database, "old_assertions", lambda session, now: sweep_embedding(session, now=now))


def _register_selling(jobs: Jobs, database: Database) -> None:
    def publish_offers(now: datetime) -> None:
        with database.writing() as session:
            published = publish_due(session, now=now)
        if published:
            log.info("offers_published", offers=[each.offering_code for each in published])

    def expire_quotes(now: datetime) -> None:
        with database.reading() as session:
            due = list_lapsed_quotes(session, now=now, limit=BATCH)
        for customer_id, quote_id in due:  # one in a transaction: see there
            with database.writing() as session:
                expire_quote(session, customer_id, quote_id, now=now)

    def give_up_unmade_papers(now: datetime) -> None:
        with database.writing() as session:
            given_up = give_up_papers(session, now=now)
        for each in given_up:
            log.error("paper_given_up", order=to_ref(each.order_id), kind=each.kind, language=each.language)

    def forget_old_carts(now: datetime) -> None:
        count = BATCH
        while count == BATCH:
            with database.writing() as session:
                count = forget_carts(session, now=now, limit=BATCH)

    jobs.every(1, publish_offers)
    jobs.every(15, expire_quotes)
    jobs.every(60, give_up_unmade_papers)
    jobs.every(60, forget_old_carts)
    forget_regularly(jobs, database, "lapsed_coupons", lambda session, now: expire_coupons(session, now=now), minutes=1)
    forget_regularly(jobs, database, "lapsed_campaign_uses", lambda session, now: expire_uses(session, now=now, limit=BATCH), minutes=1)


def _register_single_sign_on(jobs: Jobs, database: Database, keys: Keys) -> None:
    def make_signing_keys(now: datetime) -> None:
        log.info("signing_keys_made", count=renew_signing_keys(database, keys, now))

    def sweep_grants(now: datetime) -> None:
        count = BATCH
        while count >= BATCH:
            with database.writing() as session:
                count = sweep_openid(session, now=now, limit=BATCH)

    jobs.every(15, sweep_grants, name="forget_grants")
    jobs.every(24 * 60, make_signing_keys)
    forget_regularly(jobs, database, "told_logouts", lambda session, now: forget_logouts(session, now - KEEP_LOGOUTS), minutes=24 * 60)
    forget_regularly(jobs, database, "watched_exchanges", lambda session, now: forget_exchanges(session, now=now), minutes=60)


def register_key_fetching(jobs: Jobs, database: Database, documents: Documents) -> None:
    """Have the keys that sites publish at addresses of their own asked for now and then."""

    def ask_for_client_keys(now: datetime) -> None:
        with database.reading() as session:
            due = list_keys_due(session, now=now)
        for each in due:
            fetch_client_keys(database, documents, each, now=now)

    jobs.every(1, ask_for_client_keys)


def register_reconciling(jobs: Jobs, database: Database, providers: Mapping[str, PaymentProvider], zone: ZoneInfo) -> None:
    """Have the days that are over compared with what the providers of payments say, once each, as soon as there is a bill."""

    def compare_payments(now: datetime) -> None:
        compare_days(database, providers, zone, now)

    jobs.every(60, compare_payments)


def forget_regularly(jobs: Jobs, database: Database, what: str, forget: Forget, *, minutes: int = 15) -> None:
    """Have `forget(session, now)` delete what has expired, in a transaction of its own."""

    def action(now: datetime) -> None:
        with database.writing() as session:
            forget(session, now)

    jobs.every(minutes, action, name=f"forget_{what}")
