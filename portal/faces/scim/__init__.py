"""Enterprises' directories keep the lists of their people here: SCIM 2.0 (RFC 7643, 7644), each with a token of its own."""

from portal.faces.scim import bulk, discovery, nothing, resources, searching
from portal.faces.scim.blueprint import bp

__all__ = ["bp", "bulk", "discovery", "nothing", "resources", "searching"]
