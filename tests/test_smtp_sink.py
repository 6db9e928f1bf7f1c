"""The sink itself: honest when nothing is set, and wrong exactly as told."""

import smtplib
import socket

import pytest

from tests.smtp_sink import Faults, Received, Sink

MESSAGE = b"Subject: Hi\r\n\r\n.Hello\r\n"


@pytest.fixture
def sink():
    with Sink() as started:
        yield started


def client(sink):
    return smtplib.SMTP("127.0.0.1", sink.port, local_hostname="client.test", timeout=10)


def test_an_accepted_message_is_kept_with_its_envelope(sink):
    with client(sink) as smtp:
        smtp.sendmail("n@n.test", ["ada@x.test", "bob@x.test"], MESSAGE)

    assert sink.messages == [Received("n@n.test", ("ada@x.test", "bob@x.test"), MESSAGE, 1)]
    assert sink.accepted_addresses() == ["ada@x.test", "bob@x.test"]


def test_pipelining_is_offered_and_works(sink):
    with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as raw:
        replies = raw.makefile("rb")
        replies.readline()
        raw.sendall(b"EHLO client.test\r\n")
        extensions = [replies.readline()]
        while extensions[-1][3:4] == b"-":
            extensions.append(replies.readline())
        raw.sendall(b"MAIL FROM:<n@n.test>\r\nRCPT TO:<ada@x.test>\r\nDATA\r\n")
        codes = [replies.readline()[:3] for _ in range(3)]
        raw.sendall(b"Subject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<n@n.test>\r\nRCPT TO:<bob@x.test>\r\nDATA\r\n")
        codes += [replies.readline()[:3] for _ in range(4)]

    assert b"250-PIPELINING\r\n" in extensions
    assert codes == [b"250", b"250", b"354", b"250", b"250", b"250", b"354"]
    assert sink.accepted_addresses() == ["ada@x.test"]


@pytest.mark.parametrize(("fault", "code"), [("no_pipelining", 250), ("helo_only", 502)])
def test_pipelining_is_not_offered_when_told_so(sink, fault, code):
    setattr(sink.faults, fault, True)

    with client(sink) as smtp:
        answered, extensions = smtp.ehlo()
    with client(sink) as smtp:
        smtp.sendmail("n@n.test", ["ada@x.test"], MESSAGE)

    assert answered == code
    assert b"PIPELINING" not in extensions
    assert sink.accepted_addresses() == ["ada@x.test"]


def test_every_nth_recipient_is_refused(sink):
    sink.faults = Faults(refuse_every=3, refuse_with="450 4.2.0 Later")

    with client(sink) as smtp:
        refused = smtp.sendmail("n@n.test", [f"{number}@x.test" for number in range(9)], MESSAGE)

    assert refused == {f"{number}@x.test": (450, b"4.2.0 Later") for number in (2, 5, 8)}
    assert sink.accepted_addresses() == [f"{number}@x.test" for number in (0, 1, 3, 4, 6, 7)]


def test_a_lost_reply_still_means_an_accepted_message(sink):
    sink.faults.lose_reply_every = 1

    with pytest.raises(smtplib.SMTPServerDisconnected), client(sink) as smtp:
        smtp.sendmail("n@n.test", ["ada@x.test"], MESSAGE)

    assert sink.accepted_addresses() == ["ada@x.test"]


def test_a_drop_inside_the_message_means_none(sink):
    sink.faults.drop_in_data_every = 1

    with pytest.raises(smtplib.SMTPServerDisconnected), client(sink) as smtp:
        smtp.sendmail("n@n.test", ["ada@x.test"], MESSAGE)

    assert sink.messages == []


def test_a_connection_carries_as_many_messages_as_told(sink):
    sink.faults.messages_per_connection = 1
    smtp = client(sink)
    smtp.sendmail("n@n.test", ["ada@x.test"], MESSAGE)

    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        smtp.sendmail("n@n.test", ["bob@x.test"], MESSAGE)

    assert refusal.value.smtp_code == 421
    smtp.close()


def test_a_stopped_sink_refuses_and_a_restarted_one_is_the_same(sink):
    port = sink.port
    open_connection = client(sink)
    sink.stop()
    with pytest.raises(ConnectionRefusedError):
        client(sink)

    sink.start()
    with client(sink) as smtp:
        smtp.sendmail("n@n.test", ["ada@x.test"], MESSAGE)

    assert sink.port == port
    assert sink.accepted_addresses() == ["ada@x.test"]
    open_connection.close()


def test_stopping_twice_is_stopping_once(sink):
    sink.stop()
    sink.stop()

    sink.start()
