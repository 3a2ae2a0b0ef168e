"""Where the providers enterprises bring send people back to: what the administrator there is told of us."""

from __future__ import annotations

from portal.faces.parts import portal
from portal.federation import Ourselves


def ourselves(slug: str, kind: str) -> Ourselves:
    """Give what a provider knows us by: where its answers go, and our entityID, which is where our SAML metadata is."""
    own = sign_in_address(slug)
    return Ourselves(f"{own}/{'acs' if kind == 'saml' else 'back'}", f"{own}/metadata")


def sign_in_address(slug: str) -> str:
    """Give the page that leads to this provider and no other: for a company's intranet, or its mini-store."""
    return f"{portal().settings.base_url.rstrip('/')}/login/company/{slug}"
