"""Us, as clients know us, for the provider's own face."""

from portal.faces.provider import endpoint, issuer, key_ring, provider

__all__ = ["endpoint", "issuer", "key_ring", "provider"]
