"""The ladder of assurance: what the methods somebody used (`amr`, RFC 8176) add up to.

1 service password or web password alone, 2 a one-time code, 3 two different factors, 4 a passkey with its user verified.
The six digits of a service password are no factor here: they are told on the hotline (NIST SP 800-63B-4 3.1.1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

PASSWORD, CODE, TWO_FACTORS, PASSKEY = 1, 2, 3, 4

PIN_METHODS = ("pin",)
CODE_METHODS = ("sms",)
STAFF_METHODS = ("pwd", "otp")
COMPANY = "fed"
COMPANY_METHODS = (COMPANY,)
"""By the provider of one's enterprise: worth what the operator said of that provider."""

_PASSKEYS = frozenset({"hwk", "swk"})  # the key stays in its device, or is kept in step between several
_OWNED = frozenset({"sms", "otp", "kba"})  # a message, an authenticator, a recovery code in its place
_OWN = _PASSKEYS | {"otp", "kba"}  # what a new SIM does not hand over
_FACTORS = {"pwd": "password", "sms": "message", "otp": "authenticator", "kba": "authenticator", "fed": "company"}
_SPOKEN: Mapping[str, str] = {
    "pin": "service_password", "sms": "code", "pwd": "web_password", "otp": "totp", "kba": "recovery_code",
    "hwk": "passkey", "swk": "passkey", "fed": "company",
}  # fmt: skip
_STRONGEST_FIRST = ("hwk", "swk", "otp", "kba", "pwd", "sms", "fed", "pin")


def level_of(methods: Collection[str]) -> int:
    """Give the level that methods prove together, 1 to 4."""
    if _PASSKEYS.intersection(methods):
        return PASSKEY
    if len({_FACTORS[method] for method in methods if method in _FACTORS}) > 1:
        return TWO_FACTORS
    return CODE if _OWNED.intersection(methods) else PASSWORD


def rests_on_number(methods: Collection[str]) -> bool:
    """Say whether methods prove no more than who has the number's SIM, or what is told with it: no passkey, no authenticator."""
    return not _OWN.intersection(methods)


def methods_at(level: int) -> Sequence[str]:
    """Give the methods of a sign-in that names its level alone."""
    return CODE_METHODS if level >= CODE else PIN_METHODS


def add_methods(had: Collection[str], level: int, new: Collection[str]) -> list[str]:
    """Give the methods of a session that stood at `level` and proved `new`, in order.

    At level 1 a message was not believed, since the SIM had just been changed: it goes, so that it cannot count later.
    """
    believed = {method for method in had if level >= CODE or method != "sms"}
    return sorted(believed | set(new))


def spoken(methods: Sequence[str]) -> str:
    """Give the name a sign-in by these methods goes by in the list of sign-ins."""
    return _SPOKEN[methods[0]]


def best_spoken(methods: Collection[str]) -> str:
    """Give the name of the strongest of a session's methods; nothing where there is none."""
    return next((_SPOKEN[each] for each in _STRONGEST_FIRST if each in methods and each in _SPOKEN), "")
