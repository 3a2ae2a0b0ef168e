"""A connection that sends one form over and over: it shares the processors with what it measures, and costs as little as it can."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Self

from bench.sets import BenchError

_LENGTH = re.compile(rb"content-length: *(\d+)")


class Wire:
    """One connection to a web server on this machine. `headers`: besides those every form has."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        lines = {"Host": f"localhost:{port}", "Content-Type": "application/x-www-form-urlencoded", **headers}
        self._head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def post(self, form: str) -> tuple[bytes, bytes]:
        """Send a form and read the whole answer; give its head, in small letters, and its body."""
        self._socket.sendall(f"{self._head}Content-Length: {len(form)}\r\n\r\n{form}".encode())
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head = answer[:end].lower()
        found = _LENGTH.search(head)
        size = end + 4 + (int(found.group(1)) if found else 0)
        while len(answer) < size:
            answer += self._more()
        return head, answer[end + 4 :]

    def _more(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise BenchError("the web server hung up")
        return part
