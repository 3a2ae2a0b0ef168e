"""The back office's face: the order desk's worklist, and what looks after single sign-on."""

from portal.faces.office import (
    actions,
    companies,
    company_providers,
    desk,
    picklist,
    registration,
    sign_on,
    sign_outs,
    signing_keys,
    sites,
    worklist,
)
from portal.faces.office.blueprint import bp

__all__ = [
    "actions",
    "bp",
    "companies",
    "company_providers",
    "desk",
    "picklist",
    "registration",
    "sign_on",
    "sign_outs",
    "signing_keys",
    "sites",
    "worklist",
]
