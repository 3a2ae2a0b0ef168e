"""SMPP 3.4 to a message centre, through smpplib.

One message at a time: its parts are submitted and each answer awaited, so the end of a part is known before the next.
Receipts come whenever the centre likes, also before the answer to the submit; they are kept until somebody asks.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from smpplib import consts, exceptions, gsm, smpp
from smpplib.client import Client

from portal.messaging import Listener, Receipt, SmsRefused, SmsUnavailable, SmsUncertain

log = structlog.get_logger()

ANSWER_SECONDS = 10.0
QUIET_SECONDS = 30.0
LISTEN_AGAIN_SECONDS = 15.0
PART_ATTEMPTS = 4
PART_WAIT_SECONDS = 0.5
BUSY = frozenset({consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL, consts.SMPP_ESME_RSYSERR, consts.SMPP_ESME_RX_T_APPN})
RECEIPT_CLASS, HEADER_CLASS = 0b0011_1100, 0b0100_0000
_RECEIPT_ID = re.compile(rb"\bid:([0-9A-Za-z-]+)")
_RECEIPT_STATE = re.compile(rb"\bstat:([A-Z]+)")
_STATES = {1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD"}


@dataclass(frozen=True, slots=True)
class Account:
    """Where the centre is and who we are there. `sender`: the number or name messages come from."""

    host: str
    port: int
    system_id: str
    password: str
    sender: str


def split_text(text: str) -> tuple[list[bytes], int, int]:
    """Give a message's parts, their data coding and esm class: 160 signs of GSM 7 bit, or 70 of UCS-2, are one part.

    A pair of UTF-16 units (an emoji) or an escaped GSM sign is never cut in two.
    """
    parts, coding, esm_class = gsm.make_parts(text)
    if len(parts) == 1:
        return parts, coding, esm_class
    if coding == consts.SMPP_ENCODING_ISO10646:
        pieces = list(_cut(text, consts.UCS2_PART_SIZE, lambda sign: sign.encode("utf-16-be")))
    else:
        pieces = list(_cut(text, consts.SEVENBIT_PART_SIZE, gsm.gsm_encode))
    header = bytes((5, 0, 3, next(_references) % 256, len(pieces)))
    return [header + bytes((index,)) + piece for index, piece in enumerate(pieces, start=1)], coding, esm_class


def read_text(body: bytes, coding: int | None, esm_class: int | None) -> str:
    """Give the text of a message that came in; of a long one, that of this part. What cannot be read is replaced."""
    if int(esm_class or 0) & HEADER_CLASS and body:
        body = body[body[0] + 1 :]
    return body.decode("utf-16-be" if coding == consts.SMPP_ENCODING_ISO10646 else "latin-1", "replace")


class SmppSender:
    """Sends through one connection, which is opened when first needed and again after it broke. Not for two threads."""

    repeatable = False  # the centre does not know our ids: what was submitted twice arrives twice

    def __init__(self, account: Account, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._account = account
        self._sleep = sleep
        self._client: Client | None = None
        self._used_at = 0.0
        self._answers: dict[int, Any] = {}
        self._receipts: list[Receipt] = []
        self._listener: Listener | None = None
        self._tried_at = -LISTEN_AGAIN_SECONDS

    @classmethod
    def from_url(cls, url: str) -> SmppSender:
        """Make a sender of `smpp://system_id:password@host:port/sender`; raise ValueError for another form."""
        parts = urlsplit(url)
        if parts.scheme != "smpp" or not parts.hostname or not parts.username:
            raise ValueError("PORTAL_SMPP_URL: smpp://system_id:password@host:port/sender")
        account = Account(
            parts.hostname, parts.port or 2775, unquote(parts.username), unquote(parts.password or ""), unquote(parts.path.strip("/"))
        )
        return cls(account)

    def send(self, message_id: int, number: str, body: str) -> str:  # noqa: ARG002 - the port's signature
        """Submit every part and give the centre's reference of the first.

        Raises SmsUnavailable while nothing was taken (no connection, the centre throttles), SmsRefused when it never
        will be, SmsUncertain when something was handed over and the rest, or the answer, is missing.
        """
        parts, coding, esm_class = split_text(body)
        references: list[str] = []
        try:
            client = self._connected()
            for part in parts:
                references.append(self._submit(client, number, part, coding, esm_class, begun=bool(references)))
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
            self.close()
            raise SmsUncertain(f"the connection broke: {type(error).__name__}") from error
        except (SmsUnavailable, SmsRefused) as error:
            if references:
                raise SmsUncertain(f"{len(references)} of {len(parts)} parts were taken: {error}") from error
            raise
        return references[0]

    def listen(self, listener: Listener) -> None:
        """Give what people write to us to `listener`, whenever receipts are asked for or a message is sent.

        A message is acknowledged once it was taken; when that fails the centre is told so, and brings it again.
        """
        self._listener = listener

    def take_receipts(self) -> list[Receipt]:
        """Give the receipts that have come since the last call, without waiting for any.

        One whose message is not noted as sent yet (`note_receipt` says False) is for `keep_receipt`.
        """
        if self._client is None and self._listener is not None and time.monotonic() - self._tried_at > LISTEN_AGAIN_SECONDS:
            self._tried_at = time.monotonic()
            with contextlib.suppress(SmsUnavailable):
                self._connected()
        if self._client is not None:
            try:
                self._client.poll()
            except (exceptions.ConnectionError, exceptions.PDUError, OSError):
                self.close()
        taken, self._receipts = self._receipts, []
        return taken

    def keep_receipt(self, receipt: Receipt) -> None:
        """Offer a receipt again at the next `take_receipts`."""
        self._receipts.append(receipt)

    def close(self) -> None:
        """Leave the centre. The next message connects anew."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(exceptions.ConnectionError, exceptions.PDUError, OSError):
            client.unbind()
        with contextlib.suppress(OSError):
            client.disconnect()

    def _connected(self) -> Client:
        """Give a connection that answers; raises SmsUnavailable where there is none to be had."""
        if self._client is not None and time.monotonic() - self._used_at > QUIET_SECONDS:
            self._try_out(self._client)
        if self._client is not None:
            return self._client
        client = Client(self._account.host, self._account.port, timeout=ANSWER_SECONDS, allow_unknown_opt_params=True)
        client.logger.disabled = True  # it logs whole messages: codes and numbers
        client.set_message_sent_handler(self._answered)
        client.set_error_pdu_handler(self._answered)
        client.set_message_received_handler(self._received)
        try:
            client.connect()
            client.bind_transceiver(system_id=self._account.system_id, password=self._account.password)
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
            with contextlib.suppress(OSError):
                client.disconnect()
            raise SmsUnavailable(f"no connection: {error or type(error).__name__}") from error
        self._client, self._used_at = client, time.monotonic()
        return client

    def _try_out(self, client: Client) -> None:
        """See whether a long quiet connection still lives, before a message is trusted to it."""
        try:
            client.send_pdu(smpp.make_pdu("enquire_link", client=client))
            client.read_once(auto_send_enquire_link=False)
        except (exceptions.ConnectionError, exceptions.PDUError, OSError):
            self.close()

    def _submit(self, client: Client, number: str, part: bytes, coding: int, esm_class: int, *, begun: bool) -> str:
        """Submit a part and give its reference. Once a message is begun, a busy centre is asked again before giving up."""
        for attempt in range(PART_ATTEMPTS if begun else 1):
            if attempt:
                self._sleep(PART_WAIT_SECONDS * 2**attempt)
            answer = self._ask(client, number, part, coding, esm_class)
            if not answer.status:
                reference = answer.message_id or b""
                return reference.decode("ascii", "replace") if isinstance(reference, bytes) else str(reference)
            if answer.status not in BUSY:
                raise SmsRefused(_words(answer.status))
        raise SmsUnavailable(_words(answer.status))

    def _ask(self, client: Client, number: str, part: bytes, coding: int, esm_class: int) -> Any:
        sent = client.send_message(
            source_addr_ton=consts.SMPP_TON_UNK if self._account.sender.isdigit() else consts.SMPP_TON_ALNUM,
            source_addr=self._account.sender,
            dest_addr_ton=consts.SMPP_TON_UNK,
            destination_addr=number,
            short_message=part,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=True,
        )
        until = time.monotonic() + ANSWER_SECONDS
        while sent.sequence not in self._answers:
            if time.monotonic() > until:
                raise exceptions.ConnectionError("no answer")
            client.read_once(auto_send_enquire_link=False)
        self._used_at = time.monotonic()
        answer = self._answers.pop(sent.sequence)
        self._answers.clear()
        return answer

    def _answered(self, pdu: Any) -> None:
        """Keep an answer, good or bad. Called with the keyword `pdu`; without this handler an error would be raised."""
        if pdu.command == "submit_sm_resp":
            self._answers[pdu.sequence] = pdu
        elif pdu.is_error():
            raise exceptions.PDUError(_words(pdu.status), int(pdu.status))

    def _received(self, pdu: Any) -> int:
        """Keep a receipt; hand on what people write, and acknowledge it when it was taken."""
        text = pdu.short_message or b""
        named, state = getattr(pdu, "receipted_message_id", None), getattr(pdu, "message_state", None)
        found, stat = _RECEIPT_ID.search(text), _RECEIPT_STATE.search(text)
        reference = named.rstrip(b"\0") if isinstance(named, bytes) else found.group(1) if found else b""
        word = stat.group(1).decode() if stat else _STATES.get(int(state), "UNKNOWN") if state else ""
        if reference and word:
            self._receipts.append(Receipt(reference.decode("ascii", "replace"), word))
        elif self._listener is not None and not int(pdu.esm_class or 0) & RECEIPT_CLASS:
            try:
                self._listener((pdu.source_addr or b"").decode("ascii", "replace"), read_text(text, pdu.data_coding, pdu.esm_class))
            except Exception as error:  # noqa: BLE001 - whatever it is, the message must come again
                log.warning("message_not_taken", kind=type(error).__name__)
                return int(consts.SMPP_ESME_RX_T_APPN)
        return int(consts.SMPP_ESME_ROK)


_references = itertools.count(int(time.time()))


def _cut(text: str, size: int, encode: Callable[[str], bytes]) -> Iterator[bytes]:
    piece = b""
    for sign in text:
        coded = encode(sign)
        if len(piece) + len(coded) > size:
            yield piece
            piece = b""
        piece += coded
    if piece:
        yield piece


def _words(status: int) -> str:
    return f"{consts.DESCRIPTIONS.get(status, 'unknown status')} (0x{int(status):02x})"
