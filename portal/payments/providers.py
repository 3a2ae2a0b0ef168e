"""Which providers this installation has, set once while the application is put together."""

from __future__ import annotations

from collections.abc import Sequence

from portal.payments.errors import UnknownProvider

_names: list[str] = ["sandbox"]
_currency: list[str] = ["CNY"]


def use_providers(names: Sequence[str], currency: str) -> None:
    """Set the providers, the one to take where nobody chose first, and the currency payments are made in."""
    _names[:] = names
    _currency[:] = [currency]


def list_providers() -> Sequence[str]:
    """Give the names of the providers, the first one first."""
    return tuple(_names)


def choose_provider(name: str | None) -> str:
    """Give `name` if there is such a provider, the first one for None; raises UnknownProvider."""
    if name is None and _names:
        return _names[0]
    if name not in _names or name is None:
        raise UnknownProvider
    return name


def payment_currency() -> str:
    """Give the currency payments are made in."""
    return _currency[0]
