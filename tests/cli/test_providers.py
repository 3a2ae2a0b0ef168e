"""`flask provider`: a company's own sign-in let in, looked at, changed and ended, each change audited."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.federation import find_provider_by_slug, list_domains
from tests.federation.saml_company import ENTITY, make_signer, metadata


@pytest.fixture
def run(database, run_on):
    return run_on(database)


@pytest.fixture
def file(tmp_path):
    """Globex's metadata."""
    path = tmp_path / "globex.xml"
    path.write_text(metadata(), "utf-8")
    return path


def add(run, cast, file, *more):
    customer = str(cast.acme.customer_id)
    return run("provider", "add", "globex", "--customer", customer, "--name", "Globex", "--metadata", str(file), *more)


def test_a_company_is_let_in_by_its_metadata_and_told_what_to_know_of_us(run, cast, file, database):
    done = add(run, cast, file, "--domain", "globex.example", "--admits", "anyone", "--level", "3", "--claim", "external_id=employee")
    assert done.exit_code == 0, done.output
    for told in ("/login/company/globex", "/login/company/globex/acs", "/login/company/globex/metadata"):
        assert told in done.output
    with database.reading() as session:
        made = find_provider_by_slug(session, "globex")
        assert (made.issuer, made.admits, made.level, made.claims) == (ENTITY, "anyone", 3, {"external_id": "employee"})
        assert list_domains(session, made.id) == ["globex.example"]
    assert ENTITY in run("provider", "show", "globex").output
    assert "1 listed" in run("provider", "list").output


def test_it_is_changed_and_ended_and_every_change_is_in_the_log(run, cast, file, database):
    add(run, cast, file)
    assert run("provider", "domains", "globex", "globex.example", "globex.cn").exit_code == 0
    file.write_text(metadata(make_signer("renewed")), "utf-8")
    before = run("provider", "show", "globex").output
    assert run("provider", "refresh", "globex", "--metadata", str(file)).exit_code == 0
    assert run("provider", "show", "globex").output == before
    assert run("provider", "end", "globex").exit_code == 0
    assert run("provider", "show", "globex").exit_code == 2
    with database.reading() as session:
        of = sa.select(AuditEntry.action).where(AuditEntry.subject == "provider:globex").order_by(AuditEntry.at, AuditEntry.seq)
        told = session.execute(of).scalars().all()
    assert told == ["provider.created", "provider.domains_set", "provider.refreshed", "provider.ended"]


@pytest.mark.parametrize(
    "more", [("--domain", "qq.com"), ("--claim", "role=x"), ("--issuer", "https://id.acme.example"), ("--claim", "email")]
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_kept(run, cast, file, database, more):
    refused = add(run, cast, file, *more)
    assert refused.exit_code == 2
    with database.reading() as session:
        assert find_provider_by_slug(session, "globex") is None


def test_a_provider_at_a_private_address_is_not_asked(run, cast):
    common = ("provider", "add", "acme", "--customer", str(cast.acme.customer_id), "--name", "Acme", "--client-id", "x")
    refused = run(*common, "--issuer", "https://127.0.0.1:1")
    assert refused.exit_code == 2
    assert "private address" in refused.output
