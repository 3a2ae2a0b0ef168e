"""Where the money of payments stands in the ledger.

`provider:NAME` is what a provider holds for us; `customer_funds` is what came from customers, and so lies below nothing.
The provider's account is the row everybody waits for: by its name it comes last.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.ledger import Account, transfer


def provider_account(provider: str, currency: str) -> Account:
    """Give the account of what a provider holds for us."""
    return Account(f"provider:{provider}", "funds", currency)


def customer_account(customer_id: int, currency: str) -> Account:
    """Give the account of what came from a customer, and went back."""
    return Account("customer_funds", f"customer:{customer_id}", currency)


def payment_reference(provider: str, merchant_ref: str) -> str:
    """Give the reference a payment is booked under."""
    return f"payment:{provider}:{merchant_ref}"


def refund_reference(provider: str, merchant_ref: str) -> str:
    """Give the reference a refund is booked under."""
    return f"payment_refund:{provider}:{merchant_ref}"


def book_payment(
    session: Session, provider: str, merchant_ref: str, customer_id: int, amount_minor: int, currency: str, *, now: datetime
) -> None:
    """Book what came in. Booked before: nothing happens."""
    source, target = customer_account(customer_id, currency), provider_account(provider, currency)
    transfer(session, payment_reference(provider, merchant_ref), source, target, amount_minor, now=now)


def book_refund(
    session: Session, provider: str, merchant_ref: str, customer_id: int, amount_minor: int, currency: str, *, now: datetime
) -> None:
    """Book what went back. Booked before: nothing happens."""
    source, target = provider_account(provider, currency), customer_account(customer_id, currency)
    transfer(session, refund_reference(provider, merchant_ref), source, target, amount_minor, now=now)
