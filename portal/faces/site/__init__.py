"""The subscriber's face: sign-in, home, bills, activity and what concerns oneself."""

from portal.faces.site import (
    bills,
    gifts,
    home,
    looks,
    me,
    orders,
    password,
    points,
    preferences,
    proof,
    sessions,
    sign_in,
    sign_in_password,
    timeline,
)
from portal.faces.site.blueprint import bp

__all__ = [
    "bills",
    "bp",
    "gifts",
    "home",
    "looks",
    "me",
    "orders",
    "password",
    "points",
    "preferences",
    "proof",
    "sessions",
    "sign_in",
    "sign_in_password",
    "timeline",
]
