"""What payments refuse, each by name."""

from __future__ import annotations

from portal.base.errors import N_, PortalError, Refused


class BadAmount(PortalError):
    """An amount that cannot be paid. `code` says why: not_whole, nothing, negative, too_many_decimals or too_large."""

    code = "bad_amount"
    status = 422
    sentence = N_("This is no amount that can be paid.")


class WrongCurrency(PortalError):
    """Another currency than the one payments are made in."""

    code = "wrong_currency"
    status = 422
    sentence = N_("Payments are made in %(currency)s alone.")


class UnknownProvider(Refused):
    """No such way of paying is set up here."""

    code = "unknown_provider"
    sentence = N_("This way of paying is not offered here.")


class NotPaid(Refused):
    """There is no money here that could go back."""

    code = "not_paid"
    sentence = N_("Nothing was paid for this, so nothing can be paid back.")


class RefundTooLarge(Refused):
    """More would go back than was paid."""

    code = "refund_too_large"
    sentence = N_("More would go back than was paid.")


class RefundReused(Refused):
    """The reference already names a refund of another amount or payment."""

    code = "refund_reused"
    sentence = N_("This refund was already asked for with another amount.")


class SubjectReused(Refused):
    """The same thing is already to be paid with another amount."""

    code = "subject_reused"
    sentence = N_("This is already to be paid with another amount.")


class EventReused(Refused):
    """A provider used the id of an event for another one; nothing of it stands."""

    code = "event_reused"
    sentence = N_("The provider used one event id twice.")
