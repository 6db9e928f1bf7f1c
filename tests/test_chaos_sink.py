"""The relay of the fault runs: what it counts is the evidence, so it must count right."""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.chaos.sink import Faults, Sink

ENVELOPE = b"MAIL FROM:<news@northwind.example>\r\nRCPT TO:<ada@example.test>\r\nDATA\r\n"
MESSAGE = b"Subject: Hello\r\n\r\nHello\r\n.\r\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def connected(sink: Sink) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", sink.port), timeout=10)
    assert client.recv(1000).startswith(b"220")
    return client


def heard(client: socket.socket, *, lines: int) -> list[bytes]:
    """The codes of so many answers, or of fewer when the connection ends before."""
    received = b""
    try:
        while received.count(b"\r\n") < lines and (data := client.recv(1000)):
            received += data
    except ConnectionResetError:
        pass
    return [line[:3] for line in received.splitlines()]


def cuts(sink: Sink, client: socket.socket) -> int:
    """How many are counted once the sink knows that this connection is over."""
    port = client.getsockname()[1]
    client.close()
    while port in sink.open:
        time.sleep(0.01)
    return sink.cuts


def test_a_message_is_answered_before_the_goodbye_that_follows_it(sink):
    sink.reset(Faults(messages_per_connection=1, delay=0.01))
    client = connected(sink)
    client.sendall(ENVELOPE)
    heard(client, lines=3)

    client.sendall(MESSAGE + ENVELOPE)

    assert heard(client, lines=9) == [b"250", b"421"]
    assert sink.accepted == {"ada@example.test": 1}
    assert cuts(sink, client) == 0


@pytest.mark.parametrize(
    ("faults", "copies"),
    [
        (Faults(drop_in_message_every=1), 0),
        (Faults(lose_reply_every=1), 1),
        (Faults(stall_every=4), 1),
        (Faults(delay=0.5), 1),
    ],
)
def test_a_connection_lost_before_the_answer_to_a_message_is_a_cut(sink, faults, copies):
    client = connected(sink)
    sink.reset(faults)
    client.sendall(ENVELOPE)
    heard(client, lines=3)

    client.sendall(MESSAGE)
    while not sink.fired.total() and not sink.accepted:
        time.sleep(0.01)

    assert cuts(sink, client) == 1
    assert sink.accepted.total() == copies


def test_what_a_killed_client_leaves_open_is_counted_with_its_kill_alone(sink):
    sink.reset(Faults(stall_every=4))
    client = connected(sink)
    client.sendall(ENVELOPE + MESSAGE)
    heard(client, lines=3)
    sink.condemned.add(client.getsockname()[1])

    assert cuts(sink, client) == 0


def test_a_connection_lost_with_no_message_under_way_is_no_cut(sink):
    client = connected(sink)
    client.sendall(ENVELOPE)
    heard(client, lines=3)

    assert cuts(sink, client) == 0
