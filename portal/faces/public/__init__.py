"""What machines ask: is it alive, is it ready, how does it do. And the log line of each request."""

from portal.faces.public import health, observe
from portal.faces.public.blueprint import bp

__all__ = ["bp", "health", "observe"]
