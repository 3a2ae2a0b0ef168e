"""What machines ask: is it alive, is it ready, how does it do. And the log line of each request."""

from portal.faces.public import health, observe, payments, pictures
from portal.faces.public.blueprint import bp

__all__ = ["bp", "health", "observe", "payments", "pictures"]
