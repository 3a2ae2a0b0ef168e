"""The worker: delivers events and messages, and does what is due every few minutes."""

from portal.faces.worker.commands import make_worker, register

__all__ = ["make_worker", "register"]
