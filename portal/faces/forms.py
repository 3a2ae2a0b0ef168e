"""A form between two answers: what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Response, make_response, request

from portal.base.errors import Invalid
from portal.faces.words import sentence
from portal.identity import Limited

MAX_KEPT = 200


@dataclass(slots=True)
class FormState:
    """What a form shows. `values` are kept as typed (never secrets); `errors` are sentences by field, "" for the whole."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status to answer with: 422 where something is wrong."""
        return 422 if self.errors else 200

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Turn an Invalid raised inside into this form's errors."""
        try:
            yield
        except Invalid as refusal:
            self.errors.update({name: sentence(text, **refusal.params) for name, text in refusal.fields.items()})


def typed(*names: str) -> FormState:
    """Start from what was sent, keeping the named fields. Call without names for a form that keeps nothing."""
    return FormState({name: request.form.get(name, "")[:MAX_KEPT] for name in names})


def limited_page(page: str, state: FormState, limited: Limited | None) -> Response:
    """Answer with a form: 200, 422 where something is wrong, 429 with Retry-After where it was tried too often."""
    response = make_response(page, 429 if limited else state.status)
    if limited:
        response.headers["Retry-After"] = str(limited.retry_after_seconds)
    return response
