"""The mail catcher as a program of its own, spoken to over SMTP."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)

FEEDBACK_ID = "Feedback-ID: 1f0c:northwind:broadcast:carillon\r\n"


@dataclass
class Running:
    port: int
    process: subprocess.Popen[str]

    def connect(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=10)

    def stop(self) -> str:
        """End it as Ctrl-C does; what it printed."""
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=10)
        return printed


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def start(port: int, *, database: str) -> subprocess.Popen[str]:
    url = settings.DATABASE_URL.rpartition("/")[0]
    return subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "catch_mail", "--port", str(port)],
        env={**os.environ, "DATABASE_URL": f"{url}/{database}", "DEVELOPMENT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def catcher() -> Iterator[Running]:
    yield from running(connection.settings_dict["NAME"])


@pytest.fixture
def catcher_without_database() -> Iterator[Running]:
    yield from running("there_is_no_such_database")


def running(database: str) -> Iterator[Running]:
    port = free_port()
    process = start(port, database=database)
    assert "Catching mail" in process.stdout.readline()
    yield Running(port, process)
    process.kill()
    process.communicate()


def test_a_message_sent_over_smtp_is_in_the_outbox(catcher, team):
    with catcher.connect() as smtp:
        smtp.ehlo()
        offers_pipelining = smtp.has_extn("pipelining")
        smtp.sendmail("news@northwind.example", ["ada@x.test"], f"{FEEDBACK_ID}Subject: Hi\r\n\r\n..dots\r\n")

    message = team.outbox.get()
    assert offers_pipelining
    assert bytes(message.raw).endswith(b"\r\n\r\n..dots\r\n")


def test_commands_sent_in_one_go_are_all_answered(catcher, team):
    body = f"{FEEDBACK_ID}Subject: Hi\r\n\r\nhello\r\n.\r\n"
    each = f"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n{body}"

    with closing(socket.create_connection(("127.0.0.1", catcher.port), timeout=10)) as raw:
        raw.sendall(f"EHLO tests\r\n{each * 5}QUIT\r\n".encode())
        answers = b"".join(iter(lambda: raw.recv(65536), b""))

    assert answers.count(b"250 2.0.0 Caught") == 5
    assert team.outbox.count() == 5


def test_a_message_of_no_team_is_printed_and_not_kept(catcher, team):
    with catcher.connect() as smtp:
        smtp.sendmail("a@x.test", ["ada@x.test"], "Subject: Your code\r\n\r\nIt is \x1b[31m123456\r\n")

    printed = catcher.stop()

    assert "To:      ada@x.test" in printed
    assert "Subject: Your code" in printed
    assert "It is [31m123456" in printed
    assert not team.outbox.exists()


def test_a_message_beyond_the_bound_is_refused(catcher, team):
    with catcher.connect() as smtp, pytest.raises(smtplib.SMTPResponseException) as refusal:
        smtp.sendmail("a@x.test", ["b@x.test"], FEEDBACK_ID + "\r\n" + f"{'x' * 900}\r\n" * 30_000)

    assert refusal.value.smtp_code == 552
    assert not team.outbox.exists()


def test_a_database_that_is_away_asks_to_try_again(catcher_without_database):
    with catcher_without_database.connect() as smtp, pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail("a@x.test", ["b@x.test"], f"{FEEDBACK_ID}\r\nhello\r\n")

    assert refusal.value.smtp_code == 451


def test_many_connections_at_once_lose_no_message(catcher, team):
    def send() -> None:
        with catcher.connect() as smtp:
            for _ in range(50):
                smtp.sendmail("a@x.test", ["b@x.test"], f"{FEEDBACK_ID}\r\nhello\r\n")

    senders = [threading.Thread(target=send) for _ in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert team.outbox.count() == 300


def test_a_taken_port_is_a_plain_sentence(catcher):
    second = start(catcher.port, database=connection.settings_dict["NAME"])
    printed, _ = second.communicate(timeout=20)

    assert second.returncode == 1
    assert f"Can't listen at 127.0.0.1:{catcher.port}" in printed
    assert "Traceback" not in printed


def test_it_ends_quietly(catcher):
    printed = catcher.stop()

    assert (catcher.process.returncode, printed) == (0, "")
