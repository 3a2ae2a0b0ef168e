"""A provider of payments for trying out: a process of its own with its own file, pages, interface and signed notifications."""

from sandbox.app import create_sandbox
from sandbox.signing import SIGNATURE, is_signed, sign

__all__ = ["SIGNATURE", "create_sandbox", "is_signed", "sign"]
