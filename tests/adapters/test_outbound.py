"""Calls to addresses strangers named never reach inside, and take neither long nor much (guard.md 46)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.adapters.backchannel import HttpBackChannel
from portal.adapters.outbound import MAX_BYTES, CallRefused, Outbound, is_public
from portal.openid import NotTaken

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "not an address", "",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111")


def whole(connection: socket.socket) -> bytes:
    """Read a request to its end."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def answering(*parts: bytes, keep_open: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """Listen on this machine, answer one call with these bytes; give the port and what was asked."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        connection, _ = listener.accept()
        held.append(connection)
        asked.append(whole(connection))
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                return
        if not keep_open:
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        thread.join(2)
        for each in (listener, *held):
            each.close()


def test_what_lies_on_the_open_internet_and_what_does_not():
    assert [each for each in PRIVATE if is_public(each)] == []
    assert [each for each in PUBLIC if not is_public(each)] == []


@pytest.mark.parametrize("found", [["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["10.0.0.1", "1.1.1.1"], ["::ffff:169.254.169.254"], []])
def test_a_name_that_leads_inside_by_any_of_its_addresses_is_not_called(found):
    out = Outbound(resolve=lambda _host, _port: found)
    with pytest.raises(CallRefused):
        out.post("https://shop.example/backchannel", b"", {})


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "https:///x",
        "https://u:pw@shop.example/",  # pragma: allowlist secret
        "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://localhost/", "https://shop.example:x/",
        "",
        "https://[bad/",
    ],
)  # fmt: skip
def test_addresses_that_are_no_https_name_of_the_internet_are_not_called(address):
    with pytest.raises(CallRefused):
        Outbound(seconds=0.5).get(address)


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to():
    asked_for = []

    def once(host: str, port: int) -> list[str]:
        asked_for.append(host)
        return ["127.0.0.1"]

    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (port, asked):
        answer = Outbound(allow_private=True, resolve=once).get(f"http://shop.example:{port}/keys?x=1")
    assert answer.body == b"{}"
    assert asked_for == ["shop.example"], "asked once: a second answer could be another"
    assert asked[0].startswith(b"GET /keys?x=1 HTTP/1.1\r\n")
    assert f"Host: shop.example:{port}".encode() in asked[0]


def test_a_redirect_is_not_followed():
    found = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(found) as (port, _), pytest.raises(CallRefused, match="302"):
        Outbound(allow_private=True).get(f"http://127.0.0.1:{port}/")


def test_an_answer_that_is_large_or_never_ends_is_cut_off():
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_BYTES + 1)
    with answering(endless) as (port, _), pytest.raises(CallRefused, match="large"):
        Outbound(allow_private=True).get(f"http://127.0.0.1:{port}/")
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", keep_open=True) as (port, _), pytest.raises(CallRefused):
        Outbound(allow_private=True, seconds=0.2).get(f"http://127.0.0.1:{port}/")


def test_nobody_listening_is_said_in_words_without_the_address():
    with pytest.raises(CallRefused, match=r"^no answer: ConnectionRefusedError$"):
        Outbound(allow_private=True).get("http://127.0.0.1:1/secret?token=x")


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (202, False), (302, False), (400, False), (500, False)])
def test_a_site_takes_the_word_by_a_plain_yes_alone(status, taken):
    with answering(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as (port, asked):
        channel = HttpBackChannel(Outbound(allow_private=True))
        if taken:
            channel.post(f"http://127.0.0.1:{port}/bc", {"logout_token": "a.b.c"})
            assert asked[0].endswith(b"logout_token=a.b.c")
        else:
            with pytest.raises(NotTaken, match=str(status)):
                channel.post(f"http://127.0.0.1:{port}/bc", {"logout_token": "a.b.c"})


@pytest.mark.parametrize(
    ("status", "there"), [(b"200 OK", True), (b"405 Not allowed", True), (b"501 Unknown", True), (b"503 Away", False), (b"502 Bad", False)]
)
def test_who_answers_a_knock_is_there_unless_a_gateway_says_otherwise(status, there):
    with answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n") as (port, asked):
        assert HttpBackChannel(Outbound(allow_private=True)).answers(f"http://127.0.0.1:{port}/backchannel") is there
    assert asked[0].startswith(b"HEAD /backchannel ")


def test_nobody_is_there_where_nobody_listens_and_where_we_may_not_go():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not HttpBackChannel(Outbound(allow_private=True)).answers(f"http://127.0.0.1:{port}/")
    assert not HttpBackChannel(Outbound()).answers("https://127.0.0.1/")
