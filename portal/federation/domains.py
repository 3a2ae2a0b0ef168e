"""Mail domains: by the address somebody types we know at which provider they sign in (home-realm discovery)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import idna
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.federation.models import ProviderDomain
from portal.federation.providers import ProviderView, find_provider_by_domain, get_provider

MAX_DOMAINS = 50
MAX_MAIL = 254
MAX_DOMAIN = 253
PUBLIC = frozenset(
    "qq.com foxmail.com 163.com 126.com yeah.net vip.qq.com vip.163.com 188.com sina.com sina.cn vip.sina.com sohu.com tom.com 21cn.com "
    "139.com 189.cn wo.cn aliyun.com gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com "
    "icloud.com me.com mac.com proton.me protonmail.com gmx.com gmx.de gmx.net web.de mail.com mail.ru yandex.ru yandex.com "
    "zoho.com fastmail.com aol.com hey.com tutanota.com tuta.com".split()
)
"""Where anybody can have an address: such a domain says nothing of whom one works for."""

_domain = ProviderDomain.metadata.tables["provider_domain"]
_list = sa.select(_domain.c.domain).where(_domain.c.provider_id == sa.bindparam("provider")).order_by(_domain.c.domain)
_of_others = sa.select(_domain.c.domain).where(
    _domain.c.domain.in_(sa.bindparam("domains", expanding=True)), _domain.c.provider_id != sa.bindparam("provider")
)
_clear = sa.delete(_domain).where(_domain.c.provider_id == sa.bindparam("provider"))
_insert = sa.insert(_domain)


def set_domains(session: Session, provider_id: int, domains: Iterable[str], *, now: datetime) -> Sequence[str]:
    """Say anew whose mail addresses lead to a provider; give the domains as they are kept.

    Raises Invalid (field `domains`) for what is no domain, one where anybody can have an address, one that leads to another
    provider, or more than 50; NotFound for a provider that has ended. Who adds a domain has made sure whose it is.
    """
    if get_provider(session, provider_id).ended_at is not None:
        raise NotFound
    wanted = sorted({read_domain(each) for each in domains if each.strip()})
    if len(wanted) > MAX_DOMAINS:
        raise Invalid({"domains": N_("Fifty domains at most lead to one provider.")})
    connection = session.connection()
    taken = connection.execute(_of_others, {"domains": wanted, "provider": provider_id}).scalars().all() if wanted else []
    if taken:
        raise Invalid({"domains": N_("%(domain)s leads to another provider.")}, domain=taken[0])
    connection.execute(_clear, {"provider": provider_id})
    if wanted:
        connection.execute(_insert, [{"domain": each, "provider_id": provider_id, "added_at": now} for each in wanted])
    return wanted


def list_domains(session: Session, provider_id: int) -> Sequence[str]:
    """Give the mail domains that lead to a provider."""
    return session.connection().execute(_list, {"provider": provider_id}).scalars().all()


def find_provider_for_mail(session: Session, mail: str) -> ProviderView | None:
    """Give the live provider at which the owner of a mail address signs in; None for any address that leads nowhere."""
    domain = domain_of(mail)
    return None if domain is None else find_provider_by_domain(session, domain)


def domain_of(mail: str) -> str | None:
    """Give the domain of a mail address as it is kept; None for what is no address."""
    name, at, domain = mail.strip().rpartition("@")
    if not (name and at) or len(mail) > MAX_MAIL or not mail.strip().isprintable() or " " in mail.strip():
        return None
    try:
        return _written(domain)
    except ValueError:
        return None


def read_domain(text: str) -> str:
    """Give a domain in small letters and IDNA; raise Invalid for what is none, or one where anybody can have an address."""
    try:
        domain = _written(text.strip().removeprefix("@"))
    except ValueError as error:
        raise Invalid({"domains": N_("%(domain)s is no mail domain.")}, domain=text.strip()[:60]) from error
    if domain in PUBLIC:
        raise Invalid({"domains": N_("Anybody can have an address at %(domain)s: it says nothing of whom one works for.")}, domain=domain)
    return domain


def _written(text: str) -> str:
    """Write a domain as DNS does (UTS 46, IDNA 2008); raise ValueError for what has no two labels."""
    domain = idna.encode(text.rstrip("."), uts46=True).decode("ascii").lower()  # IDNAError is a ValueError
    if "." not in domain or len(domain) > MAX_DOMAIN or domain.rpartition(".")[2].isdigit():
        raise ValueError("no mail domain")
    return domain
