"""What a reader is told of a code that did not do."""

from __future__ import annotations

from portal.base.errors import N_
from portal.faces.babel import gettext
from portal.identity import CodeAnswer, CodeExpired, CodeSent, CodeWrong, Limited

WAIT = N_("That was tried too often. Wait %(minutes)s minutes, then go on where you are.")


def code_words(answer: CodeAnswer | CodeSent) -> str:
    """Say what is wrong with a code and what to do next."""
    if isinstance(answer, CodeWrong):
        if answer.tries_left:
            return gettext("That is not the code. You can try %(tries)s more times.", tries=answer.tries_left)
        return gettext("That is not the code, and it cannot be tried again. Ask for another one.")
    if isinstance(answer, Limited):
        return gettext(WAIT, minutes=minutes(answer))
    if isinstance(answer, CodeExpired):
        return gettext("That code has expired. Ask for another one.")
    return gettext("This code cannot be used any more. Ask for another one.")


def minutes(limited: Limited) -> int:
    """Give how long to wait, in whole minutes, rounded up."""
    return -(-limited.retry_after_seconds // 60)
