"""Refusals every face can show. Each has a stable code, a status and a sentence for the person who reads it.

Sentences are English message ids; faces translate them, filling in `params`. `N_` marks them for the translators.
"""

from __future__ import annotations

from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a marker
    """Mark a sentence for translation without translating it here."""
    return message


class PortalError(Exception):
    """The base of all refusals. `code` is for machines, `sentence` for people, `params` fills its placeholders."""

    code = "error"
    status = 500
    sentence = N_("Something on our side did not work. Nothing you entered was lost.")

    def __init__(self, sentence: str | None = None, *, code: str | None = None, **params: object) -> None:
        super().__init__(sentence or self.sentence)
        if sentence is not None:
            self.sentence = sentence
        if code is not None:
            self.code = code
        self.params: dict[str, object] = params


class NotFound(PortalError):
    """There is no such thing, or it is not this viewer's to see: the two are never told apart."""

    code = "not_found"
    status = 404
    sentence = N_("There is nothing at this address, or it is not yours to see.")


class Forbidden(PortalError):
    """The viewer is known and may not do this."""

    code = "forbidden"
    status = 403
    sentence = N_("Your sign-in does not allow this.")


class ProofNeeded(Forbidden):
    """The viewer may do this after a further or fresher proof; `level` and `max_age_seconds` say which."""

    code = "proof_needed"
    status = 403
    sentence = N_("Please confirm that it is you first.")

    def __init__(self, *, level: int, max_age_seconds: int | None = None) -> None:
        super().__init__()
        self.level = level
        self.max_age_seconds = max_age_seconds


class Invalid(PortalError):
    """What was entered cannot be used. `fields` maps a field's name to the sentence to show beside it."""

    code = "invalid"
    status = 422
    sentence = N_("Something is missing or not right; each place says what.")

    def __init__(self, fields: Mapping[str, str], **params: object) -> None:
        super().__init__()
        self.params = params
        self.fields = dict(fields)


class Unreadable(PortalError):
    """What was sent is no text: it holds signs no text has."""

    code = "unreadable"
    status = 400
    sentence = N_("What was sent holds signs that no text has. Nothing was changed.")


class Refused(PortalError):
    """A rule says no to something well-formed."""

    code = "refused"
    status = 409
    sentence = N_("A rule stands against it. Nothing was changed.")


class TooMany(Refused):
    """A limit is reached; `retry_after_seconds` says for how long."""

    code = "too_many"
    status = 429
    sentence = N_("Wait a few minutes, then go on where you are.")

    def __init__(self, sentence: str | None = None, *, retry_after_seconds: int, **params: object) -> None:
        super().__init__(sentence)
        self.params = dict(params)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(PortalError):
    """Something we depend on does not answer; `retry_after_seconds` says when to come back."""

    code = "unavailable"
    status = 503
    sentence = N_("This part does not answer at the moment. Nothing was changed; it is usually back within a minute.")

    def __init__(self, sentence: str | None = None, *, retry_after_seconds: int = 5, **params: object) -> None:
        super().__init__(sentence)
        self.params = dict(params)
        self.retry_after_seconds = retry_after_seconds
