"""The servers that other tests lean on do what they claim, each really started."""

from __future__ import annotations

import contextlib
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
import redis as redis_client
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm
from pytest_socket import SocketConnectBlockedError
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers import chromium, home
from tests.servers import postgres as postgres_server
from tests.servers import redis as redis_server
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.smsc import MessageCentre
from tests.servers.smtp import MailServer

GREETING = "您好，您的话费账单已出"


def test_a_database_can_be_made_as_a_copy_of_another(postgres: Postgres) -> None:
    with psycopg.connect(postgres.create_database("model_hall")) as connection:
        connection.execute("CREATE TABLE guest (name text)")
        connection.execute("INSERT INTO guest VALUES ('曾小贤')")
    with psycopg.connect(postgres.create_database("copy_hall", template="model_hall")) as connection:
        assert connection.execute("SELECT name FROM guest").fetchall() == [("曾小贤",)]
    for name in ("copy_hall", "model_hall"):
        postgres.drop_database(name)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres.url("copy_hall"))


def test_postgresql_asks_for_the_password_and_listens_on_this_machine_alone(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url(password="wrong"))
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_what_was_committed_outlives_a_crash_of_a_durable_cluster() -> None:
    started = time.monotonic()
    with postgres_server.running(durable=True, settings={"max_connections": "20"}) as server:
        assert time.monotonic() - started < 20
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW max_connections").fetchone() == ("20",)
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        server.restart("immediate")
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
        folder = server.home
    assert not folder.exists()
    assert not home.answers(server.port)


def test_redis_keeps_what_it_is_told_until_it_ends(redis: Redis, redis_url: str) -> None:
    with contextlib.closing(redis_client.Redis.from_url(redis_url)) as client:
        client.set("数", "1")
        assert client.get("数") == b"1"
    with (
        contextlib.closing(redis_client.Redis(port=redis.port, retry=Retry(NoBackoff(), 0))) as stranger,
        pytest.raises(redis_client.AuthenticationError),
    ):
        stranger.ping()


def test_a_redis_of_ones_own_can_be_stopped_and_started() -> None:
    with redis_server.running() as server:
        server.stop()
        assert not home.answers(server.port)
        server.start()
        with contextlib.closing(redis_client.Redis.from_url(server.url())) as client:
            assert client.ping()
    assert not home.answers(server.port)


def test_servers_end_even_when_their_user_is_killed() -> None:
    script = (
        "import os, signal\nfrom tests.servers import redis\nwith redis.running() as server:\n"
        "    print(server.home, server.port, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder, port = done.stdout.split()
    deadline = time.monotonic() + 10
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()
    assert not home.answers(int(port))


def test_ending_a_server_spares_another_process_that_got_its_number() -> None:
    home.end(os.getpid(), born=0.0)
    assert not home.alive(os.getpid(), born=0.0)


def test_mail_arrives_as_it_was_sent(mail_server: MailServer) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "hall@example.org", "a@example.org", "账单"
    letter.set_content(GREETING)
    mail_server.refuse_next("451 Later")
    with smtplib.SMTP(mail_server.host, mail_server.port) as client:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            client.send_message(letter)
        assert refusal.value.smtp_code == 451
        client.send_message(letter)
    (mail,) = mail_server.wait_for(1)
    assert mail.recipients == ("a@example.org",)
    assert mail.message["Subject"] == "账单"
    assert mail.message.get_content().strip() == GREETING
    with pytest.raises(TimeoutError):
        mail_server.wait_for(2, seconds=0.05)


@pytest.fixture
def sender(message_centre: MessageCentre) -> Iterator[smpplib.client.Client]:
    client = smpplib.client.Client(message_centre.host, message_centre.port, timeout=5, allow_unknown_opt_params=True)
    client.connect()
    client.bind_transceiver(system_id="hall", password="secret")
    message_centre.wait_for_receiver()
    yield client
    with contextlib.suppress(smpplib.exceptions.ConnectionError):  # the centre may hang up without an answer
        client.unbind()
    client.disconnect()


def submit(client: smpplib.client.Client, text: str, *, receipt: bool = False) -> None:
    parts, coding, kind = smpplib.gsm.make_parts(text)
    for part in parts:
        client.send_message(
            source_addr="10000",
            destination_addr="13800138000",
            short_message=part,
            data_coding=coding,
            esm_class=kind,
            registered_delivery=receipt,
        )


def test_seventy_chinese_characters_are_one_part_and_seventy_one_are_two(
    message_centre: MessageCentre, sender: smpplib.client.Client
) -> None:
    submit(sender, "好" * 70)
    submit(sender, "好" * 71)
    parts = sorted(message_centre.wait_for(3), key=lambda each: each.part[1:])
    assert [part.text for part in parts] == ["好" * 70, "好" * 67, "好" * 4]
    assert [part.part[1:] for part in parts] == [(1, 1), (2, 1), (2, 2)]
    assert parts[0].destination == "13800138000"


def test_a_throttled_message_is_refused_and_the_next_one_taken(message_centre: MessageCentre, sender: smpplib.client.Client) -> None:
    answers: list[int] = []
    sender.set_message_sent_handler(lambda pdu: answers.append(pdu.status))
    sender.set_error_pdu_handler(lambda _pdu: None)
    message_centre.throttle()
    for _ in range(2):
        submit(sender, "hello")
        sender.read_once()
    assert answers == [smpplib.consts.SMPP_ESME_RTHROTTLED, smpplib.consts.SMPP_ESME_ROK]
    assert [each.text for each in message_centre.submits] == ["hello"]


def test_receipts_and_peoples_messages_reach_whoever_is_bound(message_centre: MessageCentre, sender: smpplib.client.Client) -> None:
    received: list[bytes] = []
    sender.set_message_received_handler(lambda pdu: received.append(pdu.short_message))
    message_centre.receipts = True
    submit(sender, GREETING, receipt=True)
    (sent,) = message_centre.wait_for(1)
    while not received:
        sender.read_once()
    assert received[0].startswith(f"id:{sent.message_id} ".encode())
    assert b"stat:DELIVRD" in received[0]
    with ThreadPoolExecutor() as pool:  # the centre waits for the answer, which we give by reading
        delivering = pool.submit(message_centre.deliver, "13800138000", "10000", "余额")
        while len(received) < 2:
            sender.read_once()
        delivering.result(5)
    assert received[1].decode("utf-16-be") == "余额"


@pytest.mark.browser
def test_the_browser_draws_chinese_with_a_font_that_has_it() -> None:
    with ThreadPoolExecutor(1) as pool:  # another test of this process may be driving a browser in the main thread
        drawn = pool.submit(draw_signs).result(60)
    assert len(set(drawn)) == 3, "a sign without a glyph is drawn as the same empty box"


def draw_signs() -> list[str]:
    """Draw two Chinese signs and one that no font has; give each picture."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(**chromium.launch_options())) as browser,
    ):
        page = browser.new_page()
        page.set_content("<canvas></canvas>")
        drawn: list[str] = page.evaluate(
            """() => ['账', '单', '\\u{10ffff}'].map(sign => {
                const canvas = document.createElement('canvas');
                const pen = canvas.getContext('2d');
                pen.font = '40px sans-serif';
                pen.fillText(sign, 10, 60);
                return canvas.toDataURL();
            })"""
        )
    return drawn


def test_no_test_reaches_beyond_this_machine() -> None:
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"), socket.socket() as probe:
        probe.connect(("192.0.2.1", 80))
