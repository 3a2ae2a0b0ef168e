"""Changes in parts (RFC 7644 3.5.2), as directories really send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from scim2_models import Context, PatchOp, Resource

from portal.directory.schemas import POLICY

_MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager"


def apply_patch(resource: Resource[Any], document: Mapping[str, Any]) -> bool:
    """Apply a PatchOp message to a resource; say whether it changed anything.

    All of it or nothing. Raises pydantic's ValidationError or a SCIMException, each with the keyword of RFC 7644 3.12.
    """
    operations = document.get("Operations")
    spoken = {**document, "Operations": list(_plain(operations))} if isinstance(operations, list) else dict(document)
    with POLICY:
        message = cast("Any", PatchOp)[type(resource)].model_validate(spoken, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
        changed: bool = message.patch(resource)
    return changed


def _plain(operations: list[Any]) -> Iterator[Any]:
    """Write operations as RFC 7644 has them: a path with a filter among the names of a value becomes an operation of its own."""
    for operation in operations:
        if not isinstance(operation, Mapping):
            yield operation
            continue
        path, value = operation.get("path"), operation.get("value")
        if not path and isinstance(value, Mapping):
            parts = {name: each for name, each in value.items() if "[" in name}
            rest = {name: _manager(name, each) for name, each in value.items() if name not in parts}
            if rest or not parts:
                yield {**{name: each for name, each in operation.items() if name != "path"}, "value": rest}
            yield from ({**operation, "path": name, "value": each} for name, each in parts.items())
        elif "value" in operation and isinstance(path, str):
            yield {**operation, "value": _manager(path, value)}
        else:
            yield operation


def _manager(path: str, value: Any) -> Any:
    """Give a manager as the object it is: Entra says the id alone, or a list of one."""
    if path.lower() != _MANAGER:
        return value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return {"value": value} if isinstance(value, str) and value else value or None
