"""The OpenID Provider's face: its endpoints for sites, apps and machines, and its pages for people."""

from portal.faces.sso import (
    after_sign_in,
    authorize,
    choosing,
    consent,
    deciding,
    device,
    device_page,
    discovery,
    introspection,
    logout,
    pushed,
    register,
    token,
    userinfo,
)
from portal.faces.sso.blueprint import bp, machines

__all__ = [
    "after_sign_in",
    "authorize",
    "bp",
    "choosing",
    "consent",
    "deciding",
    "device",
    "device_page",
    "discovery",
    "introspection",
    "logout",
    "machines",
    "pushed",
    "register",
    "token",
    "userinfo",
]
