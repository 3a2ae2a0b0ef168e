"""A directory that calls, as Entra and Okta do, without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.directory import create_directory_token
from tests.cast import NOW

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass(frozen=True, slots=True)
class Directory:
    """One enterprise's directory, with its token."""

    app: Any
    token: str

    def call(self, method: str, path: str, said: object = None, **headers: str) -> Any:
        """Send a call below /scim/v2; `said` goes as JSON."""
        given = {"Authorization": f"Bearer {self.token}", "Accept": "application/scim+json", **headers}
        body: dict[str, Any] = {} if said is None else {"json": said, "content_type": "application/scim+json"}
        return self.app.test_client().open("/scim/v2" + path, method=method, headers=given, **body)

    def add(self, user_name: str, **more: object) -> Any:
        """Put a person on the list; give what came back."""
        answer = self.call("POST", "/Users", {"schemas": [USER], "userName": user_name, **more})
        assert answer.status_code == 201, answer.get_json()
        return answer.get_json()

    def patch(self, path: str, *operations: object, **headers: str) -> Any:
        """Change something in parts."""
        return self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def names(self, query: str = "") -> list[str]:
        """Give the user names a query finds."""
        answer = self.call("GET", "/Users" + query)
        assert answer.status_code == 200, answer.get_json()
        return [each["userName"] for each in answer.get_json()["Resources"]]


def make_directory(app: Any, customer_id: int) -> Directory:
    """Give a directory that may keep a customer's list."""
    with app.extensions["portal"].db.writing() as session:
        _, token = create_directory_token(session, customer_id, "Entra", days=30, now=NOW)
    return Directory(app, token)


def refused(answer: Any, status: int, keyword: str | None = None) -> None:
    """Assert a refusal as RFC 7644 3.12 has it."""
    body = answer.get_json()
    assert (answer.status_code, body["status"], body.get("scimType")) == (status, str(status), keyword), body
    assert body["schemas"] == [ERROR]
    assert answer.mimetype == "application/scim+json"
