"""Two companies with providers of their own."""

from __future__ import annotations

from tests.federation.companies import acme, globex  # noqa: F401 - fixtures
