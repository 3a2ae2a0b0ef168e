"""`flask ministore`: a store for an enterprise, its keys, and the snippet its developer pastes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid
from portal.base.i18n import LocalText
from portal.base.money import from_decimal
from portal.faces.commands import Commands
from portal.faces.component import snippet
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import add_embed_key, end_embed_client, list_embed_keys, retire_embed_key
from portal.ministores import NewMinistore, create_ministore, get_ministore, list_ministores, set_open, set_origins

ministore_group = Commands("ministore", help="Companies' stores in their own intranets.")
ACTOR = "operator"
KEY = click.option(
    "--key", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, help="Its public key, PEM."
)
ORIGIN = click.option("--origin", "origins", multiple=True, required=True, help="A page it may stand in: https://host[:port]. Repeatable.")
_PRICE = re.compile(r"([a-z0-9_]+)=(\d{1,12}(?:\.\d{1,3})?)")


@ministore_group.command("create")
@click.argument("slug")
@click.option("--customer", "customer_id", type=int, required=True, help="The enterprise's customer id.")
@click.option("--title", required=True, help="What employees see, in English.")
@click.option("--title-zh", default="", help="And in Chinese; the English one where it is not given.")
@click.option("--welcome", default="", help="A line under the title, in English.")
@click.option("--welcome-zh", default="", help="And in Chinese.")
@click.option("--price", "prices", multiple=True, metavar="CODE=AMOUNT", help="What the company pays: device_x=1099.00. Repeatable.")
@click.option("--colour", help="The company's colour on white, as #0f6b66.")
@click.option("--colour-dark", help="And on dark.")
@ORIGIN
@KEY
def create(slug: str, customer_id: int, prices: tuple[str, ...], origins: tuple[str, ...], key_file: Path, **look: str | None) -> None:
    """Open a store, and print the snippet for the company's page."""
    currency = portal().settings.currency
    new = NewMinistore(
        slug=slug,
        customer_id=customer_id,
        name=_both(look, "title"),
        welcome=_both(look, "welcome"),
        origins=origins,
        currency=currency,
        prices=read_prices(prices, currency),
        colour=look["colour"],
        colour_dark=look["colour_dark"],
    )
    now = clock.now()
    with writing() as session:
        made = create_ministore(session, new, now=now)
        kid = add_embed_key(session, made.client_id, key_file.read_text("utf-8"), now=now)
        _note(session, "ministore.created", slug, customer_id)
    click.echo(f"{slug} is open. Assertions: iss {made.client_id}, store {slug}, kid {kid}, aud {portal().settings.base_url}")
    click.echo(snippet(portal().settings.base_url, slug))


@ministore_group.command("list")
def list_all() -> None:
    """List every store."""
    with reading() as session:
        stores = list_ministores(session)
    for each in stores:
        click.echo(f"{each.slug:20} {'open' if each.is_open else 'closed':6} {' '.join(each.origins)}")
    click.echo(f"{len(stores)} listed.")


@ministore_group.command("snippet")
@click.argument("slug")
def show_snippet(slug: str) -> None:
    """Print what the company's developer pastes into a page."""
    with reading() as session:
        get_ministore(session, slug)
    click.echo(snippet(portal().settings.base_url, slug))


@ministore_group.command("origins")
@click.argument("slug")
@ORIGIN
def change_origins(slug: str, origins: tuple[str, ...]) -> None:
    """Say anew in which pages a store may stand; the former ones go."""
    with writing() as session:
        set_origins(session, slug, origins)
        _note(session, "ministore.origins_set", slug, get_ministore(session, slug).customer_id)
    click.echo(f"{slug} may stand in {len(origins)} origins.")


@ministore_group.command("close")
@click.argument("slug")
@click.option("--reopen", is_flag=True, help="Open it again instead.")
def close(slug: str, reopen: bool) -> None:
    """Close a store: it says so, and takes nobody in."""
    with writing() as session:
        set_open(session, slug, is_open=reopen)
        _note(session, "ministore.opened" if reopen else "ministore.closed", slug, get_ministore(session, slug).customer_id)
    click.echo(f"{slug} is {'open' if reopen else 'closed'}.")


@ministore_group.command("end")
@click.argument("slug")
def end(slug: str) -> None:
    """End a store for good: closed, none of its keys is taken any more, and every token given out is dead at once."""
    with writing() as session:
        store = get_ministore(session, slug)
        set_open(session, slug, is_open=False)
        end_embed_client(session, store.client_id, now=clock.now())
        _note(session, "ministore.ended", slug, store.customer_id)
    click.echo(f"{slug} has ended.")


@ministore_group.command("keys")
@click.argument("slug")
def show_keys(slug: str) -> None:
    """List a store's live keys."""
    with reading() as session:
        keys = list_embed_keys(session, get_ministore(session, slug).client_id)
    for each in keys:
        click.echo(f"{each.kid}  since {each.added_at:%Y-%m-%d %H:%M} UTC")


@ministore_group.command("add-key")
@click.argument("slug")
@KEY
@click.option("--kid", help="Its name; its thumbprint unless given.")
def add_key(slug: str, key_file: Path, kid: str | None) -> None:
    """Take assertions signed with one more key; the others stay good until they are retired."""
    with writing() as session:
        store = get_ministore(session, slug)
        added = add_embed_key(session, store.client_id, key_file.read_text("utf-8"), kid=kid, now=clock.now())
        _note(session, "ministore.key_added", slug, store.customer_id)
    click.echo(f"{slug} takes the key {added}.")


@ministore_group.command("retire-key")
@click.argument("slug")
@click.argument("kid")
def retire_key(slug: str, kid: str) -> None:
    """Take no assertion signed with this key any more, from now on."""
    with writing() as session:
        store = get_ministore(session, slug)
        retire_embed_key(session, store.client_id, kid, now=clock.now())
        _note(session, "ministore.key_retired", slug, store.customer_id)
    click.echo(f"{slug} no longer takes the key {kid}.")


def read_prices(written: tuple[str, ...], currency: str) -> dict[str, int]:
    """Read CODE=AMOUNT pairs into minor units; raise Invalid for what is none."""
    found = {}
    for each in written:
        matched = _PRICE.fullmatch(each)
        if matched is None:
            raise Invalid({"price": N_("Write a price as CODE=AMOUNT, such as device_x=1099.00.")})
        found[matched[1]] = from_decimal(matched[2], currency).minor
    return found


def _both(look: Mapping[str, str | None], name: str) -> LocalText:
    """Give a text in both languages; the English one stands in for a Chinese one that was not given."""
    english = look[name] or ""
    return {"zh": look[f"{name}_zh"] or english, "en": english}


def _note(session: Session, action: str, slug: str, customer_id: int) -> None:
    entry = Entry(ACTOR, action, "cli", customer_id=customer_id, subject=f"ministore:{slug}")
    record(session, portal().keys.audit[0], entry, now=clock.now())
