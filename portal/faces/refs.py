"""Ids and codes in addresses: 13 letters and digits (base.ids), or a word of the catalogue. Anything else is nothing we know: 404."""

from __future__ import annotations

from werkzeug.routing import BaseConverter, ValidationError

from portal.base.ids import from_ref, to_ref


class RefConverter(BaseConverter):
    """`<ref:customer_id>` in a route gives an int to the view and takes an int from url_for."""

    regex = "[0-9A-Za-z]{13}"

    def to_python(self, value: str) -> int:
        """Read the id from an address."""
        try:
            return from_ref(value)
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: int) -> str:
        """Write the id into an address."""
        return to_ref(value)


class CodeConverter(BaseConverter):
    """`<code:offering>` in a route: what a code is written with, so that nothing else reaches the database."""

    regex = "[A-Za-z0-9_-]{1,60}"
