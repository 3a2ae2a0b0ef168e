"""A short-message centre in a thread: it speaks SMPP 3.4, keeps what it is sent, throttles, sends receipts.

Like many centres it may take the parts of a message in any order, and hang up without answering an unbind.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import smpp34

from tests.servers.home import free_port

CONCATENATED = 0x40
UCS2 = 8
RECEIPT = 0x04
# smpp34 sets its constants when it is imported, where a type checker does not see them.
THROTTLED = 0x58
TLV_RECEIPTED_MESSAGE_ID = 0x001E
TLV_MESSAGE_PAYLOAD = 0x0424
TLV_MESSAGE_STATE = 0x0427
_STATES = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "REJECTD": 8}


@dataclass(frozen=True)
class Submit:
    """One part of a message as it came over the wire."""

    message_id: str
    session: str
    source: str
    destination: str
    data_coding: int
    esm_class: int
    wants_receipt: bool
    body: bytes

    @property
    def header(self) -> bytes:
        """The user data header, which says how parts belong together; empty in a message of one part."""
        return self.body[: self.body[0] + 1] if self.esm_class & CONCATENATED else b""

    @property
    def part(self) -> tuple[int, int, int]:
        """The message's reference, the number of its parts, and which of them this is."""
        return (self.header[-3], self.header[-2], self.header[-1]) if self.header else (0, 1, 1)

    @property
    def text(self) -> str:
        """What the person would read of this part."""
        content = self.body[len(self.header) :]
        return content.decode("utf-16-be") if self.data_coding == UCS2 else content.decode("latin-1")


@dataclass
class MessageCentre:
    """A message centre that listens."""

    host: str = "127.0.0.1"
    port: int = 0
    submits: list[Submit] = field(default_factory=list)
    receipts: bool = False
    """Send a receipt for each message that asks for one, as soon as it has come."""
    _refusals: deque[int] = field(default_factory=deque)
    _receivers: dict[str, smpp34.Esme] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def throttle(self, times: int = 1) -> None:
        """Refuse the next messages as too many."""
        self.refuse(THROTTLED, times)

    def refuse(self, status: int, times: int = 1) -> None:
        """Refuse the next messages with an SMPP status."""
        self._refusals.extend([status] * times)

    def wait_for(self, number: int = 1, *, seconds: float = 5) -> list[Submit]:
        """Wait until so many parts have come, and give them; raises TimeoutError."""
        self._wait(lambda: len(self.submits) >= number, seconds, f"{number} messages")
        return list(self.submits)

    def wait_for_receiver(self, *, seconds: float = 5) -> None:
        """Wait until somebody is bound who can be sent messages; raises TimeoutError."""
        self._wait(lambda: bool(self._receivers), seconds, "a receiver")

    def deliver(self, source: str, destination: str, text: str) -> None:
        """Send a message that a person has written, to whoever is bound."""
        self.wait_for_receiver()
        sending = self._deliver(source, destination, text.encode("utf-16-be"))
        asyncio.run_coroutine_threadsafe(sending, self._loop).result(10)

    def send_receipt(self, submit: Submit, state: str = "DELIVRD") -> None:
        """Say what became of a message: DELIVRD, EXPIRED, UNDELIV or REJECTD."""
        asyncio.run_coroutine_threadsafe(self._send_receipt(submit, state), self._loop).result(10)

    async def _deliver(self, source: str, destination: str, body: bytes) -> None:
        receiver = list(self._receivers.values())[-1]
        await receiver.deliver_sm(destination, body, source_addr=source, data_coding=UCS2)

    async def _send_receipt(self, submit: Submit, state: str) -> None:
        receiver = self._receivers.get(submit.session) or list(self._receivers.values())[-1]
        now = time.strftime("%y%m%d%H%M")
        good = state == "DELIVRD"
        text = (
            f"id:{submit.message_id} sub:001 dlvrd:{'001' if good else '000'} submit date:{now} done date:{now} "
            f"stat:{state} err:{'000' if good else '001'} text:"
        )
        await receiver.deliver_sm(
            submit.source,
            text.encode("ascii"),
            source_addr=submit.destination,
            esm_class=RECEIPT,
            tlvs=[
                smpp34.Tlv(TLV_RECEIPTED_MESSAGE_ID, submit.message_id.encode() + b"\0"),
                smpp34.Tlv(TLV_MESSAGE_STATE, bytes([_STATES[state]])),
            ],
        )

    def _wait(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(holds, seconds):
                raise TimeoutError(f"no {what} within {seconds} s; {len(self.submits)} came")

    async def _serve(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            with self._changed:
                if isinstance(event, smpp34.Esme):
                    if event.can_receive:
                        self._receivers[event.session_id] = event
                elif isinstance(event, smpp34.Unbound):
                    self._receivers.pop(event.session_id, None)
                else:
                    self._take(event)
                self._changed.notify_all()

    def _take(self, event: smpp34.SubmitSmEvent) -> None:
        if self._refusals:
            event.reject(self._refusals.popleft())
            return
        body = bytes(event.short_message)
        if not body:
            body = next((bytes(tlv.value) for tlv in event.tlvs if tlv.tag == TLV_MESSAGE_PAYLOAD), b"")
        submit = Submit(
            message_id=f"{next(self._ids):08x}",
            session=event.session_id,
            source=event.source_addr,
            destination=event.destination_addr,
            data_coding=event.data_coding,
            esm_class=event.esm_class,
            wants_receipt=bool(event.registered_delivery & 1),
            body=body,
        )
        event.accept(submit.message_id)
        self.submits.append(submit)
        if self.receipts and submit.wants_receipt:
            task = self._loop.create_task(self._send_receipt(submit, "DELIVRD"))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


@contextlib.contextmanager
def running() -> Iterator[MessageCentre]:
    """Run a message centre on a free port."""
    centre = MessageCentre(port=free_port())
    loop = centre._loop
    thread = threading.Thread(target=loop.run_forever, name="smsc", daemon=True)
    thread.start()

    async def listen() -> tuple[smpp34.Server, asyncio.Task[None]]:
        server = smpp34.Server(centre.host, centre.port, system_id="onehall-smsc")
        await server.start()
        return server, loop.create_task(centre._serve(server))

    server, serving = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)

    async def close() -> None:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await server.stop()

    try:
        yield centre
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
