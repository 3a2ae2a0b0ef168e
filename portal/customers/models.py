"""Tables of parties, customers, accounts, subscriptions and products (TM Forum SID names)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, Key, table
from portal.base.i18n import LocalText

_PRESENT = sa.text("valid_to IS NULL")


class Party(Base):
    """A person or an organisation. A login belongs to a person."""

    __tablename__ = "party"
    __table_args__ = (table("global"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str]  # individual | organisation
    name: Mapped[str]
    gender: Mapped[str | None]
    birth_date: Mapped[date | None]
    language: Mapped[str | None]  # zh | en; None follows the browser
    created_at: Mapped[datetime]


class Customer(Base):
    """A party that has, or had, a contract with the operator. Every customer table starts with its id."""

    __tablename__ = "customer"
    __table_args__ = (sa.Index("ix_customer_party", "party_id"), table("customer"))
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    kind: Mapped[str]  # individual | organisation
    status: Mapped[str]  # active | left
    tier: Mapped[str]  # standard | silver | gold
    since: Mapped[date]
    left_on: Mapped[date | None]
    search_text: Mapped[str]  # what `search_text_of` says of the names here: narrows a search by name and digits
    created_at: Mapped[datetime]


class CustomerRole(Base):
    """What a party may do for a customer, and from when to when."""

    __tablename__ = "customer_role"
    __table_args__ = (sa.Index("ix_customer_role_party", "party_id"), table("customer"))
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)  # owner | member | administrator | employee | payer | delegate
    rights: Mapped[list[str] | None] = mapped_column(Json)  # a delegate's, by name (roles.RIGHTS); NULL: what the role says
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class PartyLink(Base):
    """Two parties that are one person, who proved both. Two rows, one a direction; undone by ending them, never by merging."""

    __tablename__ = "party_link"
    __table_args__ = (table("global"),)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    other_party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"), primary_key=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Account(Base):
    """A billing account: who pays, in which money, how."""

    __tablename__ = "account"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(sa.String(3))
    payment_method: Mapped[str]  # bank_transfer | credit_card | electronic_check | mailed_check
    paperless: Mapped[bool]


class Subscription(Base):
    """A line or service with its number, and the person who uses it."""

    __tablename__ = "subscription"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "account_id"], ["account.customer_id", "account.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(Id)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))
    kind: Mapped[str]  # mobile | broadband
    number: Mapped[str]
    status: Mapped[str]  # active | suspended | terminated
    activated_on: Mapped[date]
    terminated_on: Mapped[date | None]
    device: Mapped[str | None]
    region: Mapped[str | None]  # where the number's segment is registered: "浙江 杭州"


class NumberHolding(Base):
    """Who holds, or held, a number. Numbers are recycled: one has many holders, one at a time."""

    __tablename__ = "number_holding"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        sa.Index("uq_number_holding_current", "number", unique=True, sqlite_where=_PRESENT, postgresql_where=_PRESENT),
        table("global"),
    )
    number: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(primary_key=True)
    valid_to: Mapped[datetime | None]
    customer_id: Mapped[int] = mapped_column(Id)
    subscription_id: Mapped[int] = mapped_column(Id)
    party_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("party.id"))


class Product(Base):
    """What a customer has, with the name and price it was sold at (an offering may change later)."""

    __tablename__ = "product"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    subscription_id: Mapped[int] = mapped_column(Id)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    kind: Mapped[str]  # plan | line | internet | add_on
    name: Mapped[LocalText] = mapped_column(Json)
    monthly_price_minor: Mapped[int] = mapped_column(Id)
    status: Mapped[str]  # active | terminated
    started_on: Mapped[date]
    ended_on: Mapped[date | None]


class Agreement(Base):
    """For how long a customer is bound."""

    __tablename__ = "agreement"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    term: Mapped[str]  # monthly | one_year | two_years
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Address(Base):
    """Where a customer is; divisions are GB/T 2260 codes with their names as of the entry."""

    __tablename__ = "address"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str]  # home | billing | office
    area_code: Mapped[str]
    province: Mapped[str]
    city: Mapped[str]
    area: Mapped[str]
    line: Mapped[str]


class DeliveryAddress(Base):
    """Where a customer's people have things sent: an address book. Divisions are GB/T 2260 codes with their names as of the entry."""

    __tablename__ = "delivery_address"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    party_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("party.id"))  # whose it is; NULL: all who act for the customer
    name: Mapped[str]
    phone: Mapped[str]
    area_code: Mapped[str]
    province: Mapped[str]
    city: Mapped[str]
    area: Mapped[str]
    line: Mapped[str]
    is_default: Mapped[bool] = mapped_column(server_default=sa.false())
    used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CustomerPaper(Base):
    """A paper a customer has shown, as of the last time: that it was seen, never what stands on it."""

    __tablename__ = "customer_paper"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # papers.PAPERS
    seen_at: Mapped[datetime]
    seen_by: Mapped[str]  # as in the audit log: staff:7
    valid_until: Mapped[date | None]  # the last day it counts; NULL: for good


class SearchKey(Base):
    """What a customer is found by: one narrow table, read as ranges (decision 0002). keys.py says what the kinds are."""

    __tablename__ = "search_key"
    __table_args__ = (table("global", sqlite_with_rowid=False),)
    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
