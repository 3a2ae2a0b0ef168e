"""`flask sso`: the sites that trust our sign-in; beside them the keys we sign with, and who may register sites."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid
from portal.faces.cli.sso_keys import keys_group, token_group
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.openid import (
    AUTH_METHODS,
    GRANT_TYPES,
    SCOPES,
    SIGNING_ALGORITHMS,
    ClientView,
    NewClient,
    change_client,
    create_client,
    end_client,
    get_client,
    list_clients,
    new_client_secret,
)

sso_group = Commands("sso", help="Single sign-on: the sites that trust our sign-in.")
client_group = Commands("client", help="Sites, apps and machines that may ask who somebody is.")
for _group in (client_group, keys_group, token_group):
    sso_group.add_command(_group)

ACTOR = "operator"
SHORT = {name.rpartition(":")[2]: name for name in GRANT_TYPES}


@client_group.command("add")
@click.argument("name")
@click.option("--redirect", "redirect_uris", multiple=True, help="Where people come back to, in full. Repeatable.")
@click.option("--after-logout", "post_logout_redirect_uris", multiple=True, help="Where they go after signing out. Repeatable.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)), help="What it may ask for. Repeatable; openid unless told."
)
@click.option("--grant", "grants", multiple=True, type=click.Choice(list(SHORT)), help="Repeatable; code and refresh unless told.")
@click.option(
    "--auth", "auth_method", type=click.Choice(AUTH_METHODS), default=AUTH_METHODS[0], show_default=True, help="How it proves itself."
)
@click.option("--keys", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its public keys: a JWK Set.")
@click.option("--keys-at", "jwks_uri", help="Or the address they are at.")
@click.option("--customer", "customer_id", type=int, help="The enterprise it belongs to.")
@click.option("--ours", "first_party", is_flag=True, help="The operator's own: nobody is asked to agree.")
@click.option("--app", "native", is_flag=True, help="An app on a device, which may be called by a scheme of its own.")
@click.option("--pairwise", is_flag=True, help="It knows people by names that no other site knows them by.")
@click.option("--sector", help="The host such names go by, if its addresses lie on several.")
@click.option("--alg", "id_token_alg", type=click.Choice(SIGNING_ALGORITHMS), default=SIGNING_ALGORITHMS[0], show_default=True)
@click.option("--require-par", is_flag=True, help="It hands its requests in by itself (RFC 9126).")
@click.option("--require-dpop", is_flag=True, help="Its tokens are bound to a key of its own (RFC 9449).")
@click.option("--dpop-nonce", is_flag=True, help="Its proofs of that key hold a nonce of ours (RFC 9449 8).")
@click.option("--tell-logout", "backchannel_logout_uri", help="The address that is told when somebody leaves.")
def add(
    name: str, scopes: tuple[str, ...], grants: tuple[str, ...], key_file: Path | None, native: bool, pairwise: bool, **said: Any
) -> None:
    """Let a site in, and print its secret, once."""
    settings = {"application_type": "native" if native else "web"} | ({"dpop_nonce_required": True} if said.pop("dpop_nonce") else {})
    new = NewClient(
        name=name,
        subject_type="pairwise" if pairwise else "public",
        backchannel_session_required=bool(said["backchannel_logout_uri"]),
        jwks=_read_keys(key_file) if key_file else None,
        settings=settings,
        **said,
    )
    new = replace(new, scopes=scopes or new.scopes, grant_types=[SHORT[each] for each in grants] or new.grant_types)
    with writing() as session:
        client, secret = create_client(session, new, now=clock.now(), allow_localhost=portal().settings.env != "production")
        _note(session, "sso.client_created", client)
    click.echo(f"{client.name} is let in.\nissuer: {portal().settings.base_url}\nclient_id: {client.id}")
    _show_secret(secret)


@client_group.command("change")
@click.argument("client_id")
@click.option("--name")
@click.option("--redirect", "redirect_uris", multiple=True, help="All addresses people come back to; the former ones go. Repeatable.")
@click.option("--after-logout", "post_logout_redirect_uris", multiple=True, help="All addresses after signing out. Repeatable.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)), help="All it may ask for. Repeatable.")
@click.option("--keys", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its public keys, all of them.")
@click.option("--tell-logout", "backchannel_logout_uri", help="The address that is told when somebody leaves.")
def change(client_id: str, key_file: Path | None, **said: Any) -> None:
    """Say anew what is given; all else of a site stays."""
    changes = {name: value for name, value in said.items() if value}
    if key_file:
        changes |= {"jwks": _read_keys(key_file), "jwks_uri": None}
    with writing() as session:
        new = replace(get_client(session, client_id).as_new(), **changes)
        local = portal().settings.env != "production"
        client, _ = change_client(session, client_id, new, now=clock.now(), allow_localhost=local)
        _note(session, "sso.client_changed", client, fields=sorted(changes))
    click.echo(f"{client.name} is changed.")


@client_group.command("list")
@click.option("--all", "with_ended", is_flag=True, help="Also those that have ended.")
def list_all(with_ended: bool) -> None:
    """List the sites."""
    with reading() as session:
        clients = list_clients(session, with_ended=with_ended)
    for each in clients:
        marks = ["ended"] * bool(each.ended_at) + ["ours"] * each.first_party
        click.echo(f"{each.id:26} {each.auth_method:20} {each.name}  {' '.join(marks)}".rstrip())
    click.echo(f"{len(clients)} listed.")


@client_group.command("show")
@click.argument("client_id")
def show(client_id: str) -> None:
    """Show all that is known of a site; its secret is not."""
    with reading() as session:
        client = get_client(session, client_id)
    for label, value in _lines(client):
        if value not in (None, "", False):
            click.echo(f"{label + ':':28} {value}")


@client_group.command("secret")
@click.argument("client_id")
@click.option("--at-once", is_flag=True, help="Somebody else has the former one: it is dead from now on.")
def change_secret(client_id: str, at_once: bool) -> None:
    """Give a site another secret. The one before goes on beside it until the next change."""
    with writing() as session:
        client = get_client(session, client_id)
        secret = new_client_secret(session, client_id, now=clock.now(), at_once=at_once)
        _note(session, "sso.secret_changed", client, at_once=at_once)
    _show_secret(secret)


@client_group.command("end")
@click.argument("client_id")
def end(client_id: str) -> None:
    """End a site for good: it is answered nothing any more, and what it was given is dead at once."""
    with writing() as session:
        client = get_client(session, client_id)
        end_client(session, client_id, now=clock.now())
        _note(session, "sso.client_ended", client)
    click.echo(f"{client.name} has ended.")


def _lines(client: ClientView) -> list[tuple[str, object]]:
    """Give what is known of a client, in the order of what one asks first."""
    lists = ("redirect_uris", "post_logout_redirect_uris", "grant_types", "scopes")
    lines: list[tuple[str, object]] = [("client_id", client.id), ("name", client.name), ("auth_method", client.auth_method)]
    lines += [(name, " ".join(getattr(client, name))) for name in lists]
    plain = (
        "customer_id", "first_party", "subject_type", "sector", "id_token_alg", "jwks_uri", "require_par", "require_dpop",
        "backchannel_logout_uri", "default_max_age", "default_acr",
    )  # fmt: skip
    lines += [(name, getattr(client, name)) for name in plain]
    lines += [("keys", " ".join(each.get("kid", "(unnamed)") for each in client.jwks["keys"]) if client.jwks else None)]
    return [*lines, ("since", f"{client.created_at:%Y-%m-%d %H:%M} UTC")]


def _read_keys(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid({"jwks": N_("Give a JWK Set of ten keys at most.")}) from error
    if not isinstance(read, dict):
        raise Invalid({"jwks": N_("Give a JWK Set of ten keys at most.")})
    return read if "keys" in read else {"keys": [read]}


def _show_secret(secret: str | None) -> None:
    if secret is not None:
        click.echo(f"client_secret: {secret}\nKeep it now, it is not shown again.")


def _note(session: Session, action: str, client: ClientView, **detail: object) -> None:
    entry = Entry(ACTOR, action, "cli", client.customer_id, f"client:{client.id}", detail)
    record(session, portal().keys.audit[0], entry, now=clock.now())
