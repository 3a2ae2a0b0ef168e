"""The subscriber's face: sign-in, home, bills, activity and what concerns oneself."""

from portal.faces.site import bills, home, looks, me, password, preferences, proof, sessions, sign_in, sign_in_password, timeline
from portal.faces.site.blueprint import bp

__all__ = ["bills", "bp", "home", "looks", "me", "password", "preferences", "proof", "sessions", "sign_in", "sign_in_password", "timeline"]
