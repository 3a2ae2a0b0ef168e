"""`flask staff` and `flask enterprise`: who is let in by hand."""

from __future__ import annotations

import sys

import click
import segno
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import Invalid
from portal.customers import create_enterprise, parse_number
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import (
    ROLES,
    Enrolment,
    NewStaff,
    create_staff,
    end_staff,
    list_staff,
    make_hasher,
    password_faults,
    renew_second_factor,
    set_staff_password,
)

staff_group = Commands("staff", help="Who works here.")
enterprise_group = Commands("enterprise", help="Companies that are customers.")
ACTOR = "operator"
PASSWORD = click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for unless given; 8 or more.")


@staff_group.command("create")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--outlet", required=True, help="The hall they work in, as customers know it.")
@PASSWORD
def create(login: str, name: str, role: str, outlet: str, password: str) -> None:
    """Let somebody in, and print the second factor to scan, once."""
    hashed = _hash(password, login, name)
    parts = portal()
    with writing() as session:
        new = NewStaff(login, name, role, outlet)  # type: ignore[arg-type] # click has checked the role
        made = create_staff(session, parts.keys, new, hashed, issuer=parts.settings.brand, now=clock.now())
        _note(session, "staff.created", f"staff:{made.staff_id}")
    _show_factor(f"{login} is let in.", made)


@staff_group.command("list")
@click.option("--all", "with_former", is_flag=True, help="Also who has left.")
def list_all(with_former: bool) -> None:
    """List who works here."""
    with reading() as session:
        staff = list_staff(session, with_former=with_former)
    for one in staff:
        state = "left" if one.ended_at else "" if one.is_confirmed else "second factor not used yet"
        click.echo(f"{one.public_number}  {one.login:20} {one.role:10} {one.name}, {one.outlet}  {state}".rstrip())
    click.echo(f"{len(staff)} listed.")


@staff_group.command("end")
@click.argument("login")
def end(login: str) -> None:
    """Let somebody go: no sign-in any more, every session over."""
    with writing() as session:
        end_staff(session, login, now=clock.now())
        _note(session, "staff.ended", f"login:{login}")
    click.echo(f"{login} can no longer sign in.")


@staff_group.command("password")
@click.argument("login")
@PASSWORD
def change_password(login: str, password: str) -> None:
    """Give somebody a new password; their sessions end."""
    hashed = _hash(password, login, "")
    with writing() as session:
        set_staff_password(session, login, hashed, now=clock.now())
        _note(session, "staff.password_set", f"login:{login}")
    click.echo(f"{login} has a new password.")


@staff_group.command("second-factor")
@click.argument("login")
def change_second_factor(login: str) -> None:
    """Give somebody a new second factor for one that was lost; their sessions end."""
    parts = portal()
    with writing() as session:
        made = renew_second_factor(session, parts.keys, login, issuer=parts.settings.brand, now=clock.now())
        _note(session, "staff.second_factor_renewed", f"staff:{made.staff_id}")
    _show_factor(f"{login} has a new second factor.", made)


@enterprise_group.command("create")
@click.argument("name")
@click.option("--admin-name", required=True, help="Who administers it.")
@click.option("--admin-number", required=True, help="The mobile number they sign in by.")
def create_company(name: str, admin_name: str, admin_number: str) -> None:
    """Make a company a customer, with its administrator."""
    number = parse_number(admin_number, portal().settings.country)
    with writing() as session:
        made = create_enterprise(session, name, admin_name, number, now=clock.now())
        _note(session, "enterprise.created", f"customer:{made.customer_id}", customer_id=made.customer_id)
    click.echo(f"{name} is customer {made.customer_id}; {admin_name} signs in by the number given.")


def _show_factor(what: str, made: Enrolment) -> None:
    """Print the second factor once: as a picture where somebody can scan it, and in words."""
    click.echo(f"{what} Scan this now, it is not shown again:\n{made.otpauth_uri}\nor type: {made.secret}")
    if sys.stdout.isatty():
        segno.make(made.otpauth_uri).terminal(compact=True)


def _hash(password: str, login: str, name: str) -> str:
    faults = password_faults(password, login=login, name=name)
    if faults:
        raise Invalid({"password": " ".join(faults)})
    return make_hasher(portal().settings).hash(password)


def _note(session: Session, action: str, subject: str, *, customer_id: int | None = None) -> None:
    entry = Entry(ACTOR, action, "cli", customer_id=customer_id, subject=subject)
    record(session, portal().keys.audit[0], entry, now=clock.now())
