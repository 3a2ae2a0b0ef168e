"""What a reader is told of a code that did not do."""

from __future__ import annotations

from portal.faces.babel import gettext, ngettext
from portal.identity import CodeAnswer, CodeExpired, CodeSent, CodeWrong, FactorWrong, Limited


def code_words(answer: CodeAnswer | CodeSent) -> str:
    """Say what is wrong with a code and what to do next."""
    if isinstance(answer, CodeWrong):
        if answer.tries_left:
            tries = answer.tries_left
            return ngettext(
                "That is not the code. You can try %(tries)s more time.",
                "That is not the code. You can try %(tries)s more times.",
                tries,
                tries=tries,
            )
        return gettext("That is not the code, and it cannot be tried again. Ask for another one.")
    if isinstance(answer, Limited):
        return wait_words(answer)
    if isinstance(answer, CodeExpired):
        return gettext("That code has expired. Ask for another one.")
    return gettext("This code cannot be used any more. Ask for another one.")


def app_code_words(answer: FactorWrong) -> str:
    """Say that an authenticator app shows another code now, and how often it can be tried."""
    tries = answer.tries_left
    return ngettext(
        "That is not the code the app shows now. You can try %(tries)s more time.",
        "That is not the code the app shows now. You can try %(tries)s more times.",
        tries,
        tries=tries,
    )


def wait_words(limited: Limited) -> str:
    """Say how long to wait, in whole minutes, rounded up."""
    minutes = -(-limited.retry_after_seconds // 60)
    return ngettext(
        "That was tried too often. Wait %(minutes)s minute, then go on where you are.",
        "That was tried too often. Wait %(minutes)s minutes, then go on where you are.",
        minutes,
        minutes=minutes,
    )


def sent_words(limited: Limited) -> str:
    """Say that a code is on its way already, and when another one can be sent."""
    seconds = limited.retry_after_seconds
    return ngettext(
        "A code was sent a moment ago. Another one can be sent in %(seconds)s second.",
        "A code was sent a moment ago. Another one can be sent in %(seconds)s seconds.",
        seconds,
        seconds=seconds,
    )
