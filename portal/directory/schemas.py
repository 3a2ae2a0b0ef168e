"""People and groups in the words of SCIM (RFC 7643): what we take of what a directory says.

What it says beyond that is dropped unread, a password above all: nothing here could hold one.
"""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field
from scim2_models import (
    URN,
    CaseExact,
    ComplexAttribute,
    Extension,
    External,
    GroupMembership,
    Mutability,
    Name,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    Uniqueness,
)

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""What directories do that RFC 7644 does not say (Entra above all): attributes of their own, a removal's members in its value,
`emails[type eq "work"].value` before there is such an address."""


class Plural(ComplexAttribute):
    """One of several values (RFC 7643 2.4)."""

    value: str | None = None
    display: str | None = None
    type: str | None = None
    primary: bool | None = None


class Email(Plural):
    """A mail address."""


class PhoneNumber(Plural):
    """A number to call."""


class Role(Plural):
    """What a person is to the enterprise."""


class Entitlement(Plural):
    """What a person may have there."""


class Address(ComplexAttribute):
    """Where a person works or lives."""

    formatted: str | None = None
    street_address: str | None = None
    locality: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    type: str | None = None
    primary: bool | None = None


class User(Resource[Any]):
    """A person on an enterprise's list (RFC 7643 4.1)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")
    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    nick_name: str | None = None
    profile_url: Reference[External] | None = None
    title: str | None = None
    user_type: str | None = None
    preferred_language: str | None = None
    locale: str | None = None
    timezone: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None
    addresses: list[Address] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    entitlements: list[Entitlement] | None = None
    roles: list[Role] | None = None


class Manager(ComplexAttribute):
    """Whom a person reports to."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Annotated[Reference[User] | None, CaseExact.true] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    display_name: Annotated[str | None, Mutability.read_only] = None


class EnterpriseUser(Extension):
    """A person's place in the enterprise (RFC 7643 4.3)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
    employee_number: str | None = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


class GroupMember(ComplexAttribute):
    """A person in a group; groups hold people, no groups."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A group on an enterprise's list (RFC 7643 4.2)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")
    display_name: Annotated[str | None, Required.true] = None
    members: list[GroupMember] | None = None


PersonResource: Any = cast("Any", User)[EnterpriseUser]
"""A person with the enterprise's own attributes."""
