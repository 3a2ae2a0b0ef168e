"""A mail server in a thread: it keeps what it is sent, and can refuse."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    """One message as it came over the wire: who it was for, and what it said."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass
class MailServer:
    """A mail server that listens."""

    host: str = "127.0.0.1"
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    _refusals: deque[str] = field(default_factory=deque)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def refuse_next(self, answer: str = "451 Try again later") -> None:
        """Answer the next message with this line instead of taking it."""
        self._refusals.append(answer)

    def wait_for(self, number: int = 1, *, seconds: float = 5) -> list[Mail]:
        """Wait until so many messages have come, and give them; raises TimeoutError."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while len(self.mails) < number:
                if not self._arrived.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise TimeoutError(f"{len(self.mails)} of {number} messages came")
            return list(self.mails)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, or refuse it; called by aiosmtpd."""
        if self._refusals:
            return self._refusals.popleft()
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
            self._arrived.notify_all()
        return "250 Taken"


@contextlib.contextmanager
def running() -> Iterator[MailServer]:
    """Run a mail server on a free port."""
    mails = MailServer()
    loop = asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(mails, loop=loop, enable_SMTPUTF8=True), mails.host, 0)

    thread = threading.Thread(target=loop.run_forever, name="smtp", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
