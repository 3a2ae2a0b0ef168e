"""Calls to addresses that strangers named: a name is resolved once, every address it has is looked at, and the one that was
looked at is the one connected to. No redirects, no proxies, little time, little to read (guard.md 46; RFC 9700 4.16 SSRF).
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

SECONDS = 5.0
MAX_BYTES = 64 * 1024
_PORTS = {"http": 80, "https": 443}
_NAT64 = b"\x00\x64\xff\x9b"

Resolve = Callable[[str, int], list[str]]


class CallRefused(Exception):
    """The address may not be called, or its answer is none we take; the text says why and holds nothing secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Outbound:
    """Calls https addresses. `allow_private`: also http, and machines of one's own network (a try-out, an intranet)."""

    allow_private: bool = False
    seconds: float = SECONDS
    resolve: Resolve | None = None

    def get(self, address: str) -> Answer:
        """Fetch a document; raises CallRefused for what is not answered with a small 200 in time."""
        answer = self._call("GET", address, None, {"Accept": "application/json"})
        if answer.status != 200:
            raise CallRefused(f"answered {answer.status}")
        return answer

    def head(self, address: str) -> int:
        """Give the status an address answers HEAD with; raises CallRefused where there is no answer in time."""
        return self._call("HEAD", address, None, {}).status

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post something and give the answer whatever its status; raises CallRefused where there is none in time."""
        return self._call("POST", address, body, headers)

    def _call(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        parts = self._taken_apart(address)
        port = parts.port or _PORTS[parts.scheme]
        host = parts.hostname or ""
        target = self._checked(host, port)
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        connection = _Pinned(host, port, target, self.seconds, secure)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        cut = threading.Timer(self.seconds, connection.cut_off)  # who drips its headers one by one is cut off, too
        cut.daemon = True
        try:
            cut.start()
            connection.request(method, path, body=body, headers={"User-Agent": "OneHall", **headers})
            answer = connection.getresponse()
            return Answer(answer.status, _read(answer))
        except ssl.SSLError as error:
            raise CallRefused(f"no safe connection: {error.reason or type(error).__name__}") from error
        except (OSError, http.client.HTTPException) as error:
            raise CallRefused(f"no answer: {type(error).__name__}") from error
        finally:
            cut.cancel()
            connection.close()

    def _taken_apart(self, address: str) -> SplitResult:
        try:
            parts = urlsplit(address)
            _ = parts.port
        except ValueError as error:
            raise CallRefused("no address") from error
        schemes = ("https", "http") if self.allow_private else ("https",)
        if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password or parts.fragment:
            raise CallRefused("not an https address")
        return parts

    def _checked(self, host: str, port: int) -> str:
        """Give the first address of a name, all of which lie on the open internet."""
        try:
            found = (self.resolve or _resolve)(host, port)
        except (OSError, UnicodeError) as error:
            raise CallRefused("its name has no address") from error
        if not found:
            raise CallRefused("its name has no address")
        if not self.allow_private and not all(is_public(each) for each in found):
            raise CallRefused("a private address")
        return found[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at; the name stays in Host and in TLS."""

    def __init__(self, host: str, port: int, target: str, seconds: float, secure: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=seconds)
        self._target = target
        self._secure = secure
        if secure is not None:
            self.default_port = _PORTS["https"]

    def connect(self) -> None:
        """Connect to the one address."""
        self.sock = socket.create_connection((self._target, self.port), self.timeout)
        if self._secure is not None:
            self.sock = self._secure.wrap_socket(self.sock, server_hostname=self.host)

    def cut_off(self) -> None:
        """End the call from another thread."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def is_public(text: str) -> bool:
    """Say whether an IP address lies on the open internet: not private, shared, local, reserved, nor such a one in disguise."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in (address, *_hidden_in(address)))


def _hidden_in(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Give the IPv4 addresses an IPv6 one stands for: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address.packed.startswith(_NAT64):
        found.append(IPv4Address(address.packed[-4:]))
    return [each for each in found if each is not None]


def _resolve(host: str, port: int) -> list[str]:
    return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _read(answer: http.client.HTTPResponse) -> bytes:
    """Read a small body; what is larger is not wanted."""
    body = answer.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise CallRefused("the answer is too large")
    return body
