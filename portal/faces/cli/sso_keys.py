"""`flask sso keys` and `flask sso token`: the keys we sign with, and who may register sites by themselves."""

from __future__ import annotations

from datetime import timedelta

import click
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.signing_keys import renew_signing_keys
from portal.faces.transactions import reading, writing
from portal.openid import (
    create_registration_token,
    end_registration_token,
    list_registration_tokens,
    list_signing_keys,
    make_key_pair,
    withdraw_key,
)

keys_group = Commands("keys", help="The keys we sign with.")
token_group = Commands("token", help="Tokens by which a site may register itself.")
ACTOR = "operator"


@keys_group.command("list")
def list_keys() -> None:
    """List the keys and their times."""
    with reading() as session:
        keys = list_signing_keys(session)
    for each in keys:
        until = f"until {each.signs_until:%Y-%m-%d %H:%M}" if each.signs_until else "until the next"
        gone = f", published until {each.published_until:%Y-%m-%d}" if each.published_until else ""
        click.echo(f"{each.kid} {each.alg:6} signs from {each.signs_from:%Y-%m-%d %H:%M} {until}{gone}")
    click.echo(f"{len(keys)} listed. Times are UTC.")


@keys_group.command("rotate")
def rotate() -> None:
    """Make whatever key is due, as the worker does every day."""
    made = renew_signing_keys(portal().db, portal().keys, clock.now())
    click.echo(f"{made} made.")


@keys_group.command("withdraw")
@click.argument("kid")
@click.option("--yes", is_flag=True, help="Do not ask; what it signed is refused within a minute.")
def withdraw(kid: str, yes: bool) -> None:
    """Take a key that somebody else may have out of use at once; another signs."""
    if not yes:
        click.confirm("Everything this key has signed is refused within a minute. Go on?", abort=True)
    with reading() as session:
        algs = [each.alg for each in list_signing_keys(session) if each.kid == kid]
    ready = [make_key_pair(alg) for alg in algs]
    with writing() as session:
        withdraw_key(session, portal().keys, kid, now=clock.now(), ready=ready)
        _record(session, Entry(ACTOR, "sso.key_withdrawn", "cli", subject=f"key:{kid}"))
    click.echo(f"{kid} is withdrawn.")


@token_group.command("add")
@click.argument("label")
@click.option("--clients", type=int, default=1, show_default=True, help="How many sites may register by it.")
@click.option("--days", type=int, default=7, show_default=True, help="For how long.")
@click.option("--customer", "customer_id", type=int, help="The enterprise they belong to.")
def add_token(label: str, clients: int, days: int, customer_id: int | None) -> None:
    """Let sites register themselves (RFC 7591), and print the token, once."""
    with writing() as session:
        text = create_registration_token(
            session, label, clients=clients, valid=timedelta(days=days), now=clock.now(), customer_id=customer_id
        )
        detail = {"clients": clients, "days": days}
        _record(session, Entry(ACTOR, "sso.token_created", "cli", customer_id, f"registration:{label}", detail))
    click.echo(f"{clients} may register within {days} days. This is not shown again.\nregistration token: {text}")


@token_group.command("list")
def list_tokens() -> None:
    """List the tokens by which somebody may still register."""
    with reading() as session:
        tokens = list_registration_tokens(session, now=clock.now())
    for each in tokens:
        click.echo(f"{each.label:30} {each.left} left, until {each.expires_at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"{len(tokens)} listed.")


@token_group.command("end")
@click.argument("label")
def end_token(label: str) -> None:
    """Let nobody register by the tokens of this name any more."""
    with writing() as session:
        count = end_registration_token(session, label, now=clock.now())
        _record(session, Entry(ACTOR, "sso.token_ended", "cli", subject=f"registration:{label}"))
    click.echo(f"{count} ended.")


def _record(session: Session, entry: Entry) -> None:
    record(session, portal().keys.audit[0], entry, now=clock.now())
