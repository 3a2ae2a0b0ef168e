"""Tables of enterprises' own lists of people, as their directories keep them here (SCIM 2.0, RFC 7643)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, Key, table


class DirectoryToken(Base):
    """What an enterprise's directory shows when it comes with news: good for that enterprise's people alone."""

    __tablename__ = "directory_token"
    __table_args__ = (sa.Index("ix_directory_token_customer", "customer_id", "id"), table("global"))
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))
    label: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # to the hour
    ended_at: Mapped[datetime | None]


class DirectoryPerson(Base):
    """A person on an enterprise's list. A party of ours stands behind; the role ends when the person is not active."""

    __tablename__ = "directory_person"
    __table_args__ = (
        sa.Index("uq_directory_person_user_name", "customer_id", "user_name_key", unique=True),
        sa.Index("ix_directory_person_external", "customer_id", "external_id"),
        sa.Index("ix_directory_person_party", "party_id"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    user_name: Mapped[str]
    user_name_key: Mapped[str] = mapped_column(Key)  # without case: one person a name
    external_id: Mapped[str | None]  # the enterprise's own number
    display_name: Mapped[str]
    active: Mapped[bool]
    source: Mapped[str]  # scim | sign_in (came by the enterprise's provider) | staff
    resource: Mapped[dict[str, Any]] = mapped_column(Json)  # what else the directory said of the person (RFC 7643 4.1)
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class DirectoryAddress(Base):
    """A mail address of a person's: what one is found by on the way in."""

    __tablename__ = "directory_address"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "person_id"], ["directory_person.customer_id", "directory_person.id"], ondelete="CASCADE"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    address_key: Mapped[str] = mapped_column(Key, primary_key=True)  # without case
    person_id: Mapped[int] = mapped_column(Id, primary_key=True)


class DirectoryGroup(Base):
    """A group on an enterprise's list."""

    __tablename__ = "directory_group"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    display_name: Mapped[str]
    external_id: Mapped[str | None]
    resource: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class DirectoryMembership(Base):
    """Who is in a group."""

    __tablename__ = "directory_membership"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "group_id"], ["directory_group.customer_id", "directory_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id", "person_id"], ["directory_person.customer_id", "directory_person.id"], ondelete="CASCADE"),
        sa.Index("ix_directory_membership_person", "customer_id", "person_id"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    group_id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(Id, primary_key=True)
