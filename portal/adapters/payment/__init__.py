"""The providers of payments this installation has, by name."""

from __future__ import annotations

from collections.abc import Mapping

from portal.adapters.payment.sandbox import SandboxProvider
from portal.base.keys import derive
from portal.base.settings import Settings
from portal.payments import PaymentProvider


def make_providers(settings: Settings) -> Mapping[str, PaymentProvider]:
    """Make the providers the settings name, in their order."""
    made: dict[str, PaymentProvider] = {}
    for name in settings.payment_providers:
        made[name] = _make(name, settings)
    return made


def _make(name: str, settings: Settings) -> PaymentProvider:
    if name == "wechat":
        from portal.adapters.payment.wechat import make_wechat  # its library is large, and not everybody's

        return make_wechat(settings)
    if name == "alipay":
        from portal.adapters.payment.alipay import make_alipay

        return make_alipay(settings)
    return SandboxProvider(settings.sandbox_url, sandbox_secrets(settings), settings.zone)


def sandbox_secrets(settings: Settings) -> list[str]:
    """Give what is signed with: the secrets set, or one derived from each of the installation's."""
    given = [each.get_secret_value() for each in settings.sandbox_secrets]
    keys = [settings.secret_key, *settings.old_secret_keys]
    return given or [derive(each.get_secret_value(), "sandbox").hex() for each in keys]
