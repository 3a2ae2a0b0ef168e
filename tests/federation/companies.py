"""Acme with an OpenID Provider of its own, Globex with a SAML one."""

from __future__ import annotations

import pytest

from portal.federation import create_provider, set_domains
from tests.federation import oidc_company, saml_company


@pytest.fixture
def acme(database, cast, keys, now):
    """Let Acme's provider in; addresses at acme.example lead to it."""
    with database.writing() as session:
        made = create_provider(session, keys, oidc_company.new_provider(cast.acme.customer_id), now=now)
        set_domains(session, made.id, ["acme.example"], now=now)
    return made


@pytest.fixture
def globex(database, cast, keys, now):
    """Let Globex's provider in; anyone it names may come."""
    with database.writing() as session:
        made = create_provider(session, keys, saml_company.new_provider(cast.acme.customer_id), now=now)
        set_domains(session, made.id, ["globex.example"], now=now)
    return made
