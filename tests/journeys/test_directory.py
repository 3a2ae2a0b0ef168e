"""scim2-tester, a checker of SCIM servers made by others, against a house that is really served."""

from __future__ import annotations

from datetime import UTC, datetime

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from portal.base.db import Database
from portal.directory import create_directory_token


def test_the_checker_of_scim_servers_finds_nothing_wrong(house):
    database = Database(house.database)
    with database.writing() as session:
        _, token = create_directory_token(session, house.cast.acme.customer_id, "checker", days=1, now=datetime.now(UTC))
    database.close()
    with Client(base_url=f"{house.url}/scim/v2/", headers={"Authorization": f"Bearer {token}"}, timeout=20) as connection:
        results = check_server(SyncSCIMClient(connection))
    wrong = [f"{each.status.name} {each.title}: {each.reason}" for each in results if each.status != Status.SUCCESS]
    assert not wrong, "\n".join(wrong)
    assert len(results) > 100
