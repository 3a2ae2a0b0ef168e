"""`flask provider`: the providers enterprises bring, by which their employees sign in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid, NotFound
from portal.faces.commands import Commands
from portal.faces.company_addresses import ourselves, sign_in_address
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.federation import (
    ADMITS,
    CLAIM_NAMES,
    NewProvider,
    ProviderSilent,
    ProviderView,
    change_provider,
    check_provider,
    create_provider,
    discovery_address,
    end_provider,
    find_provider_by_slug,
    list_domains,
    list_providers,
    set_domains,
)

provider_group = Commands("provider", help="Companies' own sign-in: OpenID Connect and SAML 2.0.")
ACTOR = "operator"
METADATA = click.option(
    "--metadata", "metadata", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="SAML: its metadata, a file."
)


@provider_group.command("add")
@click.argument("slug")
@click.option("--customer", "customer_id", type=int, required=True, help="The enterprise it belongs to.")
@click.option("--name", required=True, help="What employees know their company by.")
@click.option("--issuer", help="OpenID: its issuer; what it publishes there is looked at now.")
@click.option("--client-id", help="OpenID: what this portal is called there.")
@click.option("--client-secret", help="OpenID: the secret it gave; asked for where --secret is said instead.")
@click.option("--secret", is_flag=True, help="Ask for the secret, so that it stands in no shell history.")
@METADATA
@click.option("--domain", "domains", multiple=True, help="A mail domain that leads there: make sure whose it is. Repeatable.")
@click.option("--admits", type=click.Choice(ADMITS), default=ADMITS[0], show_default=True, help="Only people on its list, or anyone.")
@click.option("--level", type=click.IntRange(1, 3), default=2, show_default=True, help="What a sign-in there is worth here.")
@click.option("--claim", "claims", multiple=True, metavar="OURS=THEIRS", help=f"Its word for {', '.join(CLAIM_NAMES)}. Repeatable.")
def add(
    slug: str, metadata: Path | None, issuer: str | None, secret: bool, domains: tuple[str, ...], claims: tuple[str, ...], **said: Any
) -> None:
    """Let a company's provider in, and print what its administrator needs of us."""
    document = look(issuer, metadata)
    if secret:
        said["client_secret"] = click.prompt("Secret", hide_input=True)
    new = NewProvider(slug=slug, kind=document["kind"], issuer=document["issuer"], document=document, claims=read_claims(claims), **said)
    with writing() as session:
        made = create_provider(session, portal().keys, new, now=clock.now())
        set_domains(session, made.id, domains, now=clock.now())
        _note(session, "provider.created", made)
    click.echo(f"{made.name} signs in by itself.")
    _show_ours(made)


@provider_group.command("show")
@click.argument("slug")
def show(slug: str) -> None:
    """Show a provider; its secret is not."""
    with reading() as session:
        provider = _find(session, slug)
        domains = list_domains(session, provider.id)
    lines: list[tuple[str, object]] = [
        ("name", provider.name), ("customer_id", provider.customer_id), ("kind", provider.kind), ("issuer", provider.issuer),
        ("client_id", provider.client_id), ("admits", provider.admits), ("level", provider.level), ("domains", " ".join(domains)),
        ("claims", " ".join(f"{ours}={theirs}" for ours, theirs in provider.claims.items())),
        ("keys asked for", f"{provider.fetched_at:%Y-%m-%d %H:%M} UTC" if provider.fetched_at else ""),
    ]  # fmt: skip
    for label, value in lines:
        if value not in (None, ""):
            click.echo(f"{label + ':':18} {value}")
    _show_ours(provider)


@provider_group.command("list")
@click.option("--all", "with_ended", is_flag=True, help="Also those that have ended.")
def list_all(with_ended: bool) -> None:
    """List the providers."""
    with reading() as session:
        providers = list_providers(session, with_ended=with_ended)
    for each in providers:
        click.echo(f"{each.slug:20} {each.kind:5} {each.issuer}  {'ended' if each.ended_at else ''}".rstrip())
    click.echo(f"{len(providers)} listed.")


@provider_group.command("domains")
@click.argument("slug")
@click.argument("domains", nargs=-1)
def change_domains(slug: str, domains: tuple[str, ...]) -> None:
    """Say anew which mail domains lead to a provider; none at all is possible. Make sure whose they are."""
    with writing() as session:
        provider = _find(session, slug)
        kept = set_domains(session, provider.id, domains, now=clock.now())
        _note(session, "provider.domains_set", provider, domains=list(kept))
    click.echo(f"{len(kept)} domains lead to {provider.name}.")


@provider_group.command("refresh")
@click.argument("slug")
@METADATA
def refresh(slug: str, metadata: Path | None) -> None:
    """Look anew at what a provider publishes: new addresses, new SAML certificates."""
    with reading() as session:
        provider = _find(session, slug)
    document = look(None if metadata else provider.issuer, metadata)
    with writing() as session:
        new = replace(provider.as_new(), document=document, issuer=document["issuer"])
        change_provider(session, portal().keys, provider.id, new, now=clock.now())
        _note(session, "provider.refreshed", provider)
    click.echo(f"{provider.name} is up to date.")


@provider_group.command("end")
@click.argument("slug")
def end(slug: str) -> None:
    """End a provider for good; who came in by it is signed out at once."""
    with writing() as session:
        provider = _find(session, slug)
        count = end_provider(session, provider.id, now=clock.now())
        _note(session, "provider.ended", provider)
    click.echo(f"{provider.name} has ended; {count} sessions with it.")


def look(issuer: str | None, metadata: Path | None) -> dict[str, Any]:
    """Give what a provider publishes, looked at: at its issuer's address, or in a file."""
    local = portal().settings.allow_private_callbacks
    if (issuer is None) == (metadata is None):
        raise Invalid({"issuer": N_("Name an issuer, or a file with SAML metadata.")})
    if metadata is not None:
        return check_provider(metadata.read_bytes(), allow_http=local)
    assert issuer is not None, "one of the two is there"
    try:
        found = portal().upstream.fetch(discovery_address(issuer))
    except ProviderSilent as silent:
        raise Invalid({"issuer": N_("The provider cannot be asked: %(why)s.")}, why=str(silent)) from silent
    return check_provider(found, issuer=issuer, allow_http=local)


def read_claims(claims: tuple[str, ...]) -> dict[str, str]:
    """Read OURS=THEIRS, each."""
    pairs = [each.partition("=") for each in claims]
    return {ours: theirs for ours, _, theirs in pairs}


def _find(session: Session, slug: str) -> ProviderView:
    found = find_provider_by_slug(session, slug)
    if found is None:
        raise NotFound
    return found


def _show_ours(provider: ProviderView) -> None:
    own = ourselves(provider.slug, provider.kind)
    click.echo(f"sign-in page: {sign_in_address(provider.slug)}")
    if provider.kind == "saml":
        click.echo(f"our entityID and metadata: {own.entity_id}\nanswers go to (ACS): {own.answers_to}")
    else:
        click.echo(f"redirect address: {own.answers_to}")


def _note(session: Session, action: str, provider: ProviderView, **detail: object) -> None:
    entry = Entry(ACTOR, action, "cli", provider.customer_id, f"provider:{provider.slug}", detail)
    record(session, portal().keys.audit[0], entry, now=clock.now())
