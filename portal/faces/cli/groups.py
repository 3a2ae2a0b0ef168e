"""All commands, in the order of a day's work. Imported when one is asked for (`commands.py`)."""

from __future__ import annotations

import click

from portal.faces.cli.audit import audit_group
from portal.faces.cli.backup import backup_group
from portal.faces.cli.campaigns import campaign_group
from portal.faces.cli.catalog import catalog_group
from portal.faces.cli.codes import codes_group
from portal.faces.cli.database import db_group, setup
from portal.faces.cli.demo import demo_group
from portal.faces.cli.directory import directory_group
from portal.faces.cli.importing import import_group
from portal.faces.cli.ledger import ledger_group
from portal.faces.cli.lines import line_group
from portal.faces.cli.logouts import logouts_group
from portal.faces.cli.messages import messages_group
from portal.faces.cli.ministore import ministore_group
from portal.faces.cli.outbox import outbox_group
from portal.faces.cli.payments import payments_group
from portal.faces.cli.people import enterprise_group, staff_group
from portal.faces.cli.providers import provider_group
from portal.faces.cli.sales import flashsale_group
from portal.faces.cli.settings import settings_group
from portal.faces.cli.sso import sso_group

sso_group.add_command(logouts_group)
ALL: tuple[click.Command, ...] = (
    setup,
    db_group,
    settings_group,
    staff_group,
    enterprise_group,
    line_group,
    ministore_group,
    catalog_group,
    campaign_group,
    codes_group,
    flashsale_group,
    provider_group,
    directory_group,
    sso_group,
    outbox_group,
    messages_group,
    audit_group,
    ledger_group,
    payments_group,
    import_group,
    backup_group,
    demo_group,
)
