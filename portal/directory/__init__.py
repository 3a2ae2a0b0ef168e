"""Enterprises' own lists of people, kept current by their directories (SCIM 2.0)."""

from portal.directory.groups import (
    GroupEntry,
    Member,
    NewGroup,
    change_group,
    delete_group,
    get_group,
    list_groups_of,
    list_members,
    put_group,
)
from portal.directory.patching import apply_patch
from portal.directory.people import (
    NewPersonEntry,
    PersonEntry,
    change_person,
    delete_person,
    find_person,
    get_person,
    put_person,
)
from portal.directory.resources import (
    read_group,
    read_person,
    version_tag,
    write_group,
    write_person,
)
from portal.directory.schemas import POLICY, Group, PersonResource
from portal.directory.search import MAX_PAGE, Page, list_groups, list_people
from portal.directory.tokens import (
    DirectoryAccess,
    DirectoryTokenView,
    create_directory_token,
    end_directory_token,
    find_directory,
    list_directory_tokens,
    touch_directory,
)

__all__ = [
    "MAX_PAGE",
    "POLICY",
    "DirectoryAccess",
    "DirectoryTokenView",
    "Group",
    "GroupEntry",
    "Member",
    "NewGroup",
    "NewPersonEntry",
    "Page",
    "PersonEntry",
    "PersonResource",
    "apply_patch",
    "change_group",
    "change_person",
    "create_directory_token",
    "delete_group",
    "delete_person",
    "end_directory_token",
    "find_directory",
    "find_person",
    "get_group",
    "get_person",
    "list_directory_tokens",
    "list_groups",
    "list_groups_of",
    "list_members",
    "list_people",
    "put_group",
    "put_person",
    "read_group",
    "read_person",
    "touch_directory",
    "version_tag",
    "write_group",
    "write_person",
]
